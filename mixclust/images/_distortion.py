"""The error of a recoloured image."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._palette import top_level
from ._pixels import check_image, split_alpha

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Distortion", "distortion"]

BLOCK_PIXELS = 1 << 20  # pixels compared at a time, so that their differences take little memory


class Distortion(NamedTuple):
    """The error of a recoloured image, over visible pixels and colour channels.

    Images with alpha are compared as they look over black and over white; each number is for the
    background with the larger error.

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


def distortion(
    image: NDArray[np.uint8] | Image, recolored: NDArray[np.uint8] | Image
) -> Distortion:
    """Compare an image with its recoloured version.

    Parameters
    ----------
    image, recolored : ndarray of uint8 or uint16, or PIL image
        Two images of one shape and dtype, in a form that `quantize` takes. Pixels that are fully
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
        If the shapes differ, or `quantize` does not take the shape.

    Examples
    --------
    >>> import numpy as np
    >>> from mixclust.images import distortion
    >>> mean_error, psnr = distortion(np.uint8([[10, 20]]), np.uint8([[12, 20]]))
    >>> mean_error, round(psnr, 2)
    (1.0, 45.12)
    """
    image = check_image(image)
    recolored = check_image(recolored, "recolored")
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


def _row_blocks(image):
    """Divide the rows of an image into slices of about `BLOCK_PIXELS` pixels."""
    step = max(1, BLOCK_PIXELS // image.shape[1])
    return [slice(row, row + step) for row in range(0, len(image), step)]


def _seen_differences(image, recolored):
    """Compute the differences of visible pixels over black and, with alpha, over white."""
    (old, alpha), (new, new_alpha) = split_alpha(image), split_alpha(recolored)
    if alpha is None:
        return [old.astype(np.float64) - new]
    visible = (alpha > 0) | (new_alpha > 0)
    alpha = alpha[visible].astype(np.float64)[:, np.newaxis]
    new_alpha = new_alpha[visible].astype(np.float64)[:, np.newaxis]
    top = top_level(image.dtype)
    over_black = (old[visible] * alpha - new[visible] * new_alpha) / top
    return [over_black, over_black - (alpha - new_alpha)]
