"""Images as arrays of 8-bit or 16-bit levels, and their alpha."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._inputs.tables import as_array
from ._modes import decode
from ._points import has_alpha, top_level

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["check_image", "is_partly_transparent", "split_alpha", "to_array", "with_channels"]


def to_array(picture: Image) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Convert a PIL image to an array of 8-bit levels, or of 16-bit grey, and turn it upright.

    Parameters
    ----------
    picture : PIL.Image.Image
        An image of any mode but "F". The EXIF orientation is applied. Pass the image as
        ``PIL.Image.open`` returns it: the transparent colour of a PNG of 2-bit or 4-bit grey, or
        of 16-bit RGB, depends on the layout of the file, which pillow forgets when it reads the
        pixels.

    Returns
    -------
    ndarray of uint8 or uint16, shape (H, W), (H, W, 2), (H, W, 3) or (H, W, 4)
        Grey for the modes 1, L, I and I;16; RGBA if there is transparency; RGB otherwise. The modes
        I and I;16 give uint16, and (H, W, 2) if one of their levels is transparent; all others
        give uint8. Levels of a TIFF that stores white as 0 are inverted, so that 0 is black.

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


def check_image(image, name="image"):
    """Give an image as an array of 8-bit or 16-bit levels, or name its fault.

    Parameters
    ----------
    image : ndarray of uint8 or uint16, or PIL image
        An image as `quantize` takes it.
    name : str, default="image"
        The name of the argument in messages.

    Returns
    -------
    image : ndarray of uint8 or uint16, shape (H, W) or (H, W, 1 to 4)
        The levels in native byte order.

    Raises
    ------
    TypeError
        If the image does not hold 8-bit or 16-bit levels.
    ValueError
        If its shape is not that of an image, or it has no pixels.
    """
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
    elif hasattr(image, "to_numpy"):  # a table; `as_array` would change the dtype
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
    """Write advice on how to convert levels of another dtype to uint8 or uint16."""
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
    """Write advice on how to move the channels from the first place to the last."""
    if len(shape) == 3 and shape[0] in (1, 2, 3, 4):
        return "; np.moveaxis(image, 0, -1) moves channels from the first place to the last"
    return ""


def split_alpha(image):
    """Give the colour channels and the alpha channel of an image.

    Parameters
    ----------
    image : ndarray of uint8 or uint16, shape (H, W) or (H, W, 1 to 4)
        Grey, grey and alpha, RGB or RGBA.

    Returns
    -------
    colors : ndarray of shape (H, W, 1) or (H, W, 3)
        The levels of the colour channels.
    alpha : ndarray of shape (H, W), or None
        The alpha of each pixel; None if the image has no alpha channel.
    """
    if image.ndim == 2:
        return image[:, :, np.newaxis], None
    if has_alpha(image.shape[2]):
        return image[:, :, :-1], image[:, :, -1]
    return image, None


def with_channels(image, channels):
    """Give an image other channels: grey becomes RGB, alpha is opaque if it was missing.

    Parameters
    ----------
    image : ndarray of uint8 or uint16, shape (H, W) or (H, W, 1 to 4)
        Grey, grey and alpha, RGB or RGBA.
    channels : tuple of int
        () or (1,) for grey, if the image is grey; (2,), (3,) or (4,).

    Returns
    -------
    image : ndarray of shape (H, W, *channels)
        The same pixels.
    """
    if image.shape[2:] == channels:
        return image
    colors, alpha = split_alpha(image)
    n_colors = channels[0] - has_alpha(channels[0]) if channels else 1
    parts = [colors] * (n_colors // colors.shape[2])
    if channels and has_alpha(channels[0]):
        opaque = np.full(image.shape[:2], top_level(image.dtype), image.dtype)
        parts.append((opaque if alpha is None else alpha)[:, :, np.newaxis])
    return np.concatenate(parts, axis=2).reshape(*image.shape[:2], *channels)


def is_partly_transparent(alpha):
    """Tell whether some pixel is neither opaque nor fully transparent.

    Parameters
    ----------
    alpha : ndarray of uint8 or uint16
        Alpha of each pixel.

    Returns
    -------
    is_partly : bool
        Whether some alpha is between 0 and the top level of the dtype.
    """
    return bool(((alpha > 0) & (alpha < top_level(alpha.dtype))).any())
