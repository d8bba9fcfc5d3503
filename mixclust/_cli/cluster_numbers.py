"""Numbers of the reports of ``mixclust cluster`` as text."""

import math

import numpy as np

from .report_text import mean_texts

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
    smallest = deviations.min()
    pairs = zip(mean_texts(means, smallest), mean_texts(deviations, smallest), strict=True)
    return [f"{mean} ({deviation})" for mean, deviation in pairs]


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
