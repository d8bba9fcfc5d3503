"""Colours as points, with squared distances that measure how different colours look.

Colours are arrays of uint8 or uint16 of shape (n, n_channels): grey, grey and alpha, RGB, or RGBA.
No colour is fully transparent. Opaque colours are points of their coordinates in a space. Colours
with alpha are compared as they look over black and over white: their points hold the coordinates of
both, so that the squared distance is the sum over both.
"""

import numpy as np

from ._spaces import from_srgb, to_srgb

__all__ = ["SPACES", "check_space", "has_alpha", "to_colors", "to_points", "top_level"]

SPACES = ("oklab", "lab", "rgb")

# Steps of the grid, in each of L, a and b, that coordinates are rounded to. Coordinates are below
# 2^24 steps, so that all sums of products of two points are below 2^53, which float64 holds
# exactly; the nearest of two colours does not depend on the order of additions. Levels of 16 bits
# that differ are several steps apart. In OKLab, a and b count twice, as in the difference
# "deltaE OK 2" of its author: their numbers are small beside their effect on the eye.
STEPS = {
    "oklab": 2.0**24 * np.array([1, 2, 2]),
    "lab": 2.0**17 * np.array([1, 1, 1]),
}


def check_space(space):
    """Raise ValueError unless `space` is the name of a space.

    Parameters
    ----------
    space : object
        Value of the parameter.

    Raises
    ------
    ValueError
        If it is none of "oklab", "lab" and "rgb".
    """
    if not (isinstance(space, str) and space in SPACES):
        raise ValueError(f"space={space!r} is not a colour space; pass 'oklab', 'lab' or 'rgb'.")


def top_level(dtype):
    """Give the largest level, which is white: 255 or 65535."""
    return np.iinfo(dtype).max


def has_alpha(n_channels):
    """Tell whether the last of `n_channels` channels is alpha."""
    return n_channels in (2, 4)


def to_points(colors, space):
    """Convert colours to points of a space.

    In "rgb" the points of opaque colours are their levels, and float32 or float64 holds the
    products of two points exactly. The points of colours with alpha are in units of 1 / top_level;
    for 8 bits they are integers too.

    Parameters
    ----------
    colors : ndarray of uint8 or uint16, shape (n, n_channels)
    space : {"oklab", "lab", "rgb"}

    Returns
    -------
    points : ndarray of float32 or float64, shape (n, n_coordinates)
    """
    top = top_level(colors.dtype)
    if not has_alpha(colors.shape[1]):
        if space == "rgb":
            return colors.astype(np.float32 if colors.dtype == np.uint8 else np.float64)
        return _on_grid(colors / top, space)
    levels = colors.astype(np.float64)
    alpha = levels[:, -1:]
    over_black = levels[:, :-1] * alpha
    over_white = over_black + top * (top - alpha)
    if space == "rgb":
        return np.hstack([over_black, over_white])
    return np.hstack([_on_grid(seen / top**2, space) for seen in (over_black, over_white)])


def to_colors(centers, labels, colors, counts, space):
    """Give the colours nearest to centres, each the mean of the points of a cluster.

    Where colours have alpha, a mean in "oklab" or "lab" has no alpha: the entry is the mean of the
    cluster in "rgb" instead, which keeps an alpha that all colours of the cluster share.

    Parameters
    ----------
    centers : ndarray of float64, shape (n_clusters, n_coordinates)
    labels : ndarray of int, shape (n,)
        The cluster of each colour; no cluster is empty.
    colors : ndarray of uint8 or uint16, shape (n, n_channels)
        The visible colours that were clustered.
    counts : ndarray of int, shape (n,)
        The weight of each.
    space : {"oklab", "lab", "rgb"}

    Returns
    -------
    palette : ndarray of the dtype of the colours, shape (n_clusters, n_channels)
    """
    top, dtype = top_level(colors.dtype), colors.dtype
    if not has_alpha(colors.shape[1]):
        levels = centers if space == "rgb" else top * _off_grid(centers, space)
        return np.rint(levels).astype(dtype)
    if space != "rgb":
        points = to_points(colors, "rgb")
        sums = [np.bincount(labels, counts * column, len(centers)) for column in points.T]
        centers = np.transpose(sums) / np.bincount(labels, counts, len(centers))[:, np.newaxis]
    over_black, over_white = np.split(centers, 2, axis=1)
    alpha = top - (over_white - over_black).mean(axis=1, keepdims=True) / top
    alpha = np.rint(alpha).clip(1, top)
    return np.rint(np.hstack([(over_black / alpha).clip(0, top), alpha])).astype(dtype)


def _on_grid(levels, space):
    """Convert levels from 0 to 1, grey or RGB, to steps of the grid; grey has lightness alone."""
    n_channels = levels.shape[1]
    coordinates = from_srgb(np.broadcast_to(levels, (len(levels), 3)), space)
    return np.rint(coordinates * STEPS[space])[:, :n_channels]


def _off_grid(points, space):
    """Convert steps of the grid to levels from 0 to 1, grey or RGB."""
    n_channels = points.shape[1]
    coordinates = np.zeros((len(points), 3))
    coordinates[:, :n_channels] = points / STEPS[space][:n_channels]
    levels = to_srgb(coordinates, space)
    return levels if n_channels == 3 else levels.mean(axis=1, keepdims=True)
