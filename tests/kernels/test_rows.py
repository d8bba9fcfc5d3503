"""One face for all rows: dense and sparse rows are read alike, in every layout."""

import numpy as np
import pytest
import scipy.sparse
from support import reference
from support.samples import DTYPES, normal

from mixclust.kernels.rows.csr_rows import CSRRows
from mixclust.kernels.rows.dense_rows import DenseRows
from mixclust.kernels.rows.rows import Frame

KINDS = ["dense", "sparse"]
RANGES = [(0, 9), (3, 1), (4, 5), (9, 0)]


def make_rows(kind, dtype, n_features):
    """Rows of which a third of the numbers are not stored, with one empty row, and the array."""
    X = normal(n_features, 9, n_features, dtype=dtype)
    X[normal(1, 9, n_features) < -0.4] = 0
    X[4] = 0
    return (DenseRows(X) if kind == "dense" else CSRRows(scipy.sparse.csr_array(X))), X


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_rows_say_what_they_are(kind, dtype):
    rows, _ = make_rows(kind, dtype, 5)
    assert (rows.n_samples, rows.n_features, rows.is_double) == (9, 5, dtype is np.float64)


@pytest.mark.parametrize("n_features", [1, 3, 8, 17])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_read_in_every_layout(doors, kind, dtype, n_features):
    rows, X = make_rows(kind, dtype, n_features)
    shift = normal(2, n_features)
    frame, width = Frame(shift, 2.0**-3), doors.sizes(n_features)[1]
    for start, n in RANGES:
        part = X[start : start + n].astype(np.float64)
        np.testing.assert_array_equal(doors.read(rows, start, n), part)
        expected = reference.block(part, shift, width)
        np.testing.assert_array_equal(doors.block(rows, start, n, shift), expected)
        for height in (max(n, 1), n + 3):
            expected = np.zeros((n_features, height))
            expected[:, :n] = (part - shift).T
            found = doors.strip(rows, frame, start, n, height)
            np.testing.assert_array_equal(found, expected)
            assert not np.signbit(found[:, n:]).any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_without_a_shift_leaves_rows_as_they_are(doors, kind):
    rows, X = make_rows(kind, np.float64, 6)
    block = doors.block(rows, 0, 9, np.zeros(6))
    np.testing.assert_array_equal(block[:, :6], X)
    np.testing.assert_array_equal(block[:, 6], np.ones(9))


def test_frames_tell_their_origin_read_only():
    shift = np.array([1.0, 2.0])
    frame = Frame(shift, 0.5)
    assert (frame.n_features, frame.scale, frame.origin.tolist()) == (2, 0.5, [1.0, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        frame.origin[0] = 3
    with pytest.raises(ValueError, match="a frame needs a feature"):
        Frame(np.empty(0))
