"""Calls of every public method that is not about parameters, and read-only rows to try them on.

Each call is a function of a fitted estimator, rows and weights, which returns an array to compare.
"""

import copy

import numpy as np
import scipy.sparse as sp

from support.samples import blobs

K_MEANS = {
    "fit": lambda model, X, w: model.fit(X, sample_weight=w).inertia_,
    "fit_predict": lambda model, X, w: model.fit_predict(X, sample_weight=w),
    "fit_transform": lambda model, X, w: model.fit_transform(X, sample_weight=w),
    "predict": lambda model, X, w: model.predict(X),
    "transform": lambda model, X, w: model.transform(X),
    "score": lambda model, X, w: model.score(X, sample_weight=w),
    "nearest_centers": lambda model, X, w: np.hstack(model.nearest_centers(X)),
    "silhouette_samples": lambda model, X, w: model.silhouette_samples(X),
    "to_gaussian_mixture": lambda model, X, w: model.to_gaussian_mixture().means_,
    "save": lambda model, X, w: saved(model).cluster_centers_,
    "get_feature_names_out": lambda model, X, w: len(model.get_feature_names_out()),
}
MINI_BATCH = K_MEANS | {
    "partial_fit": lambda model, X, w: copy.copy(model).partial_fit(X, sample_weight=w).inertia_,
}
MIXTURE = {
    "fit": lambda model, X, w: model.fit(X, sample_weight=w).lower_bound_,
    "fit_predict": lambda model, X, w: model.fit_predict(X, sample_weight=w),
    "partial_fit": lambda model, X, w: copy.copy(model).partial_fit(X, sample_weight=w).means_,
    "predict": lambda model, X, w: np.stack(model.predict(X, return_uncertainty=True)),
    "predict_proba": lambda model, X, w: model.predict_proba(X),
    "score_samples": lambda model, X, w: model.score_samples(X),
    "score_samples_by_component": lambda model, X, w: model.score_samples_by_component(X),
    "score": lambda model, X, w: model.score(X, sample_weight=w),
    "uncertainty": lambda model, X, w: model.uncertainty(X),
    "entropy": lambda model, X, w: model.entropy(X),
    "bic": lambda model, X, w: model.bic(X, sample_weight=w),
    "aic": lambda model, X, w: model.aic(X, sample_weight=w),
    "icl": lambda model, X, w: model.icl(X, sample_weight=w),
    "impute": lambda model, X, w: model.impute(with_gaps(X)),
    "marginal": lambda model, X, w: model.marginal([1, 0]).predict_proba(X[:, [1, 0]]),
    "condition": lambda model, X, w: model.condition({0: 0.5}).means_,
    "sample": lambda model, X, w: model.sample(5)[0],
    "without_noise": lambda model, X, w: model.without_noise().predict_proba(X),
    "save": lambda model, X, w: saved(model).predict_proba(X),
    "from_parameters": lambda model, X, w: given(model).predict_proba(X),
}
# Answers about the Gaussians alone.
MIXTURE_WITH_NOISE = MIXTURE | {
    "impute": lambda model, X, w: model.without_noise().impute(with_gaps(X)),
    "marginal": lambda model, X, w: model.without_noise().marginal([1, 0]).means_,
    "condition": lambda model, X, w: model.without_noise().condition({0: 0.5}).means_,
    "from_parameters": lambda model, X, w: given(model.without_noise()).predict_proba(X),
}
# A stream does not go on from a fit with a prior.
MIXTURE_WITH_PRIOR = MIXTURE | {
    "partial_fit": lambda model, X, w: (
        type(model)(**model.get_params()).partial_fit(X, sample_weight=w).means_
    ),
}
CLASSIFIER = {
    "fit": lambda model, X, w: model.fit(X, sample_weight=w).lower_bound_,
    "fit_predict": lambda model, X, w: model.fit_predict(X, sample_weight=w),
    "predict": lambda model, X, w: model.predict(X),
    "predict_proba": lambda model, X, w: model.predict_proba(X),
    "predict_log_proba": lambda model, X, w: model.predict_log_proba(X),
    "decision_function": lambda model, X, w: model.decision_function(X),
    "log_densities": lambda model, X, w: model.log_densities(X),
    "score_samples": lambda model, X, w: model.score_samples(X),
    "score": lambda model, X, w: model.score(X, sample_weight=w),
    "bic": lambda model, X, w: model.bic(X, sample_weight=w),
    "aic": lambda model, X, w: model.aic(X, sample_weight=w),
    "sample": lambda model, X, w: model.sample(5)[0],
    "save": lambda model, X, w: saved(model).predict_proba(X),
}


def saved(model):
    """The model that was saved and loaded, in the present directory."""
    model.save("read-only.mixclust")
    return type(model).load("read-only.mixclust")


def given(model):
    """The mixture of the parameters of a fit."""
    return model.from_parameters(
        model.weights_,
        model.means_,
        model.covariances_,
        covariance_type=model.covariance_type,
    )


def with_gaps(X):
    """A read-only copy in which every third value of a feature is missing."""
    X = X.copy()
    X[::3, 1] = np.nan
    X.flags.writeable = False
    return X


def locked(array):
    """The array, which must not be written to any more."""
    array.flags.writeable = False
    return array


def lock(fitted):
    """Forbid that the fitted arrays are written to, as joblib's memory maps do."""
    for value in vars(fitted).values():
        if isinstance(value, np.ndarray):
            locked(value)
    return fitted


def rows_of(kind, n, dtype):
    """Rows and weights that must not be written to."""
    X = blobs(0, n, 5, 4, dtype)
    if kind == "CSR":
        X[np.abs(X) < 2] = 0
        X = sp.csr_array(X)
        for array in (X.data, X.indices, X.indptr):
            locked(array)
    else:
        locked(X)
    return X, locked(np.arange(n) % 3.0)
