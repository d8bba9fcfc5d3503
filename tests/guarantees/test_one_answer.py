"""Promise 3: one answer for a row, in the fit and after it, alone and among others."""

import numpy as np
import pytest
from support.estimators import CASES, FORMS, each_entry
from support.estimators.case import answer_arrays
from support.samples import DTYPES, layouts


@pytest.mark.parametrize(**each_entry(CASES, "hard_rows"))
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.filterwarnings(
    "ignore::mixclust.ConvergenceWarning", "ignore::mixclust.CollapseWarning"
)
def test_predict_of_the_rows_that_were_fitted(dtype, case, name):
    X = case.hard_rows[name]().astype(dtype)
    for n_groups, options in case.fits:
        estimator = case.make(n_groups, n_init=1, random_state=1, **options)
        labels = estimator.fit_predict(X)
        np.testing.assert_array_equal(estimator.predict(X), labels)
        np.testing.assert_array_equal(getattr(estimator, "labels_", labels), labels)
        case.check_score(estimator, X)


@pytest.mark.parametrize(**each_entry(FORMS, "hard_rows"))
@pytest.mark.parametrize("dtype", DTYPES)
def test_answers_for_a_row_alone_and_among_others(dtype, case, name):
    X = case.hard_rows[name]().astype(dtype)
    n_groups, options = case.fits[0]
    fitted = case.fit(X, n_groups, random_state=1, **options)
    expected = answer_arrays(case, fitted, X)
    cuts = [np.s_[i : i + 1] for i in range(0, len(X), 17)] + [np.s_[107:190], np.s_[::-3]]
    for cut in cuts:
        for key, answer in answer_arrays(case, fitted, X[cut]).items():
            np.testing.assert_array_equal(answer, expected[key][cut], err_msg=str(key))
    for layout, rows in layouts(X).items():
        for key, answer in answer_arrays(case, fitted, rows).items():
            np.testing.assert_array_equal(answer, expected[key], err_msg=f"{key}, {layout}")
    np.testing.assert_array_equal(fitted.predict(X.astype(np.float64)), expected["predict", 0])
