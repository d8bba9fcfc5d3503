"""Hand-overs and starts from fitted arrays that must not be written to, as joblib's are not.

Promise 7 for the methods that need scikit-learn; guarantees/test_inputs_in_place.py tries the rest.
"""

import numpy as np
import pytest
from support.estimators import FORMS, each_case
from support.estimators.calls import lock, locked, rows_of
from support.samples import DTYPES

from mixclust import GaussianMixture, KMeans, k_means, kmeans_plusplus


@pytest.mark.parametrize(**each_case([c for c in FORMS if hasattr(c.estimator, "to_sklearn")]))
@pytest.mark.parametrize("dtype", DTYPES)
def test_hand_overs(dtype, case):
    X, weights = rows_of("dense", 40, dtype)
    fitted = lock(case.fit(X, 4, sample_weight=weights, max_iter=2, random_state=0))
    if hasattr(fitted, "noise_weight_"):
        fitted = lock(fitted.without_noise())
    theirs = lock(fitted.to_sklearn())
    np.testing.assert_array_equal(theirs.predict(X), fitted.predict(X))
    if hasattr(case.estimator, "from_sklearn"):
        again = case.estimator.from_sklearn(theirs)
        np.testing.assert_array_equal(getattr(again, case.centers), getattr(fitted, case.centers))


def test_starts_from_fitted_arrays():
    X, weights = rows_of("dense", 40, np.float64)
    kmeans = lock(KMeans(4, random_state=0).fit(X))
    assert KMeans(4, init=kmeans.cluster_centers_).fit(X).inertia_ == kmeans.inertia_
    mixture = lock(GaussianMixture(2, random_state=0).fit(X))
    given = {"means_init": mixture.means_, "weights_init": mixture.weights_}
    again = GaussianMixture(2, precisions_init=mixture.precisions_, **given).fit(X)
    assert again.lower_bound_ >= mixture.lower_bound_ - 1e-9
    labels = locked(mixture.predict(X))
    assert GaussianMixture(2).fit(X, resp_init=labels).predict(X).tolist() == labels.tolist()
    lock(mixture.set_params(warm_start=True)).fit(X)
    assert k_means(X, 4, sample_weight=weights, random_state=0)[2] > 0
    assert len(kmeans_plusplus(X, 4, sample_weight=weights, random_state=0)[1]) == 4
