"""Arrays and seeds that hypothesis draws for every estimator."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

ANY_DTYPE = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="?"),
    hnp.unsigned_integer_dtypes(endianness="?"),
    hnp.floating_dtypes(endianness="?"),
    hnp.complex_number_dtypes(),
    hnp.unicode_string_dtypes(),
    hnp.datetime64_dtypes(),
    st.just(np.dtype(object)),
)

ANY_ARRAY = hnp.arrays(
    ANY_DTYPE,
    st.one_of(
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=12),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    ),
)

SEEDS = st.integers(0, 2**32 - 1)


def repeatable(n_examples):
    """Settings under which a test draws the same examples in every run, on a slow machine too."""
    return settings(derandomize=True, deadline=None, max_examples=n_examples)
