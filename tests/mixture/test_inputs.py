"""Whatever a mixture is given, it fits or says why not: part 10 of the guarantees."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from support.mixtures import COVARIANCE_TYPES, PARAMETERS, fit_mixture
from support.samples import DTYPES, normal
from support.strategies import ANY_ARRAY

from mixclust import CollapseWarning, ConvergenceWarning, GaussianMixture

# The same examples in every run, however slow the machine.
repeatable = settings(derandomize=True, deadline=None, max_examples=300)
TYPES = st.sampled_from(COVARIANCE_TYPES)
POLICIES = st.sampled_from(["floor", "restart", "drop"])
INITS = st.sampled_from(["auto", "kmeans", "k-means++", "random", "random_from_data"])


def check_fit(mixture, X, messages, **arguments):
    """A fit either says one of the messages or has finite results that agree with each other."""
    message = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CollapseWarning)
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


@given(
    X=ANY_ARRAY,
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
