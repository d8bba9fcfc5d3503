"""Promise 7: inputs are never modified, and rows of float32 and float64 are read in place."""

import joblib
import numpy as np
import pytest
from support.estimators import CASES, FORMS, SELECTIONS, each_case, each_entry
from support.estimators.calls import lock, locked, rows_of
from support.estimators.case import answer_arrays
from support.samples import DTYPES, blobs, fitted_hash, layouts

FEW, MANY = 40, 20_000  # rows that are answered singly, and rows that make a pass


@pytest.mark.parametrize(**each_case(CASES))
@pytest.mark.parametrize("dtype", DTYPES)
def test_any_layout_gives_the_same_bits_and_stays_as_it_was(dtype, case, tmp_path):
    X = blobs(0, 1500, 5, 4, dtype)
    sample_weight = locked(np.random.default_rng(0).uniform(size=1500))
    start = locked(case.given_start(X, 4))
    expected = fitted_hash(case.fit_from(X, start, sample_weight=sample_weight, max_iter=4))
    mapped = np.memmap(tmp_path / "X", dtype=dtype, mode="w+", shape=X.shape)
    mapped[:] = X
    mapped.flush()
    mapped = np.memmap(tmp_path / "X", dtype=dtype, mode="r", shape=X.shape)
    unaligned = np.empty(X.nbytes + 1, dtype=np.uint8)[1:].view(dtype).reshape(X.shape)
    unaligned[:] = X
    assert not unaligned.flags.aligned
    more = {"read-only memmap": mapped, "not aligned": unaligned}
    arguments = sample_weight.tobytes(), start.tobytes()
    for name, rows in (layouts(X) | more).items():
        before = rows.tobytes(), rows.flags.writeable
        fitted = case.fit_from(rows, start, sample_weight=sample_weight, max_iter=4)
        assert fitted_hash(fitted) == expected, name
        answer_arrays(case, fitted, rows, case.answers + case.totals)
        for total in case.totals:
            getattr(fitted, total)(rows, sample_weight=sample_weight)
        assert (rows.tobytes(), rows.flags.writeable) == before, name
        assert (sample_weight.tobytes(), start.tobytes()) == arguments, name


# Read-only memory ----------------------------------------------------------------------------


ABOUT_PARAMETERS = {
    "get_params", "set_params", "get_metadata_routing", "set_output", "set_callbacks", "load"
}  # fmt: skip
# In estimator/test_read_only.py and estimator/test_onnx.py.
HAND_OVERS = {"to_sklearn", "from_sklearn", "to_onnx"}


@pytest.mark.parametrize(**each_case((*FORMS, *SELECTIONS)))
def test_every_public_method_is_tried(case):
    estimator = case.estimator
    public = {name for name in dir(estimator) if name[0] != "_" and hasattr(estimator, name)}
    public = {name for name in public if name[-1] != "_"}  # properties that a fit sets
    requests = {name for name in public if name.endswith("_request")}
    assert case.calls.keys() == public - requests - ABOUT_PARAMETERS - HAND_OVERS


@pytest.mark.parametrize(**each_entry((*FORMS, *SELECTIONS), "calls"))
@pytest.mark.parametrize("n", [FEW, MANY])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.filterwarnings(
    "ignore::mixclust.ConvergenceWarning", "ignore::mixclust.CollapseWarning"
)
def test_read_only_rows_and_fitted_arrays(dtype, n, case, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for kind in ("dense", "CSR") if case.takes_sparse else ("dense",):
        X, weights = rows_of(kind, n, dtype)
        fitted = case.fit(X, 4, sample_weight=weights, max_iter=2, random_state=0)
        expected = case.calls[name](fitted, X, weights)
        np.testing.assert_array_equal(case.calls[name](lock(fitted), X, weights), expected)


@pytest.mark.parametrize(**each_case((*FORMS, *SELECTIONS)))
def test_memory_maps_of_joblib(case, tmp_path):
    for kind in ("dense", "CSR") if case.takes_sparse else ("dense",):
        X, _ = rows_of(kind, FEW, np.float64)
        fitted = case.fit(X, 4, random_state=0)
        joblib.dump((fitted, X), tmp_path / "model.joblib")
        mapped, rows = joblib.load(tmp_path / "model.joblib", mmap_mode="r")
        assert not getattr(mapped, case.fitted[0]).flags.writeable
        names = case.answers + case.totals
        expected = answer_arrays(case, fitted, X, names)
        for key, answer in answer_arrays(case, mapped, rows, names).items():
            np.testing.assert_array_equal(answer, expected[key], err_msg=str(key))
