"""Models of `to_onnx`, run by onnxruntime and by the evaluator of onnx."""

import json
import re
import sys

import numpy as np
import onnx
import onnx.checker
import onnx.reference
import pandas as pd
import pytest
from support.estimators import FORMS, each_case
from support.estimators.calls import lock, rows_of
from support.samples import DTYPES, blobs, normal, quiet_fit, whole_numbers

import mixclust
from mixclust import GaussianMixture, KMeans, MiniBatchKMeans, NotFittedError
from mixclust._estimator import onnx_graph
from mixclust._kmeans import to_onnx as centers_to_onnx
from mixclust._mixture.structures import covariance_types, structure_of

onnxruntime = pytest.importorskip("onnxruntime")

TYPES = ("float32", "float64")
OFFSETS = (0, 1e3, 1e5, 1e7)
MAX_TIE = 1e-13
"""Largest difference of two responsibilities, or relative difference of two distances, that may
be rounding."""
PROBABILITY_ERROR = {"float32": 1e-7, "float64": 1e-9}
HANDED_OVER = [case for case in FORMS if hasattr(case.estimator, "to_onnx")]


def run(model, X):
    """The outputs of a model by name, by onnxruntime."""
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"X": X}), strict=True))


def assert_same_labels(found, expected, values):
    """Labels are the same, but where the two largest values of a row are equal up to rounding.

    Returns the number of the rows that differ.
    """
    assert found.dtype == np.int64
    assert found.shape == expected.shape
    differ = found != expected
    second, first = np.sort(values[differ], axis=1)[:, -2:].T
    assert (first - second <= MAX_TIE * np.abs(first)).all()
    return np.count_nonzero(differ)


def both_kinds(dtype, offset, d=3):
    """Rows in clusters far apart, and random rows, at an offset."""
    rows = blobs(5, 600, d, 4), 4 * normal(1, 5000, d)
    return [(X + offset).astype(dtype) for X in rows]


# ---------------------------------------------------------------------------- answers


@pytest.mark.parametrize("estimator", [KMeans, MiniBatchKMeans])
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("offset", OFFSETS)
def test_labels_and_distances(offset, dtype, estimator):
    X, random = both_kinds(dtype, offset)
    kmeans = estimator(4, random_state=0).fit(X)
    model = kmeans.to_onnx(dtype)
    onnx.checker.check_model(model, full_check=True)
    n_different = 0
    for rows in (X, random):
        found, expected = run(model, rows), kmeans.transform(rows)
        n_different += assert_same_labels(found["label"], kmeans.predict(rows), -expected)
        assert found["scores"].dtype == dtype
        np.testing.assert_allclose(found["scores"], expected, rtol=3e-7)
    assert n_different == 0


@pytest.mark.parametrize("covariance_type", covariance_types())
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("offset", OFFSETS)
def test_labels_and_probabilities(offset, dtype, covariance_type):
    X, random = both_kinds(dtype, offset)
    mixture = quiet_fit(GaussianMixture(4, covariance_type=covariance_type, random_state=0), X)
    model = mixture.to_onnx(dtype, score_samples=True)
    onnx.checker.check_model(model, full_check=True)
    n_different = 0
    for rows in (X, random):
        found, expected = run(model, rows), mixture.predict_proba(rows)
        n_different += assert_same_labels(found["label"], mixture.predict(rows), expected)
        assert found["probabilities"].dtype == found["score_samples"].dtype == dtype
        error = PROBABILITY_ERROR[dtype]
        np.testing.assert_allclose(found["probabilities"], expected, rtol=0, atol=error)
        scores = mixture.score_samples(rows)
        np.testing.assert_allclose(found["score_samples"], scores, rtol=10 * error, atol=error)
    assert n_different == 0


@pytest.mark.parametrize("dtype", TYPES)
def test_noise_is_labelled_minus_one(dtype):
    X, random = both_kinds(dtype, 1e5)
    mixture = GaussianMixture(4, noise=True, random_state=0).fit(np.r_[X, random[:60]])
    found, labels = run(mixture.to_onnx(dtype), random), mixture.predict(random)
    assert (labels == -1).any()
    assert (labels >= 0).any()
    np.testing.assert_array_equal(found["label"], labels)
    expected = mixture.predict_proba(random)
    assert found["probabilities"].shape == expected.shape == (len(random), 5)
    error = PROBABILITY_ERROR[dtype]
    np.testing.assert_allclose(found["probabilities"], expected, rtol=0, atol=error)


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("covariance_type", covariance_types())
def test_few_features_and_components(d, covariance_type):
    X = blobs(2, 90, d, 3)
    for n_components in (1, 3):
        mixture = GaussianMixture(n_components, covariance_type=covariance_type, random_state=0)
        found = run(quiet_fit(mixture, X).to_onnx(), X)
        np.testing.assert_array_equal(found["label"], mixture.predict(X))
        expected = mixture.predict_proba(X)
        np.testing.assert_allclose(found["probabilities"], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("covariance_type", covariance_types())
def test_components_far_apart(covariance_type):
    """Squares that are expanded about the median of these means would have no digit left."""
    means = np.array([[0.0, 0], [3, 0], [-2, 2], [1e8, 0], [1e8, 2]])
    covariances, _ = structure_of(covariance_type).isotropic(1.0, 5, 2)
    mixture = GaussianMixture.from_parameters(
        np.full(5, 0.2), means, covariances, covariance_type=covariance_type
    )
    X = np.repeat(means, 100, axis=0) + normal(0, 500, 2)
    found = run(mixture.to_onnx(), X)
    np.testing.assert_array_equal(found["label"], mixture.predict(X))
    squares = np.sum((X[:, np.newaxis] - means) ** 2, axis=2)
    expected = np.exp((squares.min(axis=1, keepdims=True) - squares) / 2)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found["probabilities"], expected, rtol=0, atol=1e-12)
    # The frame of `predict_proba` has one origin for all components: 1e8 times the rounding.
    np.testing.assert_allclose(mixture.predict_proba(X), expected, rtol=0, atol=1e-7)


def test_a_component_without_weight():
    mixture = GaussianMixture.from_parameters([1.0, 0.0], [[0.0], [2.0]], [[[1.0]]] * 2)
    found = run(mixture.to_onnx(), np.array([[0.0], [2.0], [30.0]]))
    assert found["label"].tolist() == [0, 0, 0]
    assert found["probabilities"].tolist() == [[1.0, 0.0]] * 3


def test_ties_go_to_the_lowest_label():
    """Distances of whole numbers are exact: many rows are as far from two centres."""
    X = whole_numbers(0, 4000, 3)
    kmeans = KMeans(9, init=whole_numbers(1, 9, 3)).fit(X)
    kmeans.cluster_centers_ = whole_numbers(1, 9, 3)
    distances = np.sort(kmeans.transform(X), axis=1)
    assert np.count_nonzero(distances[:, 0] == distances[:, 1]) > 50
    for dtype in TYPES:
        found = run(kmeans.to_onnx(dtype), X.astype(dtype))
        np.testing.assert_array_equal(found["label"], kmeans.predict(X))


@pytest.mark.parametrize(
    "centers",
    [
        [[0.0, 0], [1, 0], [0, 1], [1e9, 0]],  # an outlier has a cluster of its own
        [[0.0, 0], [1, 0], [1e9, 0], [1e9, 1], [-1e9, 2], [-1e9, 3]],
        [[0.0, 0], [1e-130, 0], [0, 3e-130]],
        [[0.0, 0], [1e150, 0], [0, 3e150]],
        [[5.0, 5]],
        [[5.0, 5], [5, 5], [6, 5]],
    ],
    ids=["outlier", "two scales", "tiny", "huge", "one", "equal"],
)
def test_centers_of_any_range(centers):
    kmeans = quiet_fit(KMeans(len(centers), init=np.array(centers), max_iter=1), centers)
    generator = np.random.default_rng(0)
    about = kmeans.cluster_centers_[generator.integers(len(centers), size=500)]
    size = np.ptp(about, axis=0).max() or 1.0
    rows = about + generator.normal(size=(500, 2)) * min(1.0, size)
    found = run(kmeans.to_onnx(), rows)
    np.testing.assert_array_equal(found["label"], kmeans.predict(rows))
    atol = 1e-15 * size
    np.testing.assert_allclose(found["scores"], kmeans.transform(rows), rtol=1e-9, atol=atol)


def test_more_centers_than_a_table_holds(monkeypatch):
    X = normal(0, 3000, 4) + 1e5
    kmeans = KMeans(50, random_state=0, max_iter=3).fit(X)
    expected = run(kmeans.to_onnx(), X)
    monkeypatch.setattr(centers_to_onnx, "MAX_CENTERS_IN_TABLE", 49)
    found = run(kmeans.to_onnx(), X)
    assert len(kmeans.to_onnx().SerializeToString()) < 50 * 50 * 8
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("make", [KMeans, GaussianMixture])
def test_any_number_of_rows_and_another_evaluator(make):
    X = blobs(0, 300, 3, 3).astype(np.float32)
    fitted = make(3, random_state=0).fit(X)
    model = fitted.to_onnx("float32")
    expected = run(model, X)
    for n in (0, 1, 7):
        for name, values in run(model, X[:n]).items():
            np.testing.assert_allclose(values, expected[name][:n], rtol=1e-6, err_msg=name)
    for name, values in zip(
        expected, onnx.reference.ReferenceEvaluator(model).run(None, {"X": X}), strict=True
    ):
        np.testing.assert_allclose(values, expected[name], rtol=1e-6, atol=1e-30, err_msg=name)


@pytest.mark.parametrize("fitted", DTYPES)
@pytest.mark.parametrize("dtype", TYPES)
def test_the_type_of_the_input_is_not_that_of_the_fit(dtype, fitted, tmp_path):
    X = blobs(0, 300, 3, 3) + 1e5
    rows = X.astype(dtype)
    for estimator in (KMeans(3, random_state=0), GaussianMixture(3, random_state=0)):
        estimator.fit(X.astype(fitted)).save(tmp_path / "model")
        loaded = type(estimator).load(tmp_path / "model")
        labels = run(loaded.to_onnx(dtype), rows)["label"]
        np.testing.assert_array_equal(labels, estimator.predict(rows))


@pytest.mark.parametrize(**each_case(HANDED_OVER))
def test_read_only_fitted_arrays(case):
    X, weights = rows_of("dense", 60, np.float64)
    fitted = case.fit(X, 4, sample_weight=weights, random_state=0)
    expected = fitted.to_onnx().SerializeToString()
    assert lock(fitted).to_onnx().SerializeToString() == expected
    np.testing.assert_array_equal(run(fitted.to_onnx(), X)["label"], fitted.predict(X))


# ---------------------------------------------------------------------------- the model


@pytest.mark.parametrize("make", [KMeans, MiniBatchKMeans, GaussianMixture])
def test_names_types_and_metadata(make):
    X = pd.DataFrame(blobs(0, 90, 2, 2), columns=["Länge", "b"])
    fitted = make(2, random_state=0).fit(X)
    model = fitted.to_onnx("float32")
    assert (model.producer_name, model.producer_version) == ("mixclust", mixclust.__version__)
    assert [each.version for each in model.opset_import] == [13]
    properties = {each.key: each.value for each in model.metadata_props}
    assert json.loads(properties.pop("feature_names")) == ["Länge", "b"]
    assert properties == {"mixclust_version": mixclust.__version__, "estimator": make.__name__}
    second = "probabilities" if make is GaussianMixture else "scores"
    assert [each.name for each in model.graph.output] == ["label", second]
    (given,) = model.graph.input
    assert given.name == "X"
    assert given.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    rows, columns = given.type.tensor_type.shape.dim
    assert (rows.dim_param, columns.dim_value) == ("n_samples", 2)
    unnamed = make(2, random_state=0).fit(X.to_numpy()).to_onnx()
    assert "feature_names" not in {each.key for each in unnamed.metadata_props}


# ---------------------------------------------------------------------------- errors

UNFITTED = [KMeans(2), MiniBatchKMeans(2), GaussianMixture(2)]
FITTED = [KMeans(1).fit([[0.0], [1.0]]), GaussianMixture(1).fit([[0.0], [1.0]])]


@pytest.mark.parametrize("estimator", UNFITTED, ids=repr)
def test_before_fit(estimator):
    with pytest.raises(NotFittedError, match="is not fitted yet; call fit"):
        estimator.to_onnx()


@pytest.mark.parametrize("estimator", FITTED, ids=repr)
def test_types_that_are_refused(estimator):
    expected = "dtype='float16' must be one of 'float32', 'float64'"
    with pytest.raises(ValueError, match=expected):
        estimator.to_onnx("float16")
    for dtype in (np.float16, np.dtype("f2"), np.dtype("i4"), np.int64, float, None, np.floating):
        with pytest.raises((TypeError, ValueError), match=r"dtype.*must be one of 'float32'"):
            estimator.to_onnx(dtype)


@pytest.mark.parametrize("estimator", FITTED, ids=repr)
def test_dtypes_of_numpy_are_types(estimator):
    rows = np.zeros((1, 1))
    for name in TYPES:
        expected = estimator.to_onnx(name).SerializeToString()
        swapped = np.dtype(name).newbyteorder()
        for dtype in (np.dtype(name), getattr(np, name), rows.astype(name).dtype, swapped):
            assert estimator.to_onnx(dtype).SerializeToString() == expected


def test_score_samples_is_a_bool():
    with pytest.raises(TypeError, match="score_samples must be True or False, got 1"):
        FITTED[1].to_onnx(score_samples=1)


@pytest.mark.parametrize("estimator", FITTED, ids=repr)
def test_without_onnx(estimator, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx.helper", None)
    expected = re.escape("run: pip install 'mixclust[onnx]'")
    with pytest.raises(ImportError, match=f"to_onnx needs onnx, which cannot be.*{expected}"):
        estimator.to_onnx()


@pytest.mark.parametrize("estimator", FITTED, ids=repr)
def test_models_that_no_file_can_hold(estimator, monkeypatch):
    monkeypatch.setattr(onnx_graph, "MAX_BYTES", 7)
    with pytest.raises(ValueError, match=r"take .* GiB, but an ONNX file holds at most 2 GiB; fit"):
        estimator.to_onnx()
