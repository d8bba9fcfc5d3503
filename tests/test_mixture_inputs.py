"""Whatever a mixture is given, it fits or says why not: part 10 of the guarantees."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mixtures import COVARIANCE_TYPES, PARAMETERS, fit_mixture, given_start
from samples import DTYPES, normal

from mixclust import ConvergenceWarning, GaussianMixture

# The same examples in every run, however slow the machine.
repeatable = settings(derandomize=True, deadline=None, max_examples=300)
TYPES = st.sampled_from(COVARIANCE_TYPES)
POLICIES = st.sampled_from(["floor", "restart", "drop"])
INITS = st.sampled_from(["auto", "kmeans", "k-means++", "random", "random_from_data"])


def check_fit(mixture, X, messages, **arguments):
    """A fit either says one of the messages or has finite results that agree with each other."""
    message = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            mixture.fit(X, **arguments)
        except (TypeError, ValueError) as error:
            message = str(error)
    if message is not None:
        assert any(expected in message for expected in messages), message
        assert not hasattr(mixture, "weights_")
        return
    for name in PARAMETERS:
        assert np.isfinite(getattr(mixture, name)).all(), name
    assert np.isfinite(mixture.lower_bounds_).all()
    assert mixture.weights_.sum() == pytest.approx(1)
    n_components = len(mixture.weights_)
    X = np.asarray(X, dtype=np.float64)
    labels, resp = mixture.predict(X), mixture.predict_proba(X)
    assert ((labels >= 0) & (labels < n_components)).all()
    np.testing.assert_allclose(resp.sum(axis=1), 1, rtol=1e-12)
    log_prob = mixture.score_samples(X)
    assert not np.isnan(log_prob).any()
    assert np.isfinite(log_prob[arguments.get("sample_weight", np.ones(len(X))) > 0]).all()
    assert mixture.entropy(X).max() <= np.log(n_components) + 1e-12
    assert "components" in repr(mixture.report_)


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


@given(
    X=hnp.arrays(
        ANY_DTYPE,
        st.one_of(
            hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=12),
            hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
        ),
    ),
    n_components=st.integers(1, 5),
    covariance_type=TYPES,
    init_params=INITS,
)
@repeatable
def test_any_array(X, n_components, covariance_type, init_params):
    mixture = GaussianMixture(
        n_components,
        covariance_type=covariance_type,
        init_params=init_params,
        max_iter=5,
        random_state=0,
    )
    check_fit(mixture, X, messages=("X", "n_components", "array"))


@given(
    X=hnp.arrays(
        st.sampled_from(DTYPES),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=20),
        elements={"allow_nan": False, "allow_infinity": False},
    ),
    n_components=st.integers(1, 6),
    covariance_type=TYPES,
    on_collapse=POLICIES,
    reg_covar=st.sampled_from(["auto", 0, 1e-6, 1.0]),
    data=st.data(),
)
@repeatable
def test_any_finite_rows(X, n_components, covariance_type, on_collapse, reg_covar, data):
    weights = hnp.arrays(np.float64, len(X), elements=st.floats(0, 1e300))
    sample_weight = data.draw(st.none() | weights)
    mixture = GaussianMixture(
        n_components,
        covariance_type=covariance_type,
        on_collapse=on_collapse,
        reg_covar=reg_covar,
        max_iter=8,
        random_state=0,
    )
    arguments = {} if sample_weight is None else {"sample_weight": sample_weight}
    messages = ("X spreads over", "n_components", "sample_weight")
    check_fit(mixture, X, messages=messages, **arguments)


@given(
    X=hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=12),
                 elements=st.integers(-3, 3)),
    n_components=st.integers(1, 4),
    covariance_type=TYPES,
    on_collapse=POLICIES,
    init_params=INITS,
)  # fmt: skip
@repeatable
def test_small_whole_numbers(X, n_components, covariance_type, on_collapse, init_params):
    """Duplicates, constant and dependent features, more components than distinct rows."""
    mixture = GaussianMixture(
        n_components,
        covariance_type=covariance_type,
        on_collapse=on_collapse,
        init_params=init_params,
        reg_covar="auto",
        random_state=0,
    )
    check_fit(mixture, X, messages=("n_components",))


HUGE, TINY = 1e200, 1e-200
EDGES = {
    "squares overflow": np.array([[0.0], [HUGE], [2 * HUGE]]),
    "differences overflow": np.array([[-1.7e308], [1.7e308], [0.0]]),
    "sums overflow": np.full((50, 2), 1.7e308),
    "squares underflow": np.array([[0.0], [TINY], [2 * TINY], [10 * TINY]]),
    "subnormal": np.array([[0.0], [5e-324], [1e-323], [1e-310]]),
    "largest float32": np.array([[-3.4e38], [3.4e38], [0.0]], dtype=np.float32),
    "smallest float32": np.array([[0.0], [1e-45], [3e-45]], dtype=np.float32),
    "signed zeros": np.array([[0.0], [-0.0], [0.0], [-0.0]]),
    "huge and tiny": np.array([[1e150, 1e-150], [0, 0], [-1e150, 1e-150], [1e-150, 1e-150]]),
    "one row": np.array([[1.0, 2.0]]),
    "small next to large": np.array([[0, 0], [1, 1e-140], [2, 3e-140], [3, 1e-140], [4, 0]]),
}


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
@pytest.mark.parametrize("name", EDGES)
def test_edges_of_the_number_range(name, covariance_type):
    X = EDGES[name]
    for n_components in (1, 2, 3):
        for reg_covar in ("auto", 0, 1e-6):
            mixture = GaussianMixture(
                n_components, covariance_type=covariance_type, reg_covar=reg_covar, random_state=0
            )
            check_fit(mixture, X, messages=("X spreads over", "n_components"))


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_far_rows_have_a_label_and_no_density(covariance_type):
    """However far: minus infinity, never NaN; labels with and without uncertainty agree."""
    X = normal(0, 100, 2) @ np.array([[2.0, 1.0], [0.0, 1.0]])
    mixture = fit_mixture(X, 2, covariance_type=covariance_type, random_state=0)
    with np.errstate(all="raise"):
        for size in (1e10, 1e100, 1e150, 1e160, 1e300, 1.7e308):
            far = size * np.array([[1.0, 0], [0, 1], [-1, 1], [1, 1], [-1, -1]])
            log_prob = mixture.score_samples(far)
            assert (log_prob < -1e15).all()
            assert not np.isnan(log_prob).any()
            resp = mixture.predict_proba(far)
            np.testing.assert_allclose(resp.sum(axis=1), 1)
            labels, uncertainty = mixture.predict(far, return_uncertainty=True)
            np.testing.assert_array_equal(labels, mixture.predict(far))
            np.testing.assert_array_equal(uncertainty, 1 - resp.max(axis=1))


# ---------------------------------------------------------------------------- what is refused


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
    "complex": np.zeros((3, 2), dtype=complex),
    "dates": np.zeros((3, 2), dtype="M8[s]"),
    "words": np.array([["a", "b"], ["c", "d"]]),
    "None among numbers": np.array([[None, 1.0], [2.0, 3.0]]),
    "ragged": [[1.0, 2.0], [3.0]],
    "a dict": {"a": [1.0, 2.0]},
}
METHODS = ("predict", "predict_proba", "score_samples", "score", "uncertainty", "entropy",
           "aic", "bic", "icl")  # fmt: skip


@pytest.mark.parametrize("name", BAD_ROWS)
def test_bad_rows(name):
    fitted = fit_mixture([[0.0], [1.0], [3.0]], 1)
    calls = [GaussianMixture(1).fit, *(getattr(fitted, method) for method in METHODS)]
    for call in calls:
        with pytest.raises((TypeError, ValueError), match=r"X|array|sequence"):
            call(BAD_ROWS[name])


BAD_WEIGHTS = {
    "negative": [1.0, -1.0, 1.0],
    "NaN": [1.0, np.nan, 1.0],
    "infinite": [1.0, np.inf, 1.0],
    "all zero": [0.0, 0.0, 0.0],
    "too few": [1.0, 1.0],
    "a column": [[1.0], [1.0], [1.0]],
    "text": ["a", "b", "c"],
    "sum overflows": [1.7e308] * 3,
}


@pytest.mark.parametrize("name", BAD_WEIGHTS)
def test_bad_weights(name):
    X = [[0.0], [1.0], [3.0]]
    fitted = fit_mixture(X, 1)
    for call in (GaussianMixture(1).fit, fitted.score, fitted.aic, fitted.bic, fitted.icl):
        with pytest.raises((TypeError, ValueError), match="sample_weight"):
            call(X, sample_weight=BAD_WEIGHTS[name])


@pytest.mark.parametrize("sample_weight", [None, [1.0, 1.0, 0.0, 0.0]])
def test_too_few_rows(sample_weight):
    X = np.arange(4.0)[:, np.newaxis][: 4 if sample_weight else 2]
    message = r"n_components=3 needs at least 3 rows of positive weight, but n_samples = 2"
    with pytest.raises(ValueError, match=message):
        GaussianMixture(3).fit(X, sample_weight=sample_weight)
    with pytest.raises(ValueError, match="n_samples = 1"):
        GaussianMixture(1).fit(X[:1])


BAD_STARTS = [
    # argument, value for K = 3 and 4 features, part of the message
    ("weights_init", [0.5, 0.5], r"weights_init should have the shape of \(3,\)"),
    ("weights_init", [0.5, 0.6, 0.2], "weights_init must be normalized"),
    ("weights_init", [1.5, -0.25, -0.25], "weights_init must be normalized"),
    ("weights_init", [np.nan, 0.5, 0.5], "weights_init contains NaN"),
    ("means_init", np.zeros((3, 3)), r"means_init should have the shape of \(3, 4\)"),
    ("means_init", np.full((3, 4), np.inf), "means_init contains infinity"),
    ("means_init", "nonsense", "means_init"),
    ("precisions_init", np.zeros((3, 4, 4)), "precisions_init must be symmetric, positive-def"),
    ("precisions_init", -np.eye(4)[np.newaxis].repeat(3, 0), "precisions_init must be symmetric"),
    ("precisions_init", np.eye(4), r"precisions_init should have the shape of \(3, 4, 4\)"),
]


@pytest.mark.parametrize(("name", "value", "message"), BAD_STARTS)
def test_bad_parameters_to_start_from(name, value, message):
    mixture = GaussianMixture(3, **{name: value})
    with pytest.raises((TypeError, ValueError), match=message):
        mixture.fit(normal(0, 30, 4))


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_precisions_that_are_not_symmetric_are_refused_in_any_unit(unit):
    precisions = (np.eye(3) + np.triu(np.full((3, 3), 0.3), 1))[np.newaxis] / unit**2
    with pytest.raises(ValueError, match="precisions_init must be symmetric"):
        GaussianMixture(1, precisions_init=precisions).fit(normal(0, 30, 3) * unit)


def test_a_warm_start_from_something_else_is_refused():
    X = normal(0, 100, 4)
    mixture = fit_mixture(X, 4, warm_start=True, random_state=0)
    before = dict(vars(mixture))
    with pytest.raises(ValueError, match="warm_start=True goes on from 4 features, but X has 3"):
        mixture.fit(X[:, :3])
    for name, value in [("covariance_type", "tied"), ("n_components", 3), ("n_components", 5)]:
        mixture.set_params(**{name: value})
        with pytest.raises(ValueError, match=f"warm_start=True goes on from .*{name}={value!r}"):
            mixture.fit(X)
        mixture.set_params(**{name: before[name]})
    assert vars(mixture) == before


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, ValueError])
@pytest.mark.parametrize("where", ["init_params", "callback"])
def test_estimator_is_what_it_was_after_an_error(where, error):
    def fail(*args, **kwargs):
        raise error

    fitted = fit_mixture(normal(0, 50, 2), 2, random_state=0)
    for mixture in (fitted.set_params(**{where: fail}), GaussianMixture(2, **{where: fail})):
        before = dict(vars(mixture))
        with pytest.raises(error):
            mixture.fit(normal(0, 100, 5))
        assert vars(mixture).keys() == before.keys()
        assert all(vars(mixture)[name] is value for name, value in before.items())


def test_given_start_is_copied():
    X = normal(0, 60, 3)
    start = given_start(X, 2, "full")
    before = {name: value.copy() for name, value in start.items()}
    fit_mixture(X, 2, max_iter=3, **start)
    for name, value in start.items():
        np.testing.assert_array_equal(value, before[name])
