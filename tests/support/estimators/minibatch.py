"""MiniBatchKMeans, for the guarantees that need no given start."""

import numpy as np

from mixclust import MiniBatchKMeans

from . import calls
from .case import Budget, Resident
from .kmeans import SETUP, KMeansCase, long_work

SETUP_OF_BATCHES = """
X = np.random.default_rng(0).standard_normal((150_000, 48), dtype=np.float32)
model = MiniBatchKMeans(4000, init=X[:4000]).partial_fit(X[:4000])
"""


def fit_of_batches(case, X):
    """Work of a budget: a fit of 12 clusters."""
    kmeans = MiniBatchKMeans(12, max_iter=1)
    return lambda: kmeans.set_params(random_state=0).fit(X)


class MiniBatchCase(KMeansCase):
    """MiniBatchKMeans: which rows it draws depends on their order, so that it has no moves."""

    estimator = MiniBatchKMeans
    drawn = {"init": ("k-means++", "random"), "n_init": (1, 2), "batch_size": (7, 1024)}
    fits = ((11, {}), (2, {}), (40, {"batch_size": 50}), (40, {"max_iter": 3}))
    workloads = {
        "small batches": (20_000, 8, 20, 40, {"max_iter": 1}),
        "large batches": (60_000, 8, 20, 40, {"batch_size": 50_000, "max_iter": 3}),
        "starts": (2000, 3, 20, 5, {"init": "random", "n_init": 8}),
    }
    budgets = {
        "fit": Budget(200_000, 20, fit_of_batches, {np.float32: 4, np.float64: 4}, slack=4 * 2**20)
    }
    resident = Resident(
        (2_000_000, 8),
        "float32",
        {"fit": ("MiniBatchKMeans(100, random_state=0, max_iter=1)", 0, 12)},
    )
    long_work = {
        "fit": long_work(
            SETUP.replace("KMeans(3, n_init=1)", "MiniBatchKMeans(3)"),
            "n_clusters=100, max_no_improvement=None, max_iter=1000",
            "model.fit(X)",
        ),
        "partial_fit": long_work(
            SETUP_OF_BATCHES, "n_clusters=4000", "model.partial_fit(np.concatenate([X] * 3))"
        ),
    }
    calls = calls.MINI_BATCH
    moves = ()
    ratios_of_weights_count_alone = False
    unconverged = {}

    def check_fit(self, fitted, X, sample_weight):
        super().check_fit(fitted, X, sample_weight)
        assert (fitted.counts_ >= 0).all()
        assert fitted.n_steps_ >= 1


MINI_BATCHES = (
    MiniBatchCase("MiniBatchKMeans"),
    MiniBatchCase("MiniBatchKMeans-forgetting", forgetting_factor=0.9, batch_size=64),
)
