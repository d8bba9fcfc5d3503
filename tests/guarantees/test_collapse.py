"""Promise 13: groups that lose their rows are handled and reported, never left in silence."""

import numpy as np
import pytest
from support.estimators import STARTLESS, each_case
from support.samples import DTYPES, normal


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(**each_case(STARTLESS))
def test_fewer_distinct_rows_than_groups_are_reported(case, dtype):
    X = np.repeat(normal(0, 4, 3, dtype=dtype), 25, axis=0) + dtype(0.1)
    for seed in range(5):
        estimator = case.make(7, n_init=2, random_state=seed)
        with pytest.warns(case.collapse, match=case.collapse_message) as caught:
            estimator.fit(X)
        assert caught[0].filename == (case.fits_through or __file__)
        case.check_collapse(estimator)
        for name in case.fitted:
            assert np.isfinite(getattr(estimator, name)).all(), name
        case.check_fit(estimator, X, None)
