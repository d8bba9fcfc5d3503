"""Numbers of the reports of ``mixclust cluster`` as text."""

import math

import numpy as np

__all__ = ["count_texts", "criterion_text", "moment_texts"]


def moment_texts(means, deviations):
    """Write means and standard deviations of a column, as ``4.47 (0.41)``.

    The smallest standard deviation has two digits, and all numbers have as many decimals.

    Parameters
    ----------
    means, deviations : ndarray of shape (n_components,)

    Returns
    -------
    texts : list of str
    """
    decimals = 1 - math.floor(math.log10(deviations.min()))
    largest = max(np.abs(means).max(), deviations.max())
    if decimals <= 6 and largest < 1e9:
        decimals = max(0, decimals)
        return [
            f"{round(float(mean), decimals) + 0.0:.{decimals}f} ({deviation:.{decimals}f})"
            for mean, deviation in zip(means, deviations, strict=True)
        ]
    digits = min(max(decimals + math.floor(math.log10(largest)), 1), 15)
    return [
        f"{mean:.{digits}e} ({deviation:.1e})"
        for mean, deviation in zip(means, deviations, strict=True)
    ]


def criterion_text(value, is_best):
    """Write a criterion, with a star behind the best one; NaN is a dash."""
    return "- " if math.isnan(value) else f"{value:.1f}{'*' if is_best else ' '}"


def count_texts(counts):
    """Write numbers of rows, or sums of their weights.

    Parameters
    ----------
    counts : ndarray, int or float64

    Returns
    -------
    texts : list of str
    """
    if np.all(counts == np.floor(counts)):
        return [f"{count:.0f}" for count in counts]
    return [f"{count:.6g}" for count in counts]
