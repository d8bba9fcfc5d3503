"""Recolour an image with a palette by dithering: by Floyd-Steinberg of pillow, or blue noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from .._inputs.parameters import check_option
from ._blue_noise import mix_by_blue_noise
from ._palette import take_codes
from ._palette_files import check_palette
from ._pixels import check_image, is_partly_transparent, split_alpha, with_channels
from ._points import top_level
from ._recolor import Quantized

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["DITHER_METHODS", "dither"]

Method: TypeAlias = Literal["floyd-steinberg", "blue-noise"]
DITHER_METHODS = get_args(Method)

MAX_ENTRIES = 256  # of a palette in pillow


def dither(
    image: NDArray[np.uint8] | Image,
    palette: NDArray[np.uint8],
    *,
    method: Method = "floyd-steinberg",
) -> Quantized:
    """Recolour an image with a palette so that areas keep their mean colour.

    Gradients show no bands then; the error of single pixels is larger than with `apply_palette`.
    Colours are compared by their levels.

    Parameters
    ----------
    image : ndarray of uint8, or PIL image
        Grey, grey with alpha, RGB or RGBA; each pixel opaque or fully transparent.
    palette : ndarray of uint8, shape (n_colors, 3) or (n_colors, 4)
        Red, green, blue, and alpha, which is 0 or 255; at most 256 colours, for example of
        `quantize`.
    method : {"floyd-steinberg", "blue-noise"}, default="floyd-steinberg"
        Floyd-Steinberg: each pixel takes a near colour, and its error is passed on to the
        neighbours that follow. It needs pillow, which searches the near colour with less precision
        than `apply_palette`. Blue noise: each pixel takes one of the colours whose mixture is near
        to its own, chosen by a mask of 64 x 64 thresholds without low frequencies. A pixel does not
        depend on its neighbours, so that equal areas of the frames of an animation stay equal.

    Returns
    -------
    Quantized
        The named tuple ``(recolored, palette, labels)``, as of `apply_palette`: fully transparent
        pixels take the first fully transparent colour, and opaque pixels only opaque ones.

    Raises
    ------
    TypeError
        If `image` does not hold 8-bit levels, or `palette` does not hold integers.
    ValueError
        If a shape is not one of the above, a pixel or a colour is partly transparent, or the
        palette has more than 256 colours, or no opaque one; if `method` is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from mixclust.images import dither
    >>> image = np.full((100, 100), 64, dtype=np.uint8)
    >>> black_and_white = np.array([[0, 0, 0], [255, 255, 255]], dtype=np.uint8)
    >>> mean = dither(image, black_and_white).recolored.mean()
    >>> bool(60 < mean < 68)
    True
    """
    image = check_image(image)
    if top_level(image.dtype) > 255:
        raise TypeError(
            "image has 16-bit levels, and a palette 8 bits; pass np.uint8(np.rint(image / 257))."
        )
    check_option("method", method, DITHER_METHODS)
    palette = check_palette(palette)
    alpha = split_alpha(image)[1]
    if alpha is not None and is_partly_transparent(alpha):
        raise ValueError(
            "image has partly transparent pixels, which cannot be dithered; pass "
            "apply_palette(image, palette), or an opaque image."
        )
    has_alpha = alpha is not None or palette.shape[1] == 4
    hidden = None
    if has_alpha:
        palette = with_channels(palette[np.newaxis], (4,))[0]
        hidden = with_channels(image, (4,))[:, :, 3] == 0
        if hidden.any() and palette[:, 3].all():
            palette = np.vstack([palette, np.zeros((1, 4), np.uint8)])
    if hidden is not None and hidden.all():
        labels = np.zeros(hidden.shape, np.intp)
    else:
        opaque = _opaque_entries(palette)
        pixels, colors = with_channels(image, (3,)), palette[opaque, :3]
        if method == "blue-noise":
            labels = opaque[mix_by_blue_noise(pixels, colors)]
        else:
            labels = opaque[_diffused(pixels, colors, hidden)]
    if hidden is not None and hidden.any():
        labels[hidden] = np.argmin(palette[:, 3])
    labels = labels.astype(np.min_scalar_type(len(palette) - 1))
    return Quantized(take_codes(palette, labels), palette, labels)


def _opaque_entries(palette):
    """Give the indices of the opaque colours, or refuse the palette."""
    alpha = palette[:, 3:].ravel() if palette.shape[1] == 4 else np.full(len(palette), 255)
    if is_partly_transparent(alpha.astype(np.uint8)):
        raise ValueError(
            "palette has partly transparent colours, which cannot be dithered; pass colours of "
            "alpha 0 or 255."
        )
    opaque = np.flatnonzero(alpha)
    if not 0 < len(opaque) <= MAX_ENTRIES:
        number = f"{len(opaque)} opaque colours" if len(opaque) else "no opaque colour"
        raise ValueError(f"palette has {number}; dithering takes 1 to {MAX_ENTRIES}.")
    return opaque


def _diffused(pixels, colors, hidden):
    """Give the index of a colour for each RGB pixel; hidden pixels pass no error on."""
    from PIL import Image

    if hidden is not None:
        pixels = np.where(hidden[:, :, np.newaxis], colors[0], pixels)
    # The rest of pillow's 256 entries repeats the first colour, so that no other can be taken.
    entries = np.vstack([colors, np.broadcast_to(colors[0], (MAX_ENTRIES - len(colors), 3))])
    holder = Image.new("P", (1, 1))
    holder.putpalette(entries.astype(np.uint8).tobytes())
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    indices = np.asarray(picture.quantize(palette=holder, dither=Image.Dither.FLOYDSTEINBERG))
    return np.where(indices < len(colors), indices, 0)
