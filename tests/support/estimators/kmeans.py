"""KMeans under each of its algorithms."""

import numpy as np

from mixclust import ConvergenceWarning, KMeans
from support.bad_inputs import HARD_ROWS
from support.samples import normal

from . import calls
from .case import Budget, Case, LongWork, Resident


def fit_of_three_iterations(**options):
    """Work of a budget: a fit of 12 clusters."""

    def work(case, X):
        start = options.get("init", X[:12].copy())
        kmeans = KMeans(12, **{"init": start, "n_init": 1, "max_iter": 3} | options)
        return lambda: kmeans.set_params(random_state=0).fit(X)

    return work


def answer_of(method):
    """Work of a budget: an answer of a fit of a few rows."""

    def work(case, X):
        kmeans = KMeans(12, init=X[:12].copy(), n_init=1, max_iter=1).fit(X[:1000])
        return lambda: getattr(kmeans, method)(X)

    return work


# 4 bytes a row are the labels; seeding takes 8 or 12 more, bounds 48 more, one after the other.
LABELS = {np.float32: 4, np.float64: 4}
# 1,000,000 rows of 20 features are too large for packed copies of them to be kept.
SHAPE = (1_000_000, 20)
LAYOUTS = ("C", "Fortran", "every second row")
SETUP = """
X = np.random.default_rng(0).standard_normal((150_000, 48), dtype=np.float32)
model = KMeans(3, n_init=1).fit(X[:500])
"""
SETUP_OF_ANSWERS = """
X = np.random.default_rng(0).standard_normal((150_000, 48), dtype=np.float32)
many = np.concatenate([X] * 5)
model = KMeans(4000, init=X[:4000], max_iter=1).fit(X[:4000])
"""
MANY = "n_clusters=4000, tol=0"


def long_work(prepare, options, call):
    """Work that is interrupted on one thread and on two."""
    return LongWork(prepare, options, call, threads=(1, 2))


class KMeansCase(Case):
    """KMeans."""

    estimator = KMeans
    n_groups = "n_clusters"
    takes_sparse = True
    answers = ("predict", "transform", "nearest_centers", "silhouette_samples")
    need_two_groups = ("nearest_centers", "silhouette_samples")
    totals = ("score",)
    fitted = ("cluster_centers_", "inertia_")
    centers = "cluster_centers_"
    save_options = {"labels": True}
    start = "init"
    starts = ("k-means++", "random")
    hooks = ("init", "callback")
    drawn = {"init": ("k-means++", "random"), "n_init": (1, 2)}
    hard_rows = HARD_ROWS | {"seven hundred features": lambda: normal(3, 210, 700)}
    fits = ((11, {}), (2, {}), (40, {"tol": 0}), (40, {"max_iter": 3}))
    workloads = {
        "seeds": (60_000, 8, 20, 40, {"n_init": 1, "max_iter": 3}),
        "restarts": (2000, 3, 20, 5, {"n_init": 8}),
        "sliced sums": (1500, 140, 20, 700, {"init": "random", "n_init": 1, "max_iter": 3}),
        "refills": (40_000, 4, 20, 60, {"init": np.repeat([[9.0, 9, 9, 9]], 60, 0)}),
        "to the end": (30_000, 2, 20, 30, {"init": "random", "n_init": 1, "tol": 0}),
    }
    budgets = {
        "lloyd": Budget(
            *SHAPE, fit_of_three_iterations(algorithm="lloyd"), LABELS, layouts=LAYOUTS
        ),
        "seeding": Budget(
            *SHAPE,
            fit_of_three_iterations(algorithm="lloyd", init="k-means++"),
            {np.float32: 4 + 8, np.float64: 4 + 12},
            layouts=LAYOUTS,
        ),
        "elkan": Budget(
            *SHAPE,
            fit_of_three_iterations(algorithm="elkan", init="k-means++"),
            {np.float32: 4 + 48, np.float64: 4 + 48},
            layouts=LAYOUTS,
        ),
        "breathing": Budget(
            *SHAPE,
            fit_of_three_iterations(algorithm="lloyd", refine="breathing"),
            {np.float32: 40, np.float64: 40},
            layouts=LAYOUTS,
        ),
        "predict": Budget(*SHAPE, answer_of("predict"), LABELS, layouts=LAYOUTS),
        "score": Budget(*SHAPE, answer_of("score"), LABELS, layouts=LAYOUTS),
    }
    resident = Resident(
        (2_000_000, 8),
        "float32",
        {
            "lloyd": ("KMeans(100, init=X[:100], max_iter=4, algorithm='lloyd')", 0, 12),
            "auto": ("KMeans(100, random_state=0, max_iter=4)", 0, 64),
            # With bounds: a lower figure would say that they were not measured.
            "elkan": ("KMeans(100, init=X[:100], max_iter=4, algorithm='elkan')", 30, 64),
        },
    )
    long_work = {
        "seeding": long_work(SETUP, MANY, "model.fit(X)"),
        "lloyd": long_work(SETUP, f"{MANY}, algorithm='lloyd', init=X[:4000]", "model.fit(X)"),
        "elkan": long_work(SETUP, f"{MANY}, algorithm='elkan', init=X[:4000]", "model.fit(X)"),
        "breathing": long_work(
            SETUP,
            "n_clusters=300, init=X[:300], max_iter=2, tol=0, refine='breathing'",
            "model.fit(X[:40_000])",
        ),
        "restarts": long_work(SETUP, "n_clusters=5, n_init=10**5, tol=0", "model.fit(X[:300])"),
        "sparse": long_work(
            SETUP + "import scipy.sparse\nrows = scipy.sparse.csr_array(X * (X > 1))\n",
            f"{MANY}, init=X[:4000]",
            "model.fit(rows)",
        ),
        "predict": long_work(SETUP_OF_ANSWERS, "", "model.predict(many)"),
        "transform": long_work(SETUP_OF_ANSWERS, "", "model.transform(X[:60_000])"),
        "nearest centres": long_work(SETUP_OF_ANSWERS, "", "model.nearest_centers(X)"),
    }
    calls = calls.K_MEANS
    moves = ("reordered features", "translation", "one factor", "rotation")
    unconverged = {"n_init": 1}
    unconverged_rows = np.ones((5, 1))
    collapse = ConvergenceWarning
    collapse_message = r"Number of distinct clusters \(4\) found smaller than n_clusters \(7\)"

    def given_start(self, X, n_groups, seed=0):
        return X[:n_groups].copy()

    def fit_from(self, X, start, *, sample_weight=None, **options):
        options = {"init": start, "n_init": 1, "tol": 0} | options
        return self.fit(X, len(start), sample_weight=sample_weight, **options)

    def start_of_rows(self, start, rows):
        return start

    def start_of_groups(self, start, groups):
        return start[groups]

    def start_moved(self, start, move):
        return move(start)

    def objectives(self, X, start, sample_weight):
        found = []
        for max_iter in range(1, 40):
            fit = self.fit_from(X, start, sample_weight=sample_weight, max_iter=max_iter)
            found.append(-fit.inertia_)
            if fit.n_iter_ < max_iter:
                break
        # Centres of float32 rows are rounded to float32.
        return found, (1e-12 if X.dtype == np.float64 else 1e-6) * abs(found[0])

    def check_fit(self, fitted, X, sample_weight):
        assert fitted.inertia_ >= 0
        np.testing.assert_array_equal(fitted.labels_, fitted.predict(X))
        assert np.isfinite(fitted.score(X))
        with np.errstate(over="ignore"):  # a distance may be beyond float32 though rows are not
            assert np.isfinite(fitted.transform(np.asarray(X, dtype=np.float64))).all()

    def check_score(self, fitted, X):
        np.testing.assert_allclose(-fitted.score(X), fitted.inertia_, rtol=1e-11)

    def check_collapse(self, fitted):
        assert len(np.unique(fitted.labels_)) == 4
        # The mean of 25 equal numbers may be the next one.
        eps = np.finfo(fitted.cluster_centers_.dtype).eps
        assert fitted.inertia_ <= 100 * 3 * (4 * eps) ** 2

    def check_same(self, found, expected, *, move=None, rows=None, groups=None, weight=1.0):
        labels, centers = expected.labels_, expected.cluster_centers_
        inertia = expected.inertia_ * weight
        if rows is not None:
            labels = labels[rows]
        if groups is not None:
            labels, centers = np.argsort(groups)[labels], centers[groups]
        if move is not None:
            centers = move(centers)
            # Only of maps that multiply all distances by one factor.
            inertia *= np.exp(2 * move.log_volume / len(move.offset))
        np.testing.assert_array_equal(found.labels_, labels)
        atol = 1e-9 * abs(centers).max()
        np.testing.assert_allclose(found.cluster_centers_, centers, rtol=0, atol=atol)
        np.testing.assert_allclose(found.inertia_, inertia, rtol=1e-8, atol=1e-300)


class RefinedCase(KMeansCase):
    """KMeans that exchanges centres after its runs."""

    moves = ()  # exchanges renumber the clusters, by the order of rows and of equal losses too

    def renumbered(self, found, expected, rows):
        labels, first = np.unique(expected.labels_[rows], return_index=True)
        order = found.labels_[first]  # the number of each cluster in `found`
        if len(np.unique(order)) < len(expected.cluster_centers_):
            return found
        assert labels.tolist() == list(range(len(order)))
        found.cluster_centers_ = found.cluster_centers_[order]
        found.labels_ = np.argsort(order)[found.labels_].astype(np.int32)
        return found

    def objectives(self, X, start, sample_weight):
        seen = []
        fit = self.fit_from(X, start, sample_weight=sample_weight, callback=seen.append)
        found = [-state.inertia for state in seen] + [-fit.inertia_]
        return found, (1e-12 if X.dtype == np.float64 else 1e-6) * abs(found[0])


class FrozenCase(KMeansCase):
    """KMeans of which, in fits of more than two groups by the case, the origin is a centre."""

    moves = ()  # the origin does not move with the rows
    hard_rows, workloads, budgets, long_work, hooks = {}, {}, {}, {}, ()
    resident = None

    def fit(self, X, n_groups, **options):
        if n_groups > 2:
            options["frozen_centers"] = np.zeros((1, X.shape[1]))
        return super().fit(X, n_groups, **options)

    def fit_from(self, X, start, *, sample_weight=None, **options):
        options = {"init": start[len(start) > 2 :], "n_init": 1, "tol": 0} | options
        return self.fit(X, len(start), sample_weight=sample_weight, **options)

    def check_fit(self, fitted, X, sample_weight):
        super().check_fit(fitted, X, sample_weight)
        if fitted.frozen_centers is not None:
            assert not fitted.cluster_centers_[0].any()


KMEANS = (
    KMeansCase("KMeans-auto", algorithm="auto"),
    KMeansCase("KMeans-lloyd", algorithm="lloyd"),
    KMeansCase("KMeans-elkan", algorithm="elkan"),
    RefinedCase("KMeans-breathing", refine="breathing"),
    FrozenCase("KMeans-frozen"),
)
