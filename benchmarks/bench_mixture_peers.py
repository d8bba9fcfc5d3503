"""Calls of each library for the same mixture: same start and iterations."""

import numpy as np
from bench_helpers import N_THREADS, Answer, optional_module
from bench_report import OURS

SKLEARN, ONEDAL = "scikit-learn", "oneDAL"


mixclust = optional_module("mixclust")
sklearn_mixture = optional_module("sklearn.mixture")
daal4py = optional_module("daal4py")

MISSING = [
    name for name, module in {SKLEARN: sklearn_mixture, ONEDAL: daal4py}.items() if module is None
]

if daal4py is not None:
    daal4py.daalinit(N_THREADS)


def iterations(X, start, covariance_type, n_iter):
    """Make fits of `n_iter` iterations from `start`: weights, means and precisions."""
    weights, means, precisions = start

    def estimator(module, **options):
        def fit():
            model = module.GaussianMixture(
                len(weights),
                covariance_type=covariance_type,
                weights_init=weights,
                means_init=means,
                precisions_init=precisions,
                max_iter=n_iter,
                tol=0.0,
                reg_covar=1e-6,
                **options,
            ).fit(X)
            return answer_of(model)

        return fit

    calls = {
        OURS: mixclust and estimator(mixclust, n_threads=N_THREADS),
        SKLEARN: sklearn_mixture and estimator(sklearn_mixture),
    }
    if covariance_type in ("full", "diag"):
        calls[ONEDAL] = daal4py and _onedal(X, start, covariance_type, n_iter)
    return calls


def _onedal(X, start, covariance_type, n_iter):
    weights, means, precisions = start
    full = covariance_type == "full"
    covariances = np.linalg.inv(precisions) if full else 1 / precisions
    dtype = X.dtype
    given = [np.ascontiguousarray(c.astype(dtype).reshape(-1, X.shape[1])) for c in covariances]
    algorithm = daal4py.em_gmm(
        nComponents=len(weights),
        fptype="float" if dtype == np.float32 else "double",
        maxIterations=n_iter,
        accuracyThreshold=0.0,
        covarianceStorage="full" if full else "diagonal",
    )

    def fit():
        found = algorithm.compute(X, weights[None].astype(dtype), means.astype(dtype), given)
        shaped = np.array([np.asarray(c, dtype=np.float64) for c in found.covariances])
        return Answer(
            centers=(
                np.asarray(found.weights, dtype=np.float64).ravel(),
                np.asarray(found.means, dtype=np.float64),
                shaped if full else shaped[:, 0],
            ),
            n_iter=int(found.nIterations[0, 0]),
        )

    return fit


def whole_fits(X, n_components, *, ours, theirs):
    """Make whole fits with the default start of each library."""

    def estimator(module, options):
        return lambda: answer_of(
            module.GaussianMixture(n_components, random_state=0, **options).fit(X)
        )

    return {
        OURS: mixclust and estimator(mixclust, ours | {"n_threads": N_THREADS}),
        SKLEARN: sklearn_mixture and estimator(sklearn_mixture, theirs),
    }


def responsibilities(X, start, n_calls=None):
    """Make calls of `predict_proba` for all rows, or for the first `n_calls` rows one at a time."""

    def estimator(module, **options):
        weights, means, precisions = start
        model = module.GaussianMixture(
            len(weights),
            weights_init=weights,
            means_init=means,
            precisions_init=precisions,
            max_iter=1,
            **options,
        ).fit(X[:20_000])
        if n_calls is None:
            return lambda: Answer(labels=model.predict_proba(X))
        rows = [X[i : i + 1] for i in range(n_calls)]
        return lambda: Answer(labels=np.vstack([model.predict_proba(row) for row in rows]))

    return {
        OURS: mixclust and estimator(mixclust, n_threads=N_THREADS, reg_covar=1e-6),
        SKLEARN: sklearn_mixture and estimator(sklearn_mixture),
    }


def answer_of(model):
    """Give the weights, means and covariances of an estimator, and its number of iterations."""
    return Answer(centers=(model.weights_, model.means_, model.covariances_), n_iter=model.n_iter_)


def log_likelihood(X, answer, n_rows=20_000):
    """Compute the mean log-likelihood of the first rows in float64 NumPy, to judge an answer."""
    weights, means, covariances = (np.asarray(a, dtype=np.float64) for a in answer.centers)
    rows = np.asarray(X[:n_rows], dtype=np.float64)
    n_components, d = means.shape
    if covariances.ndim == 1:
        covariances = covariances[:, None, None] * np.eye(d)
    elif covariances.shape == (n_components, d) and covariances.shape != (d, d):
        covariances = covariances[:, :, None] * np.eye(d)
    covariances = np.broadcast_to(covariances, (n_components, d, d))
    factors = np.linalg.cholesky(covariances)
    log_prob = np.empty((n_components, len(rows)))
    for k in range(n_components):
        y = np.linalg.solve(factors[k], (rows - means[k]).T)
        log_det = 2 * np.log(np.diagonal(factors[k])).sum()
        log_prob[k] = np.log(weights[k]) - 0.5 * (
            d * np.log(2 * np.pi) + log_det + np.sum(y * y, axis=0)
        )
    largest = log_prob.max(axis=0)
    return float(np.mean(largest + np.log(np.exp(log_prob - largest).sum(axis=0))))
