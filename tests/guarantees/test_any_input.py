"""Promise 10: every input gives right results or a clear error, never a crash, hang or NaN."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from support.bad_inputs import BAD_ROWS, BAD_WEIGHTS
from support.estimators import FORMS, STARTLESS, each_case
from support.estimators.case import answer_arrays
from support.samples import DTYPES, normal, quiet_fit
from support.strategies import ANY_ARRAY, repeatable

from mixclust import NotFittedError


def drawn(data, case):
    """A case with options that hypothesis draws."""
    return {name: data.draw(st.sampled_from(values), name) for name, values in case.drawn.items()}


def check_fit(case, estimator, X, messages, sample_weight=None):
    """A fit either says one of the messages or has finite results that agree with each other."""
    message = None
    try:
        quiet_fit(estimator, X, sample_weight=sample_weight)
    except (TypeError, ValueError) as error:
        message = str(error)
    if message is not None:
        assert any(expected in message for expected in messages), message
        assert not hasattr(estimator, case.fitted[0])
        return
    for name in case.fitted:
        assert np.isfinite(getattr(estimator, name)).all(), name
    n_groups = len(getattr(estimator, case.fitted[0]))
    labels = estimator.predict(np.asarray(X, dtype=np.float64))
    assert ((labels >= case.least_label) & (labels < n_groups)).all()
    case.check_fit(estimator, X, sample_weight)


@pytest.mark.parametrize(**each_case(STARTLESS))
@repeatable(100)
@given(X=ANY_ARRAY, n_groups=st.integers(1, 5), data=st.data())
def test_any_array(case, X, n_groups, data):
    estimator = case.make(n_groups, random_state=0, **drawn(data, case))
    check_fit(case, estimator, X, messages=("X", case.n_groups, "array"))


@pytest.mark.parametrize(**each_case(STARTLESS))
@repeatable(100)
@given(
    X=hnp.arrays(
        st.sampled_from(DTYPES),
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=20),
        elements={"allow_nan": False, "allow_infinity": False},
    ),
    n_groups=st.integers(1, 6),
    data=st.data(),
)
def test_any_finite_rows(case, X, n_groups, data):
    weights = hnp.arrays(np.float64, len(X), elements=st.floats(0, 1e300))
    sample_weight = data.draw(st.none() | weights)
    estimator = case.make(n_groups, random_state=0, **drawn(data, case))
    messages = ("X spreads over", case.n_groups, "sample_weight")
    check_fit(case, estimator, X, messages, sample_weight)


@pytest.mark.parametrize(**each_case(STARTLESS))
@repeatable(100)
@given(
    X=hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=12),
                 elements=st.integers(-3, 3)),
    n_groups=st.integers(1, 4),
    data=st.data(),
)  # fmt: skip
def test_small_whole_numbers(case, X, n_groups, data):
    """Duplicates, constant and dependent features, more groups than distinct rows."""
    estimator = case.make(n_groups, random_state=0, **drawn(data, case))
    check_fit(case, estimator, X, messages=(case.n_groups,))


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


@pytest.mark.parametrize(**each_case(STARTLESS))
@pytest.mark.parametrize("name", EDGES)
def test_edges_of_the_number_range(name, case):
    X = EDGES[name]
    for n_groups in (1, 2, 3):
        for options in case.edge_options:
            estimator = case.make(n_groups, n_init=2, random_state=0, **options)
            check_fit(case, estimator, X, messages=("X spreads over", case.n_groups))


THREE_ROWS = [[0.0], [1.0], [3.0]]


@pytest.mark.parametrize(**each_case(FORMS))
@pytest.mark.parametrize("name", BAD_ROWS)
def test_bad_rows_are_refused(name, case):
    fitted = case.fit(THREE_ROWS, 2, random_state=0)
    answers = [getattr(fitted, method) for method in case.answers + case.totals]
    for call in (case.make(1).fit, *answers):
        with pytest.raises((TypeError, ValueError), match=r"X|array|sequence"):
            call(BAD_ROWS[name])


@pytest.mark.parametrize(**each_case(FORMS))
@pytest.mark.parametrize("name", BAD_WEIGHTS)
def test_bad_weights_are_refused(name, case):
    fitted = case.fit(THREE_ROWS, 2, random_state=0)
    for call in (case.make(2).fit, *(getattr(fitted, total) for total in case.totals)):
        with pytest.raises((TypeError, ValueError), match="sample_weight"):
            call(THREE_ROWS, sample_weight=BAD_WEIGHTS[name])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("n_groups", [1, 3])
@pytest.mark.parametrize(**each_case(FORMS))
def test_one_value_that_is_not_finite_is_refused_wherever_it_is(case, n_groups, value):
    X = normal(0, 200, 5)
    fitted = case.fit(X, n_groups, random_state=0)
    names = set(case.answers + case.totals) - set(case.need_two_groups if n_groups == 1 else ())
    for row, column in [(0, 0), (47, 4), (199, 2)]:
        for dtype in DTYPES:
            bad = X.astype(dtype)
            bad[row, column] = value
            for name in names:
                with pytest.raises(ValueError, match=r"X contains (NaN|infinity)"):
                    getattr(fitted, name)(bad)


@pytest.mark.parametrize(**each_case(FORMS))
def test_any_dtype_is_answered_after_a_fit_of_another(case):
    X = np.random.default_rng(0).integers(-50, 50, (200, 3))
    codes = ("i1", "i2", "i8", "f2", "f4", "f8", ">f4", ">f8", "g", object)
    for fitted_code in codes:
        fitted = case.fit(X.astype(fitted_code), 3, random_state=0, max_iter=20)
        expected = fitted.predict(X)
        for code in codes:
            np.testing.assert_array_equal(fitted.predict(X.astype(code)), expected)
            for answer in answer_arrays(case, fitted, X.astype(code)).values():
                assert np.isfinite(answer).all()


@pytest.mark.parametrize(**each_case(FORMS))
def test_answers_need_a_fit_and_its_features(case):
    X, class_name = normal(0, 60, 4), case.estimator.__name__
    fitted = case.fit(X, 2, random_state=0)
    for name in case.answers + case.totals:
        with pytest.raises(NotFittedError, match=f"This {class_name} is not fitted yet"):
            getattr(case.make(2), name)(X)
        message = f"X has 3 features, but {class_name} is expecting 4 features"
        with pytest.raises(ValueError, match=message):
            getattr(fitted, name)(X[:, :3])
