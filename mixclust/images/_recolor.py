"""Recolour an image with few colours, found by k-means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._inputs.annotations import Int, Real, Seed
from .._inputs.parameters import check_integer, check_real
from ._find import PaletteFinder
from ._palette import as_rgb, count, look_up, pack, take_codes, unpack
from ._palette_files import check_palette
from ._pixels import check_image, is_partly_transparent, split_alpha, with_channels
from ._points import check_space, top_level

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Quantized", "quantize"]


class Quantized(NamedTuple):
    """An image in few colours.

    Attributes
    ----------
    recolored : ndarray of the shape and dtype of the image
        Each pixel in its nearest palette colour, alpha included.
    palette : ndarray of the dtype of the image, shape (n_found, 3) or (n_found, 4)
        The colours as red, green, blue, and alpha if the image has alpha; from dark to light
        (Rec. 709 luma), and the more transparent of equal colours first. All colours differ, and
        each is kept or the nearest colour of some pixel. A fully transparent entry is the first,
        and all 0. ``n_found`` is `n_colors`, or less if `max_error` asks for it or the image has
        fewer distinct colours.
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
    keep: NDArray[np.uint8] | None = None,
    max_error: Real | None = None,
    accents: Real = 0.0,
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
    keep : ndarray of uint8, shape (n_kept, 3) or (n_kept, 4), default=None
        Red, green, blue, and alpha of colours that the palette holds as they are, whether a pixel
        takes them or not; the others are fitted beside them. They count among `n_colors`. With
        them, the result is RGB, or RGBA if the image or a kept colour has alpha.
    max_error : float or None, default=None
        The largest mean CIEDE2000 difference (`color_difference`). The palette then has as few
        colours as are found to reach it, at most `n_colors`; the number is searched by halving.
    accents : float, default=0.0
        How much rare saturated colours count beyond their pixels, from 0 to 1. A colour is rare if
        it and the ones that look alike have fewer pixels than an equal share of the palette; at 1,
        the most saturated ones count as such a share, but at most 100 times their pixels. The mean
        difference of all pixels becomes larger.
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
        If `image` does not hold 8-bit or 16-bit levels, or 16-bit levels with `keep`; if `n_colors`
        is not an integer, or `max_error` or `accents` not a number.
    ValueError
        If a shape is not one of the above; if `space` is unknown; if `n_colors` is below 1, 1 for
        an image of fully transparent and other pixels, or below the number of kept colours; if
        `max_error` is below 0, or `accents` not from 0 to 1; if `keep` holds a fully transparent
        colour; if levels have 16 bits and a pixel is partly transparent.

    Notes
    -----
    Fully transparent pixels have no weight, and take the fully transparent colour, which no visible
    pixel takes, however faint it is. If all others are opaque, the result is the same as for the
    opaque pixels alone. If some are partly transparent, each palette entry has its own alpha.

    Beyond the result, memory is 4 bytes a pixel and about 160 bytes a distinct colour (70 in
    "rgb"), and 80 MB while the colours of more than a megapixel are counted. 16-bit colours and
    partial transparency take up to 40 bytes a pixel and 300 bytes a distinct colour.

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
    return quantize_pairs(
        image,
        n_colors,
        space=space,
        keep=keep,
        max_error=max_error,
        accents=accents,
        random_state=random_state,
        n_init=n_init,
        n_threads=n_threads,
    )[0]


def quantize_pairs(
    image, n_colors, *, space, keep, max_error, accents, random_state, n_init, n_threads
):
    """Recolour as `quantize` does, and give the pairs of colours that were exchanged.

    Parameters
    ----------
    image, n_colors, space, keep, max_error, accents, random_state, n_init, n_threads : object
        As of `quantize`.

    Returns
    -------
    quantized : Quantized
        The result of `quantize`.
    pairs : (ndarray, ndarray, ndarray)
        Distinct colours of the visible pixels, their palette colours, and the numbers of pixels;
        the colours have alpha if a pixel is partly transparent.
    """
    image = check_image(image)
    n_colors = check_integer("n_colors", n_colors, 1)
    check_space(space)
    if max_error is not None:
        max_error = check_real("max_error", max_error, 0)
    accents = check_real("accents", accents, 0)
    if accents > 1:
        raise ValueError(f"accents={accents!r} must be at most 1; 0.5 is a usual value.")
    if keep is not None:
        image, keep = _with_kept(image, keep)
    channels, alpha = split_alpha(image)
    visible = slice(None) if alpha is None else alpha > 0
    if alpha is not None and _is_partly_transparent(image, keep):
        channels = image
    codes = pack(channels)
    n_channels = channels.shape[2]
    n_codes = (top_level(image.dtype) + 1) ** n_channels
    distinct, counts = count(codes[visible], n_codes)
    colors = unpack(distinct, n_channels, image.dtype)
    kept = colors[:0] if keep is None else keep[:, :n_channels]
    first_label = int(alpha is not None and not visible.all())
    _check_number(n_colors, first_label, kept, len(colors))
    finder = PaletteFinder(colors, counts, space, kept, accents, n_init, n_threads, random_state)
    palette, nearest = finder.find(n_colors - first_label, max_error)
    pairs = colors, palette.take(nearest, axis=0), counts
    labels = nearest + first_label
    labels = labels.astype(np.min_scalar_type(max(first_label + len(palette) - 1, 0)))
    labels = look_up(codes, distinct, labels, n_codes)
    if alpha is not None:
        palette, labels = _complete_alpha(palette, labels, image, visible)
    recolored = take_codes(palette, labels).reshape(image.shape)
    return Quantized(recolored, as_rgb(palette), labels), pairs


def _with_kept(image, keep):
    """Give image and kept colours, both as RGB or both as RGBA; equal kept colours are one."""
    if top_level(image.dtype) > 255:
        raise TypeError(
            "image has 16-bit levels, and keep 8 bits; pass np.uint8(np.rint(image / 257))."
        )
    keep = check_palette(keep, "keep")
    if (keep[:, 3:] == 0).any():
        raise ValueError(
            "keep holds a fully transparent colour; leave it out: transparent pixels have an entry "
            "of their own."
        )
    has_alpha = keep.shape[1] == 4 or split_alpha(image)[1] is not None
    channels = (4 if has_alpha else 3,)
    keep = np.unique(with_channels(keep[np.newaxis], channels)[0], axis=0)
    return with_channels(image, channels), keep


def _is_partly_transparent(image, keep):
    """Tell whether a pixel or a kept colour is neither opaque nor fully transparent."""
    if keep is not None and is_partly_transparent(keep[:, 3]):
        return True
    if not is_partly_transparent(split_alpha(image)[1]):
        return False
    if top_level(image.dtype) > 255:
        raise ValueError(
            "image has 16-bit levels and partial transparency, which are quantised in 8 bits "
            "only; pass np.uint8(np.rint(image / 257))."
        )
    return True


def _check_number(n_colors, n_transparent, kept, n_distinct):
    """Refuse too few colours for the transparent entry, the kept colours, and a visible pixel."""
    if len(kept):
        n_least = n_transparent + len(kept)
        if n_colors < n_least:
            beside = " and the entry of the transparent pixels" if n_transparent else ""
            number = "1 colour" if len(kept) == 1 else f"{len(kept)} colours"
            raise ValueError(
                f"n_colors={n_colors} is less than the {number} of keep{beside}; pass at least "
                f"{n_least}."
            )
    elif n_distinct and n_colors == n_transparent:
        raise ValueError(
            "n_colors=1 leaves no colour beside the entry of the transparent pixels; pass at "
            "least 2."
        )


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
