"""Blue noise: thresholds that mix colours evenly, without the patterns of a regular grid."""

import functools

import numpy as np

from ._palette import LUMA, count, look_up, pack, unpack

__all__ = ["SIDE", "mix_by_blue_noise", "threshold_ranks"]

SIDE = 64
"""Pixels of a side of the mask, which is repeated over the image."""

SPREAD = (
    1.5  # standard deviation in pixels of the bell by which points of the mask repel each other
)
MINORITY = SIDE * SIDE // 10  # points of the first pattern
UNIT = 2.0**40  # energies are integers, so that the mask is the same on every machine

MIN_MIXED, MAX_MIXED = 16, 64
MIXED_TIMES_COLORS = 1024  # colours that are mixed, times colours of the palette
BLOCK_DISTANCES = 1 << 18


@functools.cache
def threshold_ranks():
    """Make the mask by the void-and-cluster method.

    Points are set one after the other, each in the largest void that the earlier ones leave; the
    rank of a pixel is the number of points before it. So the pixels below any threshold are spread
    evenly: their spectrum has no low frequencies. Opposite edges adjoin.

    Returns
    -------
    ranks : ndarray of int, shape (64, 64)
        Each number from 0 to 4095 once; read-only.

    References
    ----------
    R. A. Ulichney, "Void-and-cluster method for dither array generation", Proc. SPIE 1913 (1993),
    332-343.
    """
    field = _Field()
    for place in np.random.RandomState(0).permutation(SIDE * SIDE)[:MINORITY]:
        field.change(place, 1)
    while True:  # until the point in the tightest cluster is the one that leaves the largest void
        cluster = field.tightest_cluster()
        field.change(cluster, -1)
        void = field.largest_void()
        field.change(void, 1)
        if void == cluster:
            break
    first = field.copy()
    ranks = np.empty(SIDE * SIDE, np.intp)
    for rank in range(MINORITY - 1, -1, -1):
        cluster = first.tightest_cluster()
        first.change(cluster, -1)
        ranks[cluster] = rank
    for rank in range(MINORITY, SIDE * SIDE):
        void = field.largest_void()
        field.change(void, 1)
        ranks[void] = rank
    ranks = ranks.reshape(SIDE, SIDE)
    ranks.flags.writeable = False
    return ranks


class _Field:
    """Points on a torus, and the energy that they have at each pixel."""

    def __init__(self):
        steps = np.minimum(np.arange(SIDE), SIDE - np.arange(SIDE))
        squares = steps[:, np.newaxis] ** 2 + steps**2
        bell = np.rint(UNIT * np.exp(-squares / (2 * SPREAD**2))).astype(np.int64)
        self._bell = np.tile(bell, (2, 2))  # of a point at any pixel, it is a part of this
        self._energy = np.zeros((SIDE, SIDE), np.int64)
        self._is_set = np.zeros(SIDE * SIDE, bool)

    def copy(self):
        other = _Field()
        other._energy, other._is_set = self._energy.copy(), self._is_set.copy()
        return other

    def change(self, place, sign):
        """Set the point of a pixel if the sign is 1, or remove it if it is -1."""
        row, column = SIDE - place // SIDE, SIDE - place % SIDE
        self._energy += sign * self._bell[row : row + SIDE, column : column + SIDE]
        self._is_set[place] = sign > 0

    def tightest_cluster(self):
        """Give the point of largest energy."""
        return int(np.where(self._is_set, self._energy.ravel(), -1).argmax())

    def largest_void(self):
        """Give the pixel of least energy that has no point."""
        top = np.iinfo(np.int64).max
        return int(np.where(self._is_set, top, self._energy.ravel()).argmin())


def mix_by_blue_noise(pixels, colors):
    """Choose a colour for each pixel, so that near pixels of one colour have it as their mean.

    For each colour of the image, a list of colours of the palette is chosen one after the other,
    each nearest to the colour less the errors of the ones before; so their mean approaches it. The
    list is sorted from dark to light, and the mask tells which of its entries a pixel takes.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
    colors : ndarray of uint8, shape (n_colors, 3)

    Returns
    -------
    labels : ndarray of int, shape (H, W)

    References
    ----------
    T. Knoll, "Pattern dithering", US patent 6,606,166 (expired 2019): the lists of colours.
    """
    n_mixed = int(np.clip(MIXED_TIMES_COLORS // len(colors), MIN_MIXED, MAX_MIXED))
    codes = pack(pixels)
    distinct, _ = count(codes, 1 << 24)
    mixtures = _mixtures(unpack(distinct, 3, np.uint8), colors, n_mixed)
    rows = look_up(codes, distinct, np.arange(len(distinct), dtype=np.int32), 1 << 24)
    height, width = rows.shape
    levels = threshold_ranks() * n_mixed // (SIDE * SIDE)
    tiles = (-(-height // SIDE), -(-width // SIDE))
    return mixtures[rows, np.tile(levels, tiles)[:height, :width]]


def _mixtures(wanted, colors, n_mixed):
    """Give the indices of the colours that are mixed to each wanted one, from dark to light."""
    points = colors.astype(np.float64)  # integers, so that all sums are exact
    norms = (points * points).sum(axis=1)
    columns = np.ascontiguousarray(points.T)
    bound = _largest_gap(points)
    by_luma = np.argsort(colors @ LUMA, kind="stable")
    place = np.empty(len(colors), np.intp)
    place[by_luma] = np.arange(len(colors))
    found = np.empty((len(wanted), n_mixed), np.min_scalar_type(len(colors) - 1))
    step = max(1, BLOCK_DISTANCES // len(colors))
    for start in range(0, len(wanted), step):
        block = wanted[start : start + step].astype(np.float64)
        target = block.copy()
        for i in range(n_mixed):
            nearest = (norms - 2 * (target @ columns)).argmin(axis=1)
            target += block - points[nearest]
            np.clip(target, block - bound, block + bound, out=target)
            found[start : start + step, i] = place[nearest]
    found.sort(axis=1)
    return by_luma[found]


def _largest_gap(points):
    """Give the largest distance of a colour of the palette to the nearest other one.

    Errors within it are made good by neighbours of a colour. Larger ones arise where no mixture
    gives the colour; they would call for far colours, which show as specks.
    """
    squares = ((points[:, np.newaxis] - points) ** 2).sum(axis=2)
    squares[squares == 0] = np.inf  # equal colours are one
    nearest = squares.min(axis=1)
    return np.ceil(np.sqrt(nearest.max())) if np.isfinite(nearest).all() else 0.0
