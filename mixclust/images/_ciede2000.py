"""CIEDE2000, the colour difference of the CIE.

After G. Sharma, W. Wu and E. N. Dalal, "The CIEDE2000 color-difference formula: implementation
notes, supplementary test data, and mathematical observations", Color Research and Application 30
(2005), 21-30, with the parametric factors kL = kC = kH = 1.
"""

import numpy as np

__all__ = ["ciede2000"]

CHROMA_KNEE = 25.0**7
HALF_TURN = np.pi + 1e-9  # opposite hues do not wrap, however their difference is rounded


def ciede2000(lab, other):
    """Compute the CIEDE2000 difference of each pair of colours.

    Parameters
    ----------
    lab, other : ndarray of float64, shape (n, 3)
        CIELAB coordinates of the colours; the result is the same if they are exchanged.

    Returns
    -------
    differences : ndarray of float64, shape (n,)
        About 1 for a difference that is just noticeable, 100 for black and white.
    """
    L1, a1, b1 = np.moveaxis(lab, -1, 0)
    L2, a2, b2 = np.moveaxis(other, -1, 0)
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * _knee(chroma)
    a1, a2 = stretch * a1, stretch * a2
    C1, C2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.arctan2(b1, a1) % (2 * np.pi), np.arctan2(b2, a2) % (2 * np.pi)

    turn = h2 - h1  # from -2 pi to 2 pi; the shorter way round is from -pi to pi
    wraps = np.abs(turn) > HALF_TURN
    delta_h = turn - np.where(wraps, 2 * np.pi * np.sign(turn), 0)
    delta_L, delta_C = L2 - L1, C2 - C1
    delta_H = 2 * np.sqrt(C1 * C2) * np.sin(delta_h / 2)  # 0 if a colour has no hue

    hue = (h1 + h2) / 2
    hue = hue + np.where(wraps, np.where(h1 + h2 < 2 * np.pi, np.pi, -np.pi), 0)
    hue = np.where(C1 * C2 == 0, h1 + h2, hue)
    L, C = (L1 + L2) / 2, (C1 + C2) / 2
    S_L = 1 + 0.015 * (L - 50) ** 2 / np.sqrt(20 + (L - 50) ** 2)
    S_C = 1 + 0.045 * C
    S_H = 1 + 0.015 * C * _hue_weight(hue)
    light, chromatic, tonal = delta_L / S_L, delta_C / S_C, delta_H / S_H
    squares = light**2 + chromatic**2 + tonal**2 + _rotation(hue, C) * chromatic * tonal
    return np.sqrt(np.maximum(squares, 0))  # rounding may leave a square below 0


def _knee(chroma):
    power = chroma**7
    return np.sqrt(power / (power + CHROMA_KNEE))


def _hue_weight(hue):
    degree = np.pi / 180
    return (
        1
        - 0.17 * np.cos(hue - 30 * degree)
        + 0.24 * np.cos(2 * hue)
        + 0.32 * np.cos(3 * hue + 6 * degree)
        - 0.20 * np.cos(4 * hue - 63 * degree)
    )


def _rotation(hue, chroma):
    """Compute R_T, which couples differences of chroma and of hue in the blue."""
    degree = np.pi / 180
    angle = 30 * degree * np.exp(-(((hue / degree - 275) / 25) ** 2))
    return -2 * _knee(chroma) * np.sin(2 * angle)
