"""Recolour an image with the colours of a given palette."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ._palette import count, look_up, nearest_points, pack, take_codes, unpack
from ._palette_files import check_palette
from ._pixels import check_image, split_alpha, with_channels
from ._points import check_space, to_points, top_level
from ._recolor import Quantized

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["apply_palette"]


def apply_palette(
    image: NDArray[np.uint8] | Image,
    palette: NDArray[np.uint8],
    *,
    space: Literal["oklab", "lab", "rgb"] = "oklab",
) -> Quantized:
    """Recolour an image with the colours of a palette: each pixel takes the nearest one.

    Fully transparent colours are for fully transparent pixels, and the others for visible pixels,
    as in `quantize`: the palette of an image that was quantised gives the same image.

    Parameters
    ----------
    image : ndarray of uint8, or PIL image
        Grey, grey with alpha, RGB or RGBA, in a form that `quantize` takes.
    palette : ndarray of uint8, shape (n_colors, 3) or (n_colors, 4)
        Red, green, blue, and alpha; any number of colours, for example from `load_palette`.
    space : {"oklab", "lab", "rgb"}, default="oklab"
        The space of distances, as in `quantize`.

    Returns
    -------
    Quantized
        The named tuple ``(recolored, palette, labels)``. `recolored` is RGB, or RGBA if the image
        or the palette has alpha. `palette` has the given colours in the given order, the ones that
        no pixel takes included; if the image has fully transparent pixels and the palette has no
        fully transparent colour, one follows at the end. Fully transparent pixels take the first
        fully transparent colour, and visible pixels the nearest of the other colours; of equally
        near ones, the first.

    Raises
    ------
    TypeError
        If `image` does not hold 8-bit levels, or `palette` does not hold integers.
    ValueError
        If a shape is not one of the above, a number of `palette` is not from 0 to 255, `space` is
        unknown, or the image has visible pixels and the palette only fully transparent colours.

    Examples
    --------
    >>> import numpy as np
    >>> from mixclust.images import apply_palette
    >>> image = np.array([[[250, 0, 0], [9, 9, 9]]], dtype=np.uint8)
    >>> palette = np.array([[255, 255, 255], [255, 0, 0], [0, 0, 0]], dtype=np.uint8)
    >>> apply_palette(image, palette).labels
    array([[1, 2]], dtype=uint8)
    """
    image = check_image(image)
    if top_level(image.dtype) > 255:
        raise TypeError(
            "image has 16-bit levels, and a palette 8 bits; pass np.uint8(np.rint(image / 257))."
        )
    palette = check_palette(palette)
    check_space(space)
    has_alpha = palette.shape[1] == 4 or split_alpha(image)[1] is not None
    if not has_alpha:
        labels = _nearest_labels(with_channels(image, (3,)), slice(None), palette, space)
        return Quantized(take_codes(palette, labels), palette, labels)
    pixels = with_channels(image, (4,))
    palette = with_channels(palette[np.newaxis], (4,))[0]
    hidden = pixels[:, :, 3] == 0
    if hidden.any() and palette[:, 3].all():
        palette = np.vstack([palette, np.zeros((1, 4), np.uint8)])
    entries = np.flatnonzero(palette[:, 3])
    if not len(entries):
        if not hidden.all():
            raise ValueError(
                "palette has only fully transparent colours, which visible pixels do not take; "
                "pass a palette with a visible colour."
            )
        entries = np.zeros(1, np.intp)  # which hidden pixels alone take
    nearest = _nearest_labels(pixels, ~hidden, palette[entries], space)
    labels = entries.astype(np.min_scalar_type(len(palette) - 1))[nearest]
    labels[hidden] = np.argmin(palette[:, 3])
    return Quantized(take_codes(palette, labels), palette, labels)


def _nearest_labels(pixels, visible, palette, space):
    """Give the index of the nearest palette colour of each visible pixel, and any of the others."""
    n_channels = pixels.shape[2]
    n_codes = 256**n_channels
    codes = pack(pixels)
    distinct, _ = count(codes[visible], n_codes)
    points = to_points(unpack(distinct, n_channels, np.uint8), space)
    nearest, _ = nearest_points(points, to_points(palette, space))
    return look_up(codes, distinct, nearest.astype(np.min_scalar_type(len(palette) - 1)), n_codes)
