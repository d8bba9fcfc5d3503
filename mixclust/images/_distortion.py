"""The error of a recoloured image: of its levels, and to the eye."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._ciede2000 import ciede2000
from ._pairs import color_pairs, seen_colors
from ._pixels import check_image
from ._points import top_level
from ._spaces import from_srgb

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Distortion", "color_difference", "distortion"]


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
    image, recolored = _check_images(image, recolored)
    sums = _LevelSums(top_level(image.dtype))
    for pairs in color_pairs(image, recolored):
        sums.add(*pairs)
    return sums.result()


def color_difference(
    image: NDArray[np.uint8] | NDArray[np.uint16] | Image,
    recolored: NDArray[np.uint8] | NDArray[np.uint16] | Image,
) -> float:
    """Compute the mean CIEDE2000 difference between an image and its recoloured version.

    CIEDE2000 measures how different two colours look: about 1 for a difference that is just
    noticeable, 100 for black and white. The levels are taken as sRGB.

    Parameters
    ----------
    image, recolored : ndarray of uint8 or uint16, or PIL image
        Two images of one shape and dtype, in a form that `quantize` takes. Pixels that are fully
        transparent in both do not count.

    Returns
    -------
    float
        The mean over visible pixels. Images with alpha are compared as they look over black and
        over white, and the larger mean is returned. NaN if no pixel is visible.

    Raises
    ------
    TypeError
        If an image does not hold 8-bit or 16-bit levels, or the dtypes differ.
    ValueError
        If the shapes differ, or `quantize` does not take the shape.

    References
    ----------
    G. Sharma, W. Wu and E. N. Dalal, "The CIEDE2000 color-difference formula: implementation
    notes, supplementary test data, and mathematical observations", Color Research and Application
    30 (2005), 21-30.

    Examples
    --------
    >>> import numpy as np
    >>> from mixclust.images import color_difference
    >>> black, white = np.uint8([[0]]), np.uint8([[255]])
    >>> round(color_difference(black, white), 6)
    100.0
    """
    image, recolored = _check_images(image, recolored)
    return compare(image, recolored)[1]


def compare(image, recolored):
    """Give the results of `distortion` and of `color_difference` in one pass over the pixels.

    Parameters
    ----------
    image, recolored : ndarray of uint8 or uint16, or PIL image
        As for `distortion`.

    Returns
    -------
    distortion : Distortion
        The error of levels.
    difference : float
        The mean CIEDE2000 difference.
    """
    image, recolored = _check_images(image, recolored)
    return compare_pairs(color_pairs(image, recolored), image.dtype)


def compare_pairs(parts, dtype):
    """Give the same for pairs of colours.

    Parameters
    ----------
    parts : iterable of (ndarray, ndarray, ndarray)
        Old colours, new colours and counts, as of `color_pairs`.
    dtype : dtype
        Of the levels.

    Returns
    -------
    distortion : Distortion
        The error of levels.
    difference : float
        The mean CIEDE2000 difference.
    """
    levels, sums, n_pixels = _LevelSums(top_level(dtype)), np.zeros(2), 0
    for pairs in parts:
        levels.add(*pairs)
        sums_of_part, n_of_part = difference_sums(*pairs)
        sums += sums_of_part
        n_pixels += n_of_part
    return levels.result(), float(sums.max() / n_pixels) if n_pixels else float("nan")


class _LevelSums:
    """Sums of the differences of levels, over black and over white."""

    def __init__(self, top):
        self._top, self._n_values = top, 0
        self._absolute, self._squared = np.zeros(2), np.zeros(2)

    def add(self, old, new, counts):
        """Add pairs of colours, each so often as its count says."""
        backgrounds, counts = seen_colors(old, new, counts)
        for background, (seen, seen_new) in enumerate(backgrounds):
            difference = seen_new - seen
            self._absolute[background] += counts @ np.abs(difference).sum(axis=1)
            self._squared[background] += counts @ (difference * difference).sum(axis=1)
        self._n_values += counts.sum() * seen.shape[1]

    def result(self):
        """Give the errors over the background with the larger one."""
        with np.errstate(divide="ignore", invalid="ignore"):
            mean_error = self._absolute.max() / np.float64(self._n_values)
            peak = float(self._top) ** 2
            psnr = 10 * np.log10(peak * self._n_values / self._squared.max())
        return Distortion(float(mean_error), float(psnr))


def difference_sums(old, new, counts):
    """Add up the CIEDE2000 differences of pairs of colours, as they look over black and over white.

    Parameters
    ----------
    old, new : ndarray of uint8 or uint16, shape (n, n_channels)
        Pairs of colours.
    counts : ndarray of int, shape (n,)
        Number of pixels of each pair.

    Returns
    -------
    sums : ndarray of shape (2,), float64
        Over black and over white; the second is 0 if the colours have no alpha.
    n_pixels : int
        Number of visible pixels.
    """
    sums = np.zeros(2)
    backgrounds, counts = seen_colors(old, new, counts)
    for background, seen in enumerate(backgrounds):
        lab, other = (_lab(levels / top_level(old.dtype)) for levels in seen)
        sums[background] = counts @ ciede2000(lab, other)
    return sums, counts.sum()


def _check_images(image, recolored):
    """Give two images as arrays of one shape and dtype, or name the fault."""
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
    return image, recolored


def _lab(levels):
    """Convert levels from 0 to 1, grey or RGB, to CIELAB."""
    return from_srgb(np.broadcast_to(levels, (len(levels), 3)), "lab")
