"""Rows and weights that are refused, and rows that are hard to answer for."""

import numpy as np

from .samples import blobs, normal

BAD_ROWS = {
    "None": None,
    "a number": 3.0,
    "text": "rows",
    "one dimension": np.zeros(5),
    "three dimensions": np.zeros((2, 2, 2)),
    "no rows": np.zeros((0, 3)),
    "no features": np.zeros((3, 0)),
    "NaN": np.array([[1.0], [np.nan]]),
    "NaN in float32": np.array([[1.0], [np.nan]], dtype=np.float32),
    "infinity": np.array([[1.0], [np.inf]]),
    "minus infinity": np.array([[1.0], [-np.inf]]),
    "infinite after conversion": np.array([[1.0], [np.finfo(np.longdouble).max]]),
    "complex": np.zeros((3, 2), dtype=complex),
    "dates": np.zeros((3, 2), dtype="M8[s]"),
    "records": np.zeros(3, dtype=[("a", float), ("b", float)]),
    "words": np.array([["a", "b"], ["c", "d"]]),
    "objects": np.array([[object(), 1.0], [2.0, 3.0]]),
    "None among numbers": np.array([[None, 1.0], [2.0, 3.0]]),
    "ragged": [[1.0, 2.0], [3.0]],
    "a dict": {"a": [1.0, 2.0]},
    "a set": {1.0, 2.0},
    "a generator": (row for row in [[1.0], [2.0]]),
    "huge integers": [[10**400], [1]],
}

# Weights of three rows.
BAD_WEIGHTS = {
    "negative": [1.0, -1.0, 1.0],
    "NaN": [1.0, np.nan, 1.0],
    "infinite": [1.0, np.inf, 1.0],
    "all zero": [0.0, 0.0, 0.0],
    "too few": [1.0, 1.0],
    "too many": [1.0] * 4,
    "a column": [[1.0], [1.0], [1.0]],
    "text": ["a", "b", "c"],
    "sum overflows": [1.7e308] * 3,
}

# Functions that make rows on which arithmetic loses digits, or distances are equal.
HARD_ROWS = {
    "blobs": lambda: blobs(3, 3000, 5, 8),
    "a cloud": lambda: normal(3, 3000, 3),
    "offset of 1e6": lambda: normal(3, 1000, 3) + 1e6,
    "offset of 1e6, small": lambda: normal(3, 1000, 3) * 0.1 + 1e6,
    "ties": lambda: np.random.default_rng(3).integers(0, 4, (2000, 3)),
    "ties at an offset": lambda: np.random.default_rng(3).integers(0, 4, (2000, 2)) + 1e6,
    "one feature": lambda: normal(3, 500, 1),
    "many features": lambda: normal(3, 300, 120),
    "one feature is far larger": lambda: normal(3, 500, 4) * [1, 1e7, 1, 1e-7],
    "one row is far away": lambda: np.vstack([normal(3, 500, 3), [[1e6, 0, 0]]]),
    "tiny": lambda: normal(3, 500, 3) * 1e-18,
    "huge": lambda: normal(3, 500, 3) * 1e18,
    "heavy tails": lambda: np.random.default_rng(3).standard_cauchy((800, 2)),
}
