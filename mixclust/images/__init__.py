"""Pictures in few colours: k-means on the colours of an image.

A photograph has far fewer colours than pixels, and k-means asks only how often each occurs: equal
colours are counted first and clustered with their counts as weights. The result is that of
clustering every pixel.

Opaque colours are compared as they are stored, by Euclidean distance between their levels. Colours
with alpha are compared as they are seen over black and over white, the extremes of backgrounds:
the squared distance is the sum of both.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._inputs.annotations import Int, Seed
from .._inputs.parameters import check_integer
from .._inputs.tables import as_array
from .._kmeans.kmeans import KMeans
from ._palette import (
    as_rgb,
    count,
    has_alpha,
    look_up,
    pack,
    round_palette,
    to_points,
    top_level,
    unpack,
)

if TYPE_CHECKING:
    from PIL.Image import Image

BLOCK_PIXELS = 1 << 20  # that `distortion` looks at together


class Quantized(NamedTuple):
    """An image in few colours.

    Attributes
    ----------
    recolored : ndarray of the shape and dtype of the image
        Each pixel in its nearest palette colour, alpha included.
    palette : ndarray of the dtype of the image, shape (n_found, 3) or (n_found, 4)
        The colours as red, green, blue, and alpha if the image has alpha; from dark to light
        (Rec. 709 luma), and of equal colours the more transparent first. All differ and each is
        some pixel's nearest. A fully transparent entry is all 0 and the first. ``n_found`` is
        `n_colors`, or the number of distinct colours of the image if it has fewer.
    labels : ndarray of unsigned integers, shape (height, width)
        Which palette colour each pixel has, in the smallest dtype that holds n_found - 1. Of
        equally near colours the first counts.
    """

    recolored: NDArray[np.uint8]
    palette: NDArray[np.uint8]
    labels: NDArray[np.unsignedinteger[Any]]


class Distortion(NamedTuple):
    """How far a recoloured image is from the original, over visible pixels and colour channels.

    Images with alpha are compared as they are seen over black and over white; both numbers are
    for the background that gives the larger error.

    Attributes
    ----------
    mean_error : float
        Mean absolute difference, in levels of the dtype (0 to 255 for uint8).
    psnr : float
        Peak signal-to-noise ratio ``10 log10(peak^2 / mean squared difference)``, in decibels,
        where ``peak`` is 255 for uint8 and 65535 for uint16; infinite for equal images.
    """

    mean_error: float
    psnr: float


def quantize(
    image: NDArray[np.uint8] | NDArray[np.uint16] | Image,
    n_colors: Int,
    *,
    random_state: Seed = None,
    n_init: Int | Literal["auto"] = 1,
    n_threads: Int | None = None,
) -> Quantized:
    """Recolour an image with at most `n_colors` colours that k-means finds.

    The palette holds the cluster centres, rounded to the dtype of the image; every pixel then
    takes the nearest colour of the rounded palette. Where rounding makes two centres equal or
    leaves one without a pixel, the image's own colour that adds most to the squared error takes
    the free place. An image of fewer distinct colours keeps them all.

    Parameters
    ----------
    image : ndarray of uint8 or uint16, or PIL image
        Grey of shape (H, W) or (H, W, 1), grey with alpha (H, W, 2), RGB (H, W, 3) or RGBA
        (H, W, 4). A PIL image is turned upright (EXIF) and taken as `to_array` gives it: of a
        file of several frames, the frame that it is at.
    n_colors : int
        Number of colours, at least 1. Where the image has fully transparent pixels, one of them
        is their transparent entry.
    random_state : None, int, RandomState or Generator, default=None
        Source of the random starts; an int makes the result reproducible.
    n_init : int or "auto", default=1
        Number of starts, of which the best is kept.
    n_threads : int or None, default=None
        Threads for the clustering, as in `mixclust.KMeans`.

    Returns
    -------
    Quantized
        The named tuple ``(recolored, palette, labels)``.

    Raises
    ------
    TypeError
        If `image` does not hold 8-bit or 16-bit levels, or `n_colors` is not an integer.
    ValueError
        If the shape is none of the above, `n_colors` is below 1, or 1 where some pixels are fully
        transparent and some are not; if 16-bit levels come with partial transparency.

    Notes
    -----
    Fully transparent pixels have no weight. If the others are all opaque, the result is that of
    the opaque pixels alone. If some are partly transparent, palette entries hold an alpha of
    their own.

    Beyond the result, memory is 4 bytes a pixel and about 50 bytes a distinct colour; while the
    colours of more than a megapixel are counted, 128 MB and 8 bytes a pixel, in all at most
    400 MB. 16-bit colours and partial transparency take up to 40 bytes a pixel and 300 bytes a
    distinct colour.

    Examples
    --------
    >>> import numpy as np
    >>> from mixclust.images import quantize
    >>> image = np.array([[[250, 0, 0], [254, 0, 0], [0, 0, 9]]], dtype=np.uint8)
    >>> recolored, palette, labels = quantize(image, 2, random_state=0)
    >>> palette
    array([[  0,   0,   9],
           [252,   0,   0]], dtype=uint8)
    >>> labels
    array([[1, 1, 0]], dtype=uint8)
    """
    image = _check_image(image)
    n_colors = check_integer("n_colors", n_colors, 1)
    channels, alpha = _split_alpha(image)
    visible = slice(None) if alpha is None else alpha > 0
    n_transparent = 0 if alpha is None else alpha.size - np.count_nonzero(visible)
    if alpha is not None and _is_soft(alpha):
        channels = image
    model = KMeans(n_colors, n_init=n_init, random_state=random_state, n_threads=n_threads)
    palette, labels = _cluster(channels, visible, model, first_label=int(n_transparent > 0))
    if alpha is not None:
        palette, labels = _complete_alpha(palette, labels, image, visible)
    return Quantized(palette.take(labels, axis=0).reshape(image.shape), as_rgb(palette), labels)


def distortion(
    image: NDArray[np.uint8] | Image, recolored: NDArray[np.uint8] | Image
) -> Distortion:
    """Compare an image with its recoloured version.

    Parameters
    ----------
    image, recolored : ndarray of uint8 or uint16, or PIL image
        Two images of one shape and dtype, as `quantize` takes them. Pixels that are fully
        transparent in both do not count.

    Returns
    -------
    Distortion
        The named tuple ``(mean_error, psnr)``; both are NaN if no pixel is visible.

    Raises
    ------
    TypeError
        If an image does not hold 8-bit or 16-bit levels, or the dtypes differ.
    ValueError
        If the shapes differ or are not a shape that `quantize` takes.

    Examples
    --------
    >>> import numpy as np
    >>> from mixclust.images import distortion
    >>> mean_error, psnr = distortion(np.uint8([[10, 20]]), np.uint8([[12, 20]]))
    >>> mean_error, round(psnr, 2)
    (1.0, 45.12)
    """
    image = _check_image(image)
    recolored = _check_image(recolored, "recolored")
    if image.dtype != recolored.dtype:
        raise TypeError(
            f"recolored has dtype {recolored.dtype} and image {image.dtype}; "
            "pass two images of one dtype."
        )
    if image.shape != recolored.shape:
        raise ValueError(
            f"recolored has shape {recolored.shape} and image {image.shape}; "
            "pass two images of one shape."
        )
    n_values = 0
    absolute, squared = np.zeros(2), np.zeros(2)  # sums over black and over white
    for rows in _row_blocks(image):
        differences = _seen_differences(image[rows], recolored[rows])
        n_values += differences[0].size
        for background, difference in enumerate(differences):
            absolute[background] += np.abs(difference).sum()
            squared[background] += np.vdot(difference, difference)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_error = absolute.max() / np.float64(n_values)
        psnr = 10 * np.log10(float(top_level(image.dtype)) ** 2 * n_values / squared.max())
    return Distortion(float(mean_error), float(psnr))


def to_array(picture: Image) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Turn a PIL image upright and give its pixels in 8 bits, or 16-bit grey.

    Parameters
    ----------
    picture : PIL.Image.Image
        An image of any mode but "F". The EXIF orientation is applied. Pass it as
        ``PIL.Image.open`` returns it: the transparent colour of a PNG of 2-bit or 4-bit grey, or
        of 16-bit RGB, is understood by the layout of the file, which pillow forgets once it has
        read the pixels.

    Returns
    -------
    ndarray of uint8 or uint16, shape (H, W), (H, W, 2), (H, W, 3) or (H, W, 4)
        Grey for the modes 1, L, I and I;16; RGBA where there is transparency; RGB otherwise.
        The modes I and I;16 give uint16, (H, W, 2) where one of their levels is transparent; all
        others give uint8. Levels of a TIFF where white is zero are inverted, so that 0 is black.

    Raises
    ------
    ValueError
        If the mode cannot be converted, or levels are beyond 16 bits.

    Examples
    --------
    >>> from PIL import Image
    >>> from mixclust.images import to_array
    >>> to_array(Image.new("CMYK", (3, 2))).shape
    (2, 3, 3)
    """
    from ._modes import decode

    decoded = decode(picture)
    if not decoded.is_raw:
        return decoded.pixels
    levels, mode = decoded.pixels, picture.mode
    if levels.dtype.kind == "f":
        raise ValueError(
            f'mode "{mode}" (floating point) has no known range; scale the image to 8 bits or '
            "16 bits first."
        )
    if levels.size and not 0 <= levels.min() <= levels.max() <= 0xFFFF:
        raise ValueError(
            f'mode "{mode}" holds values from {levels.min()} to {levels.max()}, beyond 16 bits; '
            "scale the image to 16 bits first."
        )
    return decoded.with_alpha(levels.astype(np.uint16))


def _check_image(image, name="image"):
    """Give `image` as an array of 8-bit or 16-bit levels, or name its fault."""
    if isinstance(image, (str, bytes, os.PathLike)):
        raise TypeError(
            f"{name}={image!r} is a path or text; open the picture first: "
            f"PIL.Image.open({image!r})."
        )
    if isinstance(image, np.ma.MaskedArray):
        raise TypeError(
            f"{name} is a masked array; make masked pixels transparent (alpha 0), or pass "
            "image.filled(0)."
        )
    pil = sys.modules.get("PIL.Image")
    if pil and isinstance(image, pil.Image):
        image = to_array(image)
    elif hasattr(image, "to_numpy"):  # a table, whose dtype `as_array` does not keep
        image = image.to_numpy()
    else:
        image = as_array(image, name)
    if image.dtype.kind != "u" or image.dtype.itemsize > 2:
        raise TypeError(
            f"{name} has dtype {image.dtype}; colours are counted as levels of 8 or 16 bits: pass "
            f"an array of uint8 or uint16{_dtype_advice(image.dtype)}."
        )
    image = image.astype(image.dtype.newbyteorder("="), copy=False)
    if image.ndim not in (2, 3) or image.shape[2:] not in ((), (1,), (2,), (3,), (4,)):
        raise ValueError(
            f"{name} has shape {image.shape}; pass (height, width) for grey, or (height, width, "
            "channels) with 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA) channels"
            f"{_shape_advice(image.shape)}."
        )
    if image.size == 0:
        raise ValueError(f"{name} has shape {image.shape} and no pixels; pass at least one.")
    return image


def _dtype_advice(dtype):
    """Say how levels of another dtype become uint8 or uint16."""
    if dtype.kind == "f":
        return ", for example np.uint8(np.rint(255 * image)) for values from 0 to 1"
    if dtype.kind == "b":
        return ", for example np.uint8(255) * image"
    if dtype.kind in "iu":
        return (
            ", for example image.astype(np.uint8) for values from 0 to 255, or "
            "image.astype(np.uint16) for values from 0 to 65535"
        )
    return ""


def _shape_advice(shape):
    """Say how to bring channels that come first to the end."""
    if len(shape) == 3 and shape[0] in (1, 2, 3, 4):
        return "; np.moveaxis(image, 0, -1) moves channels from the first place to the last"
    return ""


def _split_alpha(image):
    """Give the colour channels, (H, W, 1 or 3), and the alpha channel, (H, W) or None."""
    if image.ndim == 2:
        return image[:, :, np.newaxis], None
    if has_alpha(image.shape[2]):
        return image[:, :, :-1], image[:, :, -1]
    return image, None


def _is_soft(alpha):
    """Tell whether some pixel is partly transparent; refuse it in 16 bits."""
    top = top_level(alpha.dtype)
    if not ((alpha > 0) & (alpha < top)).any():
        return False
    if top > 255:
        raise ValueError(
            "image has 16-bit levels and partial transparency, which are quantised in 8 bits "
            "only; pass np.uint8(np.rint(image / 257))."
        )
    return True


def _cluster(channels, visible, model, first_label):
    """Give the palette of the visible pixels, in their channels, and the label of every pixel.

    Labels below `first_label` are left to the caller, and count among the colours of the model.
    """
    n_channels, dtype = channels.shape[2], channels.dtype
    n_codes = (top_level(dtype) + 1) ** n_channels
    codes = pack(channels)
    distinct, counts = count(codes[visible], n_codes)
    if not len(distinct):
        return np.empty((0, n_channels), dtype), np.zeros(codes.shape, np.uint8)
    n_colors = model.n_clusters - first_label
    if n_colors == 0:
        raise ValueError(
            "n_colors=1 leaves no colour beside the entry of the transparent pixels; pass at "
            "least 2."
        )
    colors = unpack(distinct, n_channels, dtype)
    model.set_params(n_clusters=min(n_colors, len(distinct)))
    model.fit(to_points(colors), sample_weight=counts)
    palette, nearest = round_palette(model.cluster_centers_, colors, counts)
    labels = nearest + first_label
    labels = labels.astype(np.min_scalar_type(first_label + len(palette) - 1))
    return palette, look_up(codes, distinct, labels, n_codes)


def _complete_alpha(palette, labels, image, visible):
    """Give the palette the channels of the image, and invisible pixels the first entry."""
    n_channels, dtype = image.shape[2], image.dtype
    if palette.shape[1] < n_channels:
        opaque = np.full((len(palette), 1), top_level(dtype), dtype)
        palette = np.hstack([palette, opaque])
    if not visible.all():
        palette = np.vstack([np.zeros((1, n_channels), dtype), palette])
        labels[~visible] = 0
    return palette, labels


def _row_blocks(image):
    """Cut the rows of an image into slices of about BLOCK_PIXELS pixels."""
    step = max(1, BLOCK_PIXELS // image.shape[1])
    return [slice(row, row + step) for row in range(0, len(image), step)]


def _seen_differences(image, recolored):
    """Give the differences of visible pixels, as seen over black and, with alpha, over white."""
    (old, alpha), (new, new_alpha) = _split_alpha(image), _split_alpha(recolored)
    if alpha is None:
        return [old.astype(np.float64) - new]
    visible = (alpha > 0) | (new_alpha > 0)
    alpha = alpha[visible].astype(np.float64)[:, np.newaxis]
    new_alpha = new_alpha[visible].astype(np.float64)[:, np.newaxis]
    top = top_level(image.dtype)
    over_black = (old[visible] * alpha - new[visible] * new_alpha) / top
    return [over_black, over_black - (alpha - new_alpha)]
