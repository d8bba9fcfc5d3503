"""Recolour an image with few colours, found by k-means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._inputs.annotations import Int, Seed
from .._inputs.parameters import check_integer
from .._kmeans.kmeans import KMeans
from ._palette import as_rgb, complete_palette, count, look_up, pack, unpack
from ._pixels import check_image, is_partly_transparent, split_alpha
from ._points import check_space, to_colors, to_points, top_level

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Quantized", "quantize"]

MAX_REFINED_SIZE = 4_000_000
"""Colours of the image times colours of the palette, up to which refinement takes 0.2 seconds."""


class Quantized(NamedTuple):
    """An image in few colours.

    Attributes
    ----------
    recolored : ndarray of the shape and dtype of the image
        Each pixel in its nearest palette colour, alpha included.
    palette : ndarray of the dtype of the image, shape (n_found, 3) or (n_found, 4)
        The colours as red, green, blue, and alpha if the image has alpha; from dark to light
        (Rec. 709 luma), and the more transparent of equal colours first. All colours differ, and
        each is the nearest colour of some pixel. A fully transparent entry is the first, and all
        0. ``n_found`` is `n_colors`, or the number of distinct colours of the image if it has
        fewer.
    labels : ndarray of unsigned integers, shape (height, width)
        Index of the palette colour of each pixel, in the smallest dtype that holds n_found - 1.
        Of equally near colours, the first is taken.
    """

    recolored: NDArray[np.uint8]
    palette: NDArray[np.uint8]
    labels: NDArray[np.unsignedinteger[Any]]


def quantize(
    image: NDArray[np.uint8] | NDArray[np.uint16] | Image,
    n_colors: Int,
    *,
    space: Literal["oklab", "lab", "rgb"] = "oklab",
    random_state: Seed = None,
    n_init: Int | Literal["auto"] = 1,
    n_threads: Int | None = None,
) -> Quantized:
    """Recolour an image with at most `n_colors` colours that k-means finds.

    Colours are clustered in a space in which distances agree with the eye, OKLab by default. The
    palette holds the cluster centres, rounded to the dtype of the image; every pixel then
    takes the nearest colour of the rounded palette. If rounding makes two centres equal, or leaves
    one without a pixel, the colour of the image that adds most to the squared error takes its
    place. If the distinct colours times `n_colors` are at most 4 million, centres are exchanged as
    by ``KMeans(refine="breathing")``. An image of at most `n_colors` distinct colours keeps them
    all.

    Parameters
    ----------
    image : ndarray of uint8 or uint16, or PIL image
        Grey of shape (H, W) or (H, W, 1), grey with alpha (H, W, 2), RGB (H, W, 3) or RGBA
        (H, W, 4). A PIL image is converted by `to_array`, which turns it upright (EXIF); of
        several frames, it takes the current one.
    n_colors : int
        Number of colours, at least 1. If the image has fully transparent pixels, one of the colours
        is transparent.
    space : {"oklab", "lab", "rgb"}, default="oklab"
        The space of which distances tell how different colours are: OKLab (in which a and b count
        twice, as in "deltaE OK 2"), CIELAB, or the levels as stored. OKLab and CIELAB take the
        levels as sRGB. "rgb" gives the smallest error of levels, "oklab" the smallest difference
        to the eye (`color_difference`).
    random_state : None, int, RandomState or Generator, default=None
        Source of the random starts; an int makes the result reproducible.
    n_init : int or "auto", default=1
        Number of starts; the best result is kept.
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
        If the shape is not one of the above; if `space` is unknown; if `n_colors` is below 1, or 1
        for an image of fully transparent and other pixels; if levels have 16 bits and a pixel is
        partly transparent.

    Notes
    -----
    Fully transparent pixels have no weight. If all others are opaque, the result is the same as for
    the opaque pixels alone. If some are partly transparent, each palette entry has its own alpha.

    Beyond the result, memory is 4 bytes a pixel and about 50 bytes a distinct colour. Counting the
    colours of more than a megapixel takes 128 MB and 8 bytes a pixel, in all at most 400 MB. 16-bit
    colours and partial transparency take up to 40 bytes a pixel and 300 bytes a distinct colour.

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
    image = check_image(image)
    n_colors = check_integer("n_colors", n_colors, 1)
    check_space(space)
    channels, alpha = split_alpha(image)
    visible = slice(None) if alpha is None else alpha > 0
    n_transparent = 0 if alpha is None else alpha.size - np.count_nonzero(visible)
    if alpha is not None and is_partly_transparent(alpha):
        if top_level(image.dtype) > 255:
            raise ValueError(
                "image has 16-bit levels and partial transparency, which are quantised in 8 bits "
                "only; pass np.uint8(np.rint(image / 257))."
            )
        channels = image
    model = KMeans(n_colors, n_init=n_init, random_state=random_state, n_threads=n_threads)
    palette, labels = _cluster(channels, visible, model, space, int(n_transparent > 0))
    if alpha is not None:
        palette, labels = _complete_alpha(palette, labels, image, visible)
    return Quantized(palette.take(labels, axis=0).reshape(image.shape), as_rgb(palette), labels)


def _cluster(channels, visible, model, space, first_label):
    """Cluster the visible pixels; give the palette in their channels, and the label of each pixel.

    Labels begin at `first_label`. The labels below it are for the caller, and are included in the
    number of colours of the model.
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
    n_colors = min(n_colors, len(distinct))
    refine = "breathing" if n_colors * len(distinct) <= MAX_REFINED_SIZE else None
    model.set_params(n_clusters=n_colors, refine=refine)
    model.fit(to_points(colors, space), sample_weight=counts)
    palette = to_colors(model.cluster_centers_, model.labels_, colors, counts, space)
    palette, nearest = complete_palette(palette, colors, counts, space)
    labels = nearest + first_label
    labels = labels.astype(np.min_scalar_type(first_label + len(palette) - 1))
    return palette, look_up(codes, distinct, labels, n_codes)


def _complete_alpha(palette, labels, image, visible):
    """Add the missing channels to the palette, and a first entry for transparent pixels."""
    n_channels, dtype = image.shape[2], image.dtype
    if palette.shape[1] < n_channels:
        opaque = np.full((len(palette), 1), top_level(dtype), dtype)
        palette = np.hstack([palette, opaque])
    if not visible.all():
        palette = np.vstack([np.zeros((1, n_channels), dtype), palette])
        labels[~visible] = 0
    return palette, labels
