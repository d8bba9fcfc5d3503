"""Differences of each component from all other rows, column by column."""

from typing import NamedTuple

import numpy as np

from .report_text import NO_BREAK
from .wording import listing

__all__ = ["Contrast", "contrast_of"]

MIN_DIFFERENCE_IN_SD = 0.2  # of a mean that sets a component apart
MIN_SPREAD_RATIO = 2.0  # of a standard deviation that sets a component apart, or its inverse
MAX_NAMED_SPREADS = 2  # columns that are named as narrower, and as wider


class Contrast(NamedTuple):
    """Differences between components, from the parameters of a mixture.

    Attributes
    ----------
    differences : ndarray of shape (n_components, n_columns)
        Standardised differences: the mean of a component less the mean of all other rows, in pooled
        standard deviations of the two groups (Cohen's d). NaN for a single component.
    spreads : ndarray of shape (n_components, n_columns)
        Standard deviation of a component, divided by the one within the other components.
    separation : ndarray of shape (n_columns,)
        Share of the variance of a column that lies between the means of components, 0 to 1.
    """

    differences: np.ndarray
    spreads: np.ndarray
    separation: np.ndarray

    def columns(self, n_columns):
        """Indices of the columns that separate the components most, in ascending order."""
        first = np.argsort(-self.separation, kind="stable")[:n_columns]
        return np.sort(first).tolist()

    def sentence(self, k, names, n_named):
        """Name the columns that set component k apart, the largest differences first.

        Parameters
        ----------
        k : int
        names : list of str
            The columns.
        n_named : int
            Number of columns with a difference of means, at most.

        Returns
        -------
        text : str
            For example ``waiting +1.6, eruptions +1.5 and 2 more; narrower in depth (0.4 times)``,
            with `NO_BREAK` before differences.
        """
        differences, spreads = self.differences[k], self.spreads[k]
        order = np.argsort(-np.abs(differences), kind="stable")
        named = [j for j in order if abs(differences[j]) >= MIN_DIFFERENCE_IN_SD]
        texts = [
            listing((f"{names[j]}{NO_BREAK}{differences[j]:+.1f}" for j in named), n_named)
            or f"no mean differs by {MIN_DIFFERENCE_IN_SD} SD"
        ]
        order = np.argsort(-np.abs(np.log(spreads)), kind="stable")
        for word, is_named in (
            ("narrower", spreads <= 1 / MIN_SPREAD_RATIO),
            ("wider", spreads >= MIN_SPREAD_RATIO),
        ):
            shown = [f"{names[j]} ({spreads[j]:.2g} times)" for j in order if is_named[j]]
            if shown:
                texts.append(f"{word} in {listing(shown, MAX_NAMED_SPREADS)}")
        return "; ".join(texts)


def contrast_of(weights, means, deviations):
    """Compare each component of a mixture with all other rows.

    Parameters
    ----------
    weights : ndarray of shape (n_components,)
    means, deviations : ndarray of shape (n_components, n_columns)
        Means and standard deviations of the components.

    Returns
    -------
    contrast : Contrast
    """
    scale = deviations.max(axis=0)  # so that no square overflows
    weights = weights / weights.sum()
    means = (means - weights @ means) / scale
    variances = (deviations / scale) ** 2
    between, within = weights @ means**2, weights @ variances
    differences, spreads = np.full_like(means, np.nan), np.ones_like(means)
    for k, weight in enumerate(weights):
        others = weights.copy()
        others[k] = 0.0
        total = others.sum()
        if not total > 0:
            continue
        others /= total
        mean, inner = others @ means, others @ variances
        variance = inner + others @ (means - mean) ** 2
        pooled = np.sqrt(weight * variances[k] + (1 - weight) * variance)
        differences[k] = (means[k] - mean) / pooled
        spreads[k] = np.sqrt(variances[k] / inner)
    return Contrast(differences, spreads, between / (between + within))
