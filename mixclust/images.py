"""Pictures in few colours: k-means on the colours of an image.

A photograph has far fewer colours than pixels, and k-means asks only how often each occurs: equal
colours are counted first and clustered with their counts as weights. The result is that of
clustering every pixel.

Colours are compared as they are stored, by Euclidean distance between 8-bit values.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._kmeans import KMeans
from ._palette import as_rgb, count, pack, round_palette, unpack
from ._typing import Int, Seed
from ._validation import check_integer

if TYPE_CHECKING:
    from PIL.Image import Image

BLOCK_PIXELS = 1 << 20  # that `distortion` looks at together


class Quantized(NamedTuple):
    """An image in few colours.

    Attributes
    ----------
    recolored : ndarray of uint8, shape of the image
        Each pixel in its nearest palette colour; an alpha channel is that of the image.
    palette : ndarray of uint8, shape (n_colors, 3)
        The colours as red, green, blue, from dark to light (Rec. 709 luma). All differ and each
        is some pixel's nearest.
    labels : ndarray of unsigned integers, shape (height, width)
        Which palette colour each pixel has, in the smallest dtype that holds n_colors - 1. Of
        equally near colours the first counts; fully transparent pixels have label 0.
    """

    recolored: NDArray[np.uint8]
    palette: NDArray[np.uint8]
    labels: NDArray[np.unsignedinteger[Any]]


class Distortion(NamedTuple):
    """How far a recoloured image is from the original, over visible pixels and colour channels.

    Attributes
    ----------
    mean_error : float
        Mean absolute difference, in 8-bit levels (0 to 255).
    psnr : float
        Peak signal-to-noise ratio ``10 log10(255^2 / mean squared difference)``, in decibels;
        infinite for equal images.
    """

    mean_error: float
    psnr: float


class TooFewColorsError(ValueError):
    """The image has fewer distinct colours than were asked for.

    Parameters
    ----------
    message : str
        What went wrong, for people.
    n_distinct : int
        Distinct colours among the visible pixels; an attribute of the same name.
    """

    def __init__(self, message: str, n_distinct: int) -> None:
        super().__init__(message, n_distinct)
        self.n_distinct = n_distinct

    def __str__(self) -> str:
        return self.args[0]


def quantize(
    image: NDArray[np.uint8] | Image,
    n_colors: Int,
    *,
    random_state: Seed = None,
    n_init: Int | Literal["auto"] = 1,
    n_threads: Int | None = None,
) -> Quantized:
    """Recolour an image with the `n_colors` colours that k-means finds.

    The palette holds the cluster centres, rounded to 8 bits; every pixel then takes the nearest
    colour of the rounded palette. Where rounding makes two centres equal or leaves one without a
    pixel, the image's own colour that adds most to the squared error takes the free place.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), or PIL image
        Grey, RGB or RGBA. Fully transparent pixels have no weight. A PIL image of any mode but
        "F" is turned upright (EXIF) and taken as `to_array` gives it.
    n_colors : int
        Number of colours, at least 1 and at most the number of distinct visible colours.
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
        If `image` does not hold 8-bit values, or `n_colors` is not an integer.
    ValueError
        If the shape is none of the above, or `n_colors` is out of range.

    Notes
    -----
    Beyond the result, memory is 4 bytes a pixel and about 50 bytes a distinct colour; while the
    colours of more than a megapixel are counted, 128 MB and 8 bytes a pixel, in all at most
    400 MB.

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
    codes = pack(channels)
    n_codes = 256 ** channels.shape[2]
    distinct, counts = count(codes if alpha is None else codes[alpha > 0], n_codes)
    if len(distinct) < n_colors:
        raise TooFewColorsError(
            f"n_colors={n_colors} exceeds the number of distinct colours among the visible pixels, "
            f"{len(distinct)}; pass at most that many.",
            len(distinct),
        )

    colors = unpack(distinct, channels.shape[2])
    model = KMeans(n_colors, n_init=n_init, random_state=random_state, n_threads=n_threads)
    model.fit(colors, sample_weight=counts)
    palette, nearest = round_palette(model.cluster_centers_, colors, counts)

    label_of_code = np.zeros(n_codes, np.min_scalar_type(n_colors - 1))
    label_of_code[distinct] = nearest
    labels = label_of_code[codes]
    if alpha is not None:
        labels[alpha == 0] = 0
    return Quantized(_recolor(image, palette, labels), as_rgb(palette), labels)


def distortion(
    image: NDArray[np.uint8] | Image, recolored: NDArray[np.uint8] | Image
) -> Distortion:
    """Compare an image with its recoloured version.

    Parameters
    ----------
    image, recolored : ndarray of uint8, shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)
        Two images of one shape. An alpha channel is not compared; pixels that are fully
        transparent in `image` do not count.

    Returns
    -------
    Distortion
        The named tuple ``(mean_error, psnr)``; both are NaN if no pixel is visible.

    Raises
    ------
    TypeError
        If an image does not hold 8-bit values.
    ValueError
        If the shapes differ or are none of the above.

    Examples
    --------
    >>> import numpy as np
    >>> from mixclust.images import distortion
    >>> mean_error, psnr = distortion(np.uint8([[10, 20]]), np.uint8([[12, 20]]))
    >>> mean_error, round(psnr, 2)
    (1.0, 45.12)
    """
    image, recolored = _check_image(image), _check_image(recolored)
    if image.shape != recolored.shape:
        raise ValueError(
            f"recolored has shape {recolored.shape} and image {image.shape}; "
            "pass two images of one shape."
        )
    (old, alpha), (new, _) = _split_alpha(image), _split_alpha(recolored)
    # 8-bit differences take 256 values: counting them makes both sums exact.
    counts = np.zeros(256, np.int64)
    for rows in _row_blocks(image):
        difference = np.maximum(old[rows], new[rows]) - np.minimum(old[rows], new[rows])
        if alpha is not None:
            difference = difference[alpha[rows] > 0]
        counts += np.bincount(difference.ravel(), minlength=256)
    levels = np.arange(256)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_error = np.float64(counts @ levels) / counts.sum()
        psnr = 10 * np.log10(255.0**2 * counts.sum() / (counts @ levels**2))
    return Distortion(float(mean_error), float(psnr))


def to_array(picture: Image) -> NDArray[np.uint8]:
    """Turn a PIL image upright and give its pixels in 8 bits.

    Parameters
    ----------
    picture : PIL.Image.Image
        An image of any mode but "F". The EXIF orientation is applied.

    Returns
    -------
    ndarray of uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        Grey for the modes 1, L, I and I;16; RGBA where there is transparency; RGB otherwise. Of
        16-bit values the high byte is taken.

    Raises
    ------
    ValueError
        If the mode cannot be converted.

    Examples
    --------
    >>> from PIL import Image
    >>> from mixclust.images import to_array
    >>> to_array(Image.new("CMYK", (3, 2))).shape
    (2, 3, 3)
    """
    from PIL import ImageOps

    picture = ImageOps.exif_transpose(picture)
    if picture.mode == "F":
        raise ValueError(
            'mode "F" (floating point) has no known range; scale the image to 8 bits first.'
        )
    if picture.mode.startswith("I"):
        values = np.asarray(picture)
        if values.size and not 0 <= values.min() <= values.max() <= 0xFFFF:
            raise ValueError(
                f'mode "{picture.mode}" holds values from {values.min()} to '
                f"{values.max()}, beyond 16 bits; scale the image to 8 bits first."
            )
        return (values >> 8).astype(np.uint8)
    if picture.mode.endswith(("A", "a")) or "transparency" in picture.info:
        return np.asarray(picture.convert("RGBA"))
    return np.asarray(picture.convert("L" if picture.mode in ("1", "L") else "RGB"))


def _check_image(image):
    """Give `image` as an array of 8-bit values, or say what is wrong with it."""
    pil = sys.modules.get("PIL.Image")
    image = to_array(image) if pil and isinstance(image, pil.Image) else np.asarray(image)
    if image.dtype != np.uint8:
        raise TypeError(
            f"image has dtype {image.dtype}; colours are counted as 8-bit values: "
            "pass an array of uint8, such as np.uint8(np.rint(255 * image)) for "
            "values from 0 to 1."
        )
    if image.ndim not in (2, 3) or image.shape[2:] not in ((), (1,), (3,), (4,)):
        raise ValueError(
            f"image has shape {image.shape}; pass (height, width) for grey, or "
            "(height, width, channels) with 1, 3 (RGB) or 4 (RGBA) channels."
        )
    if image.size == 0:
        raise ValueError(f"image has shape {image.shape} and no pixels; pass at least one.")
    return image


def _split_alpha(image):
    """Give the colour channels, (H, W, 1 or 3), and the alpha channel, (H, W) or None."""
    if image.ndim == 2:
        return image[:, :, np.newaxis], None
    if image.shape[2] == 4:
        return image[:, :, :3], image[:, :, 3]
    return image, None


def _row_blocks(image):
    """Cut the rows of an image into slices of about BLOCK_PIXELS pixels."""
    step = max(1, BLOCK_PIXELS // image.shape[1])
    return [slice(row, row + step) for row in range(0, len(image), step)]


def _recolor(image, palette, labels):
    """Give `image` in the colours of `palette`, with its own alpha channel."""
    recolored = np.empty(image.shape, np.uint8)
    channels, alpha = _split_alpha(recolored)
    channels[...] = palette.take(labels, axis=0)
    if alpha is not None:
        alpha[...] = image[:, :, 3]
    return recolored
