"""Arrays of every dtype, for every argument: correct values or a clear error."""

import io

import ml_dtypes
import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse as sp
from support.samples import blobs

from mixclust import GaussianMixture, KMeans, kmeans_plusplus
from mixclust._inputs.rows import check_rows

X = blobs(0, 60, 3, 3)
ROUNDED = np.rint(X)


def little(array):
    """A view of an array with a dtype that spells out the byte order of this machine."""
    order = "<" if np.little_endian else ">"
    return array.view(array.dtype.newbyteorder(order))


# The door ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cut", [np.s_[:], np.s_[::-2, ::-1], np.s_[:1, :1]], ids=str)
def test_a_byte_order_spelled_out_is_viewed_as_native(dtype, cut):
    spelled = little(X.astype(dtype))[cut]
    assert spelled.dtype.byteorder != "="
    spelled.flags.writeable = False
    rows = check_rows(spelled, None, reset=True)
    assert rows.dtype.byteorder == "="
    assert rows.dtype == dtype
    assert np.shares_memory(rows, spelled)
    np.testing.assert_array_equal(rows, spelled)
    assert spelled.dtype.byteorder != "="  # the array that was passed keeps its dtype


def test_a_byte_order_spelled_out_in_sparse_rows_is_viewed_as_native():
    csr = sp.csr_array(ROUNDED)
    csr.data, csr.indices, csr.indptr = map(little, (csr.data, csr.indices, csr.indptr))
    rows = check_rows(csr, None, reset=True)
    assert rows.data.dtype.byteorder == "="
    assert np.shares_memory(rows.data, csr.data)
    assert np.shares_memory(rows.indices, csr.indices)


def test_swapped_bytes_of_another_machine():
    # As astropy advises for FITS images: byteswap() and a new dtype.
    foreign = X.astype(">f8" if np.little_endian else "<f8")
    rows = check_rows(foreign.byteswap().view(foreign.dtype.newbyteorder()), None, reset=True)
    np.testing.assert_array_equal(rows, X)


def test_matrices_of_matlab():
    file = io.BytesIO()
    scipy.io.savemat(file, {"X": X, "single": X.astype("f4"), "sparse": sp.csc_matrix(X)})
    matrices = scipy.io.loadmat(file)
    for name in ("X", "single", "sparse"):
        found = KMeans(3, init=X[:3]).fit(matrices[name])
        expected = KMeans(3, init=X[:3]).fit(X)
        np.testing.assert_array_equal(found.labels_, expected.labels_)


def test_tables_of_stata(tmp_path):
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    frame.astype({"a": np.float32}).to_stata(tmp_path / "rows.dta", write_index=False)
    found = KMeans(3, init=X[:3]).fit(pd.read_stata(tmp_path / "rows.dta"))
    np.testing.assert_array_equal(found.labels_, KMeans(3, init=X[:3]).fit(X).labels_)


@pytest.mark.parametrize("name", ["bfloat16", "float8_e5m2", "float8_e4m3fn", "int4"])
def test_extension_dtypes_that_fit_float64(name):
    dtype = getattr(ml_dtypes, name)
    small = np.clip(ROUNDED, -8, 7)
    rows = check_rows(small.astype(dtype), None, reset=True)
    assert rows.dtype == np.float64
    np.testing.assert_array_equal(rows, small)


# Every other door ----------------------------------------------------------------------------

NUMBERS = {
    "spelled out": little,
    "spelled out float32": lambda array: little(array.astype(np.float32)),
    "big-endian": lambda array: array.astype(">f8"),
    "big-endian integers": lambda array: array.astype(">i4"),
    "float16": lambda array: array.astype(np.float16),
    "longdouble": lambda array: array.astype(np.longdouble),
    "objects": lambda array: array.astype(object),
    "text": lambda array: array.astype(str),
    "masked without a mask": lambda array: np.ma.array(array, mask=False),
    "read-only": lambda array: np.frombuffer(array.tobytes()).reshape(array.shape),
    "nested lists": lambda array: array.tolist(),
}
WEIGHTS = np.arange(len(X)) % 4.0
START = ROUNDED[:3]
RESP = np.eye(3)[np.arange(len(X)) % 3]


def answers(convert):
    """Answers of both estimators, with converted numbers in one argument at a time."""
    rows, weights = convert(ROUNDED), convert(WEIGHTS)
    kmeans = KMeans(3, init=START, tol=0).fit(ROUNDED)
    mixture = GaussianMixture(3, max_iter=5, tol=1e-9)
    yield KMeans(3, init=START, tol=0).fit(rows).inertia_
    yield KMeans(3, init=START, tol=0).fit(ROUNDED, sample_weight=weights).inertia_
    yield KMeans(3, init=convert(START), tol=0).fit(ROUNDED).inertia_
    yield kmeans_plusplus(rows, 3, sample_weight=weights, random_state=0)[1]
    yield kmeans.predict(rows)
    yield kmeans.score(rows, sample_weight=weights)
    yield kmeans.transform(rows)
    yield from kmeans.nearest_centers(rows)
    yield kmeans.silhouette_samples(rows)
    yield from mixture.fit(rows, resp_init=RESP).lower_bounds_
    yield from mixture.fit(ROUNDED, resp_init=RESP, sample_weight=weights).lower_bounds_
    yield mixture.fit(ROUNDED, resp_init=convert(RESP)).means_
    given = {"means_init": convert(START), "weights_init": [0.25, 0.5, 0.25]}
    given["precisions_init"] = convert(np.array([np.eye(3)] * 3))
    yield GaussianMixture(3, max_iter=5, tol=1e-9, **given).fit(ROUNDED).means_
    mixture.fit(ROUNDED, resp_init=RESP)
    yield mixture.predict(rows)
    yield mixture.predict_proba(rows)
    yield mixture.score(rows, sample_weight=weights)
    yield mixture.impute(rows)


@pytest.mark.filterwarnings("ignore::mixclust.ConvergenceWarning")
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_any_dtype_give_the_same_answers(name):
    found = answers(NUMBERS[name])
    for one, expected in zip(found, answers(np.asarray), strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-6, atol=1e-6)


NO_NUMBERS = {
    "complex": (lambda array: array.astype(complex), ValueError, "Complex data not supported: {}"),
    "dates": (lambda array: array.astype("M8[D]"), TypeError, r"{} has dtype datetime64\[D\]"),
    "durations": (lambda array: array.astype("m8[s]"), TypeError, r"{} has dtype timedelta64"),
    "void": (lambda array: array.view("V8"), TypeError, r"{} has dtype \|V8"),
    "dates as objects": (
        lambda array: np.array([*array.ravel().astype("M8[D]"), None])[:-1].reshape(array.shape),
        TypeError,
        "{} holds a value that is not a number",
    ),
    "masked": (lambda array: np.ma.array(array, mask=array == array.max()), ValueError, "{} has"),
}
DOORS = {
    "X": [
        lambda convert: KMeans(3).fit(convert(ROUNDED)),
        lambda convert: KMeans(3).fit(ROUNDED).predict(convert(ROUNDED)),
        lambda convert: GaussianMixture(3).fit(convert(ROUNDED)),
        lambda convert: GaussianMixture(1).fit(ROUNDED).score(convert(ROUNDED)),
    ],
    "sample_weight": [
        lambda convert: KMeans(3).fit(ROUNDED, sample_weight=convert(WEIGHTS)),
        lambda convert: KMeans(3).fit(ROUNDED).score(ROUNDED, sample_weight=convert(WEIGHTS)),
        lambda convert: GaussianMixture(3).fit(ROUNDED, sample_weight=convert(WEIGHTS)),
    ],
    "init": [lambda convert: KMeans(3, init=convert(START)).fit(ROUNDED)],
    "means_init": [lambda convert: GaussianMixture(3, means_init=convert(START)).fit(ROUNDED)],
    "resp_init": [lambda convert: GaussianMixture(3).fit(ROUNDED, resp_init=convert(RESP))],
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", NO_NUMBERS)
def test_dtypes_that_hold_no_numbers_are_refused_by_name(name, door):
    convert, kind, message = NO_NUMBERS[name]
    for call in DOORS[door]:
        with pytest.raises(kind, match=message.format(door)):
            call(convert)
