"""scikit-learn's own checks of every estimator, and its tools around one.

`check_estimator` leaves out the checks of DataFrame columns and of outputs, and the checks of
clusterers for classes that do not inherit from its mixins; they are added here. No check is
skipped or expected to fail.
"""

import functools

import numpy as np
import pytest
import sklearn
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks
from sklearn.utils.validation import check_is_fitted
from support.contract import all_checks, run_check
from support.estimators import FAMILIES, each_case

import mixclust
from mixclust import GaussianMixture, GaussianMixtureIC, KMeans

BLOBS = np.random.RandomState(0).normal(size=(60, 4)) + np.repeat([[0], [8], [16]], 20, axis=0)

# Checks that check_estimator leaves out, or makes only for subclasses of ClusterMixin.
COMMON_CHECKS = [
    "check_clusterer_compute_labels_predict",
    "check_dataframe_column_names_consistency",
    "check_inplace_ensure_writeable",
    "check_n_features_in_after_fitting",
    "check_positive_only_tag_during_fit",
    "check_readonly_memmap_input",
]
CHECKS_OF_TRANSFORMERS = [
    "check_clustering",
    functools.partial(estimator_checks.check_clustering, readonly_memmap=True),
    "check_estimators_partial_fit_n_features",
    "check_get_feature_names_out_error",
    "check_global_output_transform_pandas",
    "check_global_set_output_transform_polars",
    "check_set_output_transform",
    "check_set_output_transform_pandas",
    "check_set_output_transform_polars",
    "check_transformer_get_feature_names_out",
    "check_transformer_get_feature_names_out_pandas",
]

# These checks compare fits on rows in different orders, hence with different random starts
# (scikit-learn expects its own KMeans to fail them): they are made from a given start instead.
GIVEN_MEANS = np.random.RandomState(42).rand(3, 30)
GIVEN_KMEANS = KMeans(3, init=GIVEN_MEANS)
GIVEN_MIXTURE = GaussianMixture(
    3,
    weights_init=np.full(3, 1 / 3),
    means_init=GIVEN_MEANS,
    precisions_init=np.ones(3),
    covariance_type="spherical",
)
ONE_COMPONENT = GaussianMixtureIC(1, covariance_type="EEI")
CHECKS = (
    all_checks(
        KMeans(),
        COMMON_CHECKS + CHECKS_OF_TRANSFORMERS,
        {
            "check_sample_weight_equivalence_on_dense_data": GIVEN_KMEANS,
            "check_sample_weight_equivalence_on_sparse_data": GIVEN_KMEANS,
        },
    )
    + all_checks(
        GaussianMixture(),
        COMMON_CHECKS,
        {"check_sample_weight_equivalence_on_dense_data": GIVEN_MIXTURE},
    )
    + all_checks(
        GaussianMixtureIC((1, 2, 3), covariance_type="full,diag,EEI"),
        COMMON_CHECKS,
        {"check_sample_weight_equivalence_on_dense_data": ONE_COMPONENT},
    )
)


@pytest.mark.parametrize(("estimator", "check"), CHECKS)
@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names:UserWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scikit_learn_check(estimator, check, monkeypatch):
    run_check(estimator, check, monkeypatch)


PARAMETERS = [
    pytest.param(case, method, name, id=f"{case.name}-{method}-{name}")
    for case in FAMILIES
    for method in ("fit", "fit_predict", "fit_transform")
    if hasattr(case.estimator, method)
    for name in case.estimator().get_params()
]


@pytest.mark.parametrize(
    "bad", [object(), -1, "nonsense", float("nan")], ids=["object", "negative", "text", "NaN"]
)
@pytest.mark.parametrize(("case", "method", "name"), PARAMETERS)
def test_bad_parameter_is_named(case, method, name, bad):
    estimator = case.estimator().set_params(**{name: bad})
    with pytest.raises((TypeError, ValueError), match=rf"\b{name}\b"):
        getattr(estimator, method)(BLOBS)


@pytest.mark.parametrize(**each_case(FAMILIES))
def test_not_fitted_is_caught_by_scikit_learns_name(case):
    names = [*case.answers, *case.totals]
    if hasattr(case.estimator, "sample"):
        names.append("sample")
    for name in names:
        arguments = () if name == "sample" else (BLOBS,)
        message = f"This {case.estimator.__name__} is not fitted yet"
        with pytest.raises(NotFittedError, match=message) as caught:
            getattr(case.estimator(), name)(*arguments)
        assert isinstance(caught.value, mixclust.NotFittedError)
    with pytest.raises(NotFittedError):
        check_is_fitted(case.estimator())
    check_is_fitted(case.fit(BLOBS, 2, n_init=1))


@pytest.mark.parametrize(**each_case(FAMILIES))
def test_convergence_warning_is_caught_by_scikit_learns_name(case):
    with pytest.warns(ConvergenceWarning) as caught:
        case.make(2, random_state=0, **case.unconverged).fit(case.unconverged_rows)
    assert issubclass(caught[0].category, mixclust.ConvergenceWarning)


@pytest.mark.parametrize(**each_case(FAMILIES))
def test_metadata_that_nobody_requested_is_an_error(case):
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=True)
        pipeline = make_pipeline(scaler, case.estimator(2))
        with pytest.raises(ValueError, match=r"\[sample_weight\] are passed but are not"):
            pipeline.fit(BLOBS, sample_weight=np.ones(60))
