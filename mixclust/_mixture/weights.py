"""Weights of rows in a range in which their products with numbers of X stay finite and not zero."""

import math

import numpy as np

__all__ = ["sized_weights"]

SMALLEST_WEIGHT = 1e-150
"""Share of the largest weight of a row that its products with numbers of X still hold."""


def sized_weights(sample_weight):
    """Weights of a size that float64 squares easily, with the same ratios.

    Raises
    ------
    ValueError
        If they differ by more than float64 holds in products with the numbers of X.
    """
    largest = sample_weight.max()
    smallest = sample_weight.min(where=sample_weight > 0, initial=largest)
    if smallest < SMALLEST_WEIGHT * largest:
        raise ValueError(
            f"sample_weight holds {smallest:.3g} beside {largest:.3g}, a ratio beyond "
            f"{SMALLEST_WEIGHT:g}; set weights that small to 0."
        )
    if SMALLEST_WEIGHT < smallest <= largest < 1 / SMALLEST_WEIGHT:
        return sample_weight
    return np.ldexp(sample_weight, -math.frexp(largest)[1])
