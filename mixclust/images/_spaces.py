"""Colour spaces in which equal distances look about equally different.

Conversions between sRGB (IEC 61966-2-1, levels from 0 for black to 1 for white, with its transfer
curve) and two spaces of a lightness and two opponent axes: OKLab (B. Ottosson, 2020) and CIELAB
(CIE 15:2004), with the white of sRGB, D65. Greys have 0 on both opponent axes.
"""

import numpy as np

__all__ = ["from_srgb", "to_srgb"]

LINEAR_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
# Relative to white, so that white has the three coordinates 1.
LINEAR_TO_XYZ_OF_WHITE = LINEAR_TO_XYZ / LINEAR_TO_XYZ.sum(axis=1, keepdims=True)
LINEAR_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
ROOTS_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
ROOTS_TO_LAB = np.array([[0.0, 116.0, 0.0], [500.0, -500.0, 0.0], [0.0, 200.0, -200.0]])
LAB_OF_BLACK = np.array([-16.0, 0.0, 0.0])
# Up to this share of white, CIELAB replaces the cube root by its tangent at that point.
TANGENT_END = (6 / 29) ** 3
TANGENT_SLOPE = (29 / 6) ** 2 / 3
TANGENT_START = 4 / 29


def from_srgb(levels, space):
    """Convert sRGB to another space.

    Parameters
    ----------
    levels : ndarray of float64, shape (n, 3)
        Red, green and blue, from 0 to 1.
    space : {"oklab", "lab"}
        The space.

    Returns
    -------
    coordinates : ndarray of float64, shape (n, 3)
        L, a and b. L is from 0 to 1 in OKLab, and from 0 to 100 in CIELAB.
    """
    linear = _linear(levels)
    if space == "oklab":
        return _times(np.cbrt(_times(linear, LINEAR_TO_CONES)), ROOTS_TO_OKLAB)
    ratios = _times(linear, LINEAR_TO_XYZ_OF_WHITE)
    tangent = TANGENT_SLOPE * ratios + TANGENT_START
    roots = np.where(ratios > TANGENT_END, np.cbrt(ratios), tangent)
    return _times(roots, ROOTS_TO_LAB) + LAB_OF_BLACK


def to_srgb(coordinates, space):
    """Convert coordinates of a space to sRGB; colours that sRGB lacks are clipped.

    Parameters
    ----------
    coordinates : ndarray of float64, shape (n, 3)
        L, a and b, as `from_srgb` gives them.
    space : {"oklab", "lab"}
        The space.

    Returns
    -------
    levels : ndarray of float64, shape (n, 3)
        Red, green and blue, from 0 to 1.
    """
    if space == "oklab":
        roots = _times(coordinates, np.linalg.inv(ROOTS_TO_OKLAB))
        linear = _times(roots**3, np.linalg.inv(LINEAR_TO_CONES))
    else:
        roots = _times(coordinates - LAB_OF_BLACK, np.linalg.inv(ROOTS_TO_LAB))
        tangent = (roots - TANGENT_START) / TANGENT_SLOPE
        ratios = np.where(roots > np.cbrt(TANGENT_END), roots**3, tangent)
        linear = _times(ratios, np.linalg.inv(LINEAR_TO_XYZ_OF_WHITE))
    return _encoded(linear.clip(0, 1))


def _times(vectors, matrix):
    """Multiply vectors by a matrix, without BLAS: its threads cost more than so small a product."""
    result = np.empty(vectors.shape)
    for j, row in enumerate(matrix):
        result[:, j] = vectors[:, 0] * row[0] + vectors[:, 1] * row[1] + vectors[:, 2] * row[2]
    return result


def _linear(levels):
    """Undo the transfer curve of sRGB, so that values are proportional to light."""
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


def _encoded(linear):
    """Apply the transfer curve of sRGB to values that are proportional to light."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
