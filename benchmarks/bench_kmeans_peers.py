"""Calls of each library for the same k-means work: same start, iterations and stopping rule.

Each public function returns a dict of callables by library; the value of a library that is not
installed is None.
"""

import math

import numpy as np
from bench_helpers import N_THREADS, Answer, nearest, optional_module
from bench_report import OURS

SKLEARN, ELKAN = "scikit-learn lloyd", "scikit-learn elkan"
ONEDAL = "scikit-learn-intelex"
FAISS, OPENCV = "faiss", "OpenCV"
EXACT = (SKLEARN, ELKAN, ONEDAL)


mixclust = optional_module("mixclust")
sklearn_cluster = optional_module("sklearn.cluster")
daal4py = optional_module("daal4py")
sklearnex_cluster = optional_module("sklearnex.cluster")
onedal_cluster = optional_module("onedal.cluster")
faiss = optional_module("faiss")
cv2 = optional_module("cv2")

MISSING = [
    name
    for name, module in {
        SKLEARN: sklearn_cluster,
        ONEDAL: sklearnex_cluster,
        FAISS: faiss,
        OPENCV: cv2,
    }.items()
    if module is None
]

if daal4py is not None:
    daal4py.daalinit(N_THREADS)
if faiss is not None:
    faiss.omp_set_num_threads(N_THREADS)
if cv2 is not None:
    cv2.setNumThreads(N_THREADS)


def estimators(ours):
    """List the four estimators with the interface of scikit-learn: name -> (class, arguments)."""
    found = {
        OURS: (mixclust, {"algorithm": ours, "n_threads": N_THREADS}),
        SKLEARN: (sklearn_cluster, {"algorithm": "lloyd"}),
        ELKAN: (sklearn_cluster, {"algorithm": "elkan"}),
        ONEDAL: (sklearnex_cluster, {"algorithm": "lloyd"}),
    }
    return {
        name: (module.KMeans, options) if module else None
        for name, (module, options) in found.items()
    }


def fits(X, start, *, ours, max_iter, tol):
    """Make whole fits of `X` from the centres `start`; faiss only for dense float32.

    faiss has no stopping rule by default and runs all `max_iter` iterations. It makes no last
    assignment, unlike the others.
    """

    def estimator(KMeans, options):
        def fit():
            arguments = {"init": start, "n_init": 1, "max_iter": max_iter, "tol": tol, **options}
            model = KMeans(len(start), **arguments).fit(X)
            return Answer(model.cluster_centers_, n_iter=model.n_iter_)

        return fit

    calls = {name: found and estimator(*found) for name, found in estimators(ours).items()}
    if isinstance(X, np.ndarray) and X.dtype == np.float32:
        calls[FAISS] = faiss and (lambda: _faiss_fit(X, start, max_iter))
    return calls


def _faiss_fit(X, start, max_iter, k=None, n_init=1):
    # No subsampling: by default faiss takes 256 rows a centre.
    model = faiss.Kmeans(
        X.shape[1],
        k or len(start),
        niter=max_iter,
        nredo=n_init,
        min_points_per_centroid=1,
        max_points_per_centroid=len(X),
    )
    model.train(X, init_centroids=start)
    return Answer(model.centroids, n_iter=max_iter)


def opencv_fit(X, start, max_iter):
    """Make a fit of OpenCV from the labels of `start`.

    The labels are computed before the clock starts, which saves OpenCV one assignment.
    """
    labels = nearest(X, start)[0].astype(np.int32)[:, None]
    stop = (cv2.TERM_CRITERIA_MAX_ITER, max_iter, 0.0)

    def fit():
        flags = cv2.KMEANS_USE_INITIAL_LABELS
        _, _, centers = cv2.kmeans(X, len(start), labels.copy(), stop, 1, flags)
        return Answer(centers, n_iter=max_iter)

    return fit


def restarts(X, k, n_init):
    """Make whole default fits with `n_init` starts by the k-means++ of each library."""
    X32 = X.astype(np.float32)
    tol = 1e-4 * float(np.mean(np.var(X, axis=0)))

    def estimator(KMeans, options):
        def fit():
            model = KMeans(k, n_init=n_init, random_state=0, **options).fit(X)
            return Answer(model.cluster_centers_, n_iter=model.n_iter_)

        return fit

    def opencv():
        stop = (cv2.TERM_CRITERIA_MAX_ITER | cv2.TERM_CRITERIA_EPS, 300, math.sqrt(tol))
        cv2.setRNGSeed(0)
        _, _, centers = cv2.kmeans(X32, k, None, stop, n_init, cv2.KMEANS_PP_CENTERS)
        return Answer(centers)

    calls = {name: found and estimator(*found) for name, found in estimators("auto").items()}
    calls[FAISS] = faiss and (lambda: _faiss_fit(X32, None, 25, k, n_init))
    calls[OPENCV] = cv2 and opencv
    return calls


def seedings(X, k):
    """Make runs of greedy k-means++ alone, with 2 + floor(ln k) trials a step in each library."""
    trials = 2 + int(math.log(k))

    def sklearn_style(kmeans_plusplus, **options):
        def seed():
            options["random_state"] = 0
            return Answer(kmeans_plusplus(X, k, n_local_trials=trials, **options)[0])

        return seed

    return {
        OURS: mixclust and sklearn_style(mixclust.kmeans_plusplus, n_threads=N_THREADS),
        SKLEARN: sklearn_cluster and sklearn_style(sklearn_cluster.kmeans_plusplus),
        ONEDAL: onedal_cluster and sklearn_style(onedal_cluster.kmeans_plusplus),
    }


def predictions(X, start, *, n_calls=None):
    """Make predictions of all rows in one call, or of the first `n_calls` rows one at a time."""

    def timed(predict):
        if n_calls is None:
            return lambda: Answer(labels=predict(X))
        rows = [X[i : i + 1] for i in range(n_calls)]
        return lambda: Answer(labels=np.concatenate([predict(row) for row in rows]))

    def estimator(KMeans, options):
        model = KMeans(len(start), init=start, n_init=1, max_iter=1, tol=0.0, **options)
        model.fit(np.repeat(start, 2, axis=0))  # The centres are `start`.
        return timed(model.predict)

    calls = {name: found and estimator(*found) for name, found in estimators("auto").items()}
    del calls[ELKAN]  # The algorithm makes no difference to predict.
    if X.dtype == np.float32 and faiss is not None:
        index = faiss.IndexFlatL2(X.shape[1])
        index.add(start)
        calls[FAISS] = timed(lambda rows: index.search(rows, 1)[1][:, 0])
    elif X.dtype == np.float32:
        calls[FAISS] = None
    return calls
