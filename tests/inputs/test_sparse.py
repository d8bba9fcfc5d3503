"""Sparse rows: every format becomes canonical CSR, errors are named, the input is unchanged."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from mixclust._inputs.rows import check_rows

SPARSE = np.array([[0.0, 2, 0, 1], [0, 0, 0, 0], [3, 0, 4, 0]])
FORMATS = ["csr", "csc", "coo", "bsr", "lil", "dok", "dia"]
CONTAINERS = [sp.coo_matrix, sp.coo_array]


def rows_of(X):
    return check_rows(X, None, reset=True)


def is_canonical(csr):
    """Check every row in plain Python."""
    return all(
        np.all(np.diff(csr.indices[start:stop]) > 0)
        for start, stop in zip(csr.indptr[:-1], csr.indptr[1:], strict=True)
    )


def snapshot(X):
    """Return copies of the arrays that make up a sparse matrix."""
    return {k: (v.dtype, v.tolist()) for k, v in vars(X).items() if isinstance(v, np.ndarray)}


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8, np.int64, bool, np.longdouble])
@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("sparse_format", FORMATS)
def test_sparse_formats(sparse_format, container, dtype):
    X = container(SPARSE.astype(dtype)).asformat(sparse_format)
    before = snapshot(X)
    csr = rows_of(X)
    assert csr.format == "csr"
    assert isinstance(csr, sp.spmatrix) == isinstance(X, sp.spmatrix)
    assert csr.dtype == (np.float32 if dtype == np.float32 else np.float64)
    assert csr.indices.dtype == csr.indptr.dtype
    np.testing.assert_array_equal(csr.toarray(), SPARSE.astype(dtype))
    assert snapshot(X) == before


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_canonical_csr_is_not_copied(dtype):
    X = sp.csr_array(SPARSE.astype(dtype))
    for array in (X.data, X.indices, X.indptr):
        array.flags.writeable = False
    csr = rows_of(X)
    assert np.shares_memory(csr.data, X.data)
    assert np.shares_memory(csr.indices, X.indices)
    assert np.shares_memory(csr.indptr, X.indptr)


@pytest.mark.parametrize("container", [sp.csr_matrix, sp.csr_array])
def test_int64_indices(container):
    X = container(SPARSE)
    X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    csr = rows_of(X)
    assert csr.indices.dtype == csr.indptr.dtype
    np.testing.assert_array_equal(csr.toarray(), SPARSE)
    assert X.indices.dtype == X.indptr.dtype == np.int64


def test_indices_of_two_widths_become_one():
    X = sp.csr_array(SPARSE)
    X.indptr = X.indptr.astype(np.int64)
    csr = rows_of(X)
    assert csr.indices.dtype == csr.indptr.dtype
    np.testing.assert_array_equal(csr.toarray(), SPARSE)
    assert X.indices.dtype == np.int32


def messy_csr():
    """Return a CSR array with indices out of order and an entry twice, and its dense form."""
    data = np.array([1.0, 2, 3, 4, 5, 6])
    indices = np.array([2, 0, 2, 1, 3, 0])
    return sp.csr_array((data, indices, np.array([0, 3, 3, 6]))), [
        [2, 0, 4, 0],
        [0] * 4,
        [6, 4, 0, 5],
    ]


@pytest.mark.parametrize("stale_flags", [False, True])
def test_disorder_is_put_right_on_a_copy(stale_flags):
    X, dense = messy_csr()
    if stale_flags:
        X.has_canonical_format = True
    before = snapshot(X)
    csr = rows_of(X)
    assert is_canonical(csr)
    assert csr.toarray().tolist() == dense
    assert snapshot(X) == before


def test_spare_room_behind_the_entries_is_ignored():
    X = sp.csr_array(SPARSE)
    X.data, X.indices = np.append(X.data, np.nan), np.append(X.indices, 99)
    csr = rows_of(X)
    assert len(csr.data) == len(csr.indices) == 4
    np.testing.assert_array_equal(csr.toarray(), SPARSE)
    assert len(X.data) == 5


def test_strided_and_big_endian_arrays_inside():
    X = sp.csr_array(SPARSE)
    X.data, X.indices = np.repeat(X.data, 2).astype(">f8")[::2], np.repeat(X.indices, 2)[::2]
    csr = rows_of(X)
    assert csr.data.flags.c_contiguous
    assert csr.indices.flags.c_contiguous
    assert csr.data.dtype.isnative
    np.testing.assert_array_equal(csr.toarray(), SPARSE)


@pytest.mark.parametrize("sparse_format", ["csr", "csc", "coo", "bsr", "dia"])
@pytest.mark.parametrize("dtype", ["f2", ">f4", ">i4"])
def test_data_of_dtypes_that_scipy_does_not_convert(sparse_format, dtype):
    X = sp.coo_array(SPARSE).asformat(sparse_format)
    X.data = X.data.astype(dtype)
    np.testing.assert_array_equal(rows_of(X).toarray(), SPARSE)


BUILD = "build X again, for example as scipy.sparse.coo_array((values, (rows, columns)))."

# Format, attribute, value of the attribute, message.
BAD_SPARSE = [
    ("csr", "indices", [1, 3, 0, 4], "X.indices holds 4, outside 0 to 3"),
    ("csr", "indices", [1, 3, -1, 2], "X.indices holds -1, outside 0 to 3"),
    ("csr", "indices", [1, 3, 0, 2**40], "X.indices holds 1099511627776, outside 0 to 3"),
    (
        "csr",
        "indices",
        [1, 3, 0],
        "X.indptr ends with 4, but X.indices has 3 and X.data 4 entries",
    ),
    (
        "csr",
        "data",
        [1.0, 2.0, 3.0],
        "X.indptr ends with 4, but X.indices has 4 and X.data 3 entries",
    ),
    ("csr", "indices", [1.0, 3.0, 0.0, 2.0], "X.indptr and X.indices must be integers"),
    (
        "csr",
        "indices",
        [[1, 3], [0, 2]],
        "X.indptr, X.indices and X.data must have 1 dimension each",
    ),
    ("csr", "indptr", [0, 2, 4], "X.indptr has 3 entries where its shape needs 4"),
    ("csr", "indptr", [0, 2, 2, 4, 4], "X.indptr has 5 entries where its shape needs 4"),
    ("csr", "indptr", [1, 2, 2, 4], "X.indptr starts with 1 instead of 0"),
    ("csr", "indptr", [0, 3, 2, 4], "X.indptr decreases after entry 1"),
    ("csr", "indptr", [0, 2, 2, -1], "X.indptr decreases after entry 2"),
    (
        "csr",
        "indptr",
        [0, 2, 2, 5],
        "X.indptr ends with 5, but X.indices has 4 and X.data 4 entries",
    ),
    (
        "csr",
        "indptr",
        [0, 2**62, -(2**62), 4],
        "X.indptr decreases after entry 1",
    ),
    ("csc", "indices", [2, 0, 2, 3], "X.indices holds 3, outside 0 to 2"),
    ("csc", "indptr", [0, 1, 2, 4], "X.indptr has 4 entries where its shape needs 5"),
    ("csc", "indptr", [0, 3, 2, 4, 4], "X.indptr decreases after entry 1"),
    ("coo", "row", [0, 0, 2, 3], "X.row holds 3, outside 0 to 2"),
    ("coo", "col", [1, 3, -2, 2], "X.col holds -2, outside 0 to 3"),
    ("bsr", "indices", [0, 1, 0, 2], "X.indices holds 2, outside 0 to 1"),
    ("bsr", "indptr", [0, 4], "X.indptr has 2 entries where its shape needs 4"),
    (
        "bsr",
        "data",
        np.ones((4, 2, 2)),
        "X.data has shape (4, 2, 2), not blocks that X's shape (3, 4) is a multiple of",
    ),
    ("lil", "data", np.array([[1.0], [], []], object), "X.rows and X.data differ in length"),
]


@pytest.mark.parametrize(("sparse_format", "attribute", "value", "message"), BAD_SPARSE)
def test_contradictions_inside_sparse_matrices(sparse_format, attribute, value, message):
    # Four blocks of shape (1, 2): columns [0, 2) and [2, 4) of rows 0 and 2.
    X = sp.bsr_array(SPARSE, blocksize=(1, 2)) if sparse_format == "bsr" else None
    X = sp.coo_array(SPARSE).asformat(sparse_format) if X is None else X
    setattr(X, attribute, np.asarray(value))
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        rows_of(X)
    assert str(error.value) == f"{message}; {BUILD}"


@pytest.mark.parametrize(
    ("sparse_format", "attribute", "value"),
    [
        ("dia", "offsets", [0]),
        ("dia", "data", np.ones((9, 4))),
        ("coo", "data", [1.0]),
        ("lil", "rows", np.array([[9, 9], [], [9, 9]], object)),
    ],
)
def test_contradictions_that_scipy_reports(sparse_format, attribute, value):
    X = sp.coo_array(SPARSE).asformat(sparse_format)
    setattr(X, attribute, np.asarray(value))
    with pytest.raises(
        ValueError, match=r"does not match|same length|exceeds matrix dimension|outside"
    ):
        rows_of(X)


@given(st.data())
def test_corrupted_csr_gives_canonical_rows_or_an_error(data):
    X = sp.csr_array(SPARSE)
    small = st.integers(-2, 6)
    for attribute in ("indptr", "indices"):
        if data.draw(st.booleans()):
            setattr(X, attribute, np.array(data.draw(st.lists(small, max_size=6)), dtype=np.int32))
    before = snapshot(X)
    try:
        csr = rows_of(X)
    except ValueError as error:
        assert "build X again" in str(error)  # noqa: PT017 (both outcomes are right)
    else:
        assert csr.indices.size == csr.data.size == csr.indptr[-1]
        assert np.isin(csr.indices, range(4)).all()
        assert is_canonical(csr)
    assert snapshot(X) == before
