"""GaussianMixture of each structure of covariances, and with accelerated EM."""

import numpy as np

from mixclust import CollapseWarning, GaussianMixture
from support.bad_inputs import HARD_ROWS
from support.mixtures import (
    COVARIANCE_TYPES,
    PARAMETERS,
    assert_close_to_scale,
    covariance_matrices,
)
from support.samples import normal, quiet_fit

from . import calls
from .case import Budget, Case, LongWork, Resident

STARTS = ("auto", "kmeans", "k-means++", "random", "random_from_data")


def fit_of_two_iterations(init_params):
    """Work of a budget: a fit of 5 components."""

    def work(case, X):
        mixture = case.make(5, init_params=init_params, max_iter=2, random_state=0)
        return lambda: quiet_fit(mixture, X)

    return work


def budget(init_params, bytes_a_row):
    """A budget of a fit of 500,000 rows, and of 6 MiB for the rows of the short runs."""
    work = fit_of_two_iterations(init_params)
    return Budget(500_000, 4, work, {np.float32: bytes_a_row}, slack=6 * 2**20)


ONE_UNIT = ("spherical", "EVE", "VEV")
"""Models that a factor for each feature changes."""

TURNING = ("full", "spherical", "VEE", "EVE", "VEV")
"""Models that turn with the rows."""

SETUP = """
X = np.random.default_rng(0).standard_normal((300_000, 16), dtype=np.float32)
wide = np.random.default_rng(0).standard_normal((2000, 400))
many = np.concatenate([X] * 7)
model = GaussianMixture(2, random_state=0).fit(X[:500])
"""
FOR_EVER = "tol=0, max_iter=10**8"


def long_work(call, options):
    """Work of a mixture that does not end by itself."""
    return LongWork(SETUP, f"{FOR_EVER}, {options}", call)


class MixtureCase(Case):
    """GaussianMixture."""

    estimator = GaussianMixture
    n_groups = "n_components"
    answers = (
        "predict", "predict_proba", "score_samples", "score_samples_by_component", "uncertainty",
        "entropy",
    )  # fmt: skip
    totals = ("score", "aic", "bic", "icl")
    fitted = (*PARAMETERS, "lower_bounds_")
    centers = "means_"
    start = "init_params"
    starts = STARTS
    hooks = ("init_params", "callback")
    quick = {"init_params": "random_from_data"}
    drawn = {
        "init_params": STARTS,
        "on_collapse": ("floor", "restart", "drop"),
        "reg_covar": ("auto", 0, 1e-6, 1.0),
        "max_iter": (8,),
    }
    fits = ((5, {"max_iter": 20}),)
    edge_options = ({}, {"reg_covar": 0}, {"reg_covar": 1e-6})
    workloads = {name: (12_000, 6, 9, 9, {"init_params": name, "max_iter": 4}) for name in STARTS}
    # 4 bytes a row are labels, and drawing rows takes 8 more; k-means takes its own, with packed
    # rows of 20 bytes and, while seeding, sorted rows of 24, as long as each is below 36 MiB.
    budgets = {
        "auto": budget("auto", 12),
        "kmeans": budget("kmeans", 48),
        "random_from_data": budget("random_from_data", 12),
    }
    resident = Resident(
        (1_000_000, 10),
        "float64",
        {
            name: (
                f"GaussianMixture(20, covariance_type={name!r}, max_iter=2, random_state=0)",
                0,
                32,
            )
            for name in ("spherical", "diag", "tied", "full")
        },
    )
    long_work = {
        "few rows": long_work("model.fit(X[:300])", "n_components=3"),
        "many rows": long_work("model.fit(X)", "n_components=64, init_params='random_from_data'"),
        "short runs": long_work("model.fit(X)", "n_components=200"),
        "random": long_work("model.fit(X)", "n_components=200, init_params='random'"),
        "restarts": LongWork(
            SETUP, "tol=0, n_components=5, n_init=10**6, max_iter=5", "model.fit(X[:300])"
        ),
        "many features": long_work("model.fit(wide)", "n_components=30"),
        "rows drawn": LongWork(SETUP, "", "model.sample(20_000_000)"),
        "missing values": LongWork(
            SETUP + "gaps = np.where(many > 1, np.nan, many)\n", "", "model.impute(gaps)"
        ),
        "entropies": LongWork(SETUP, "", "[model.entropy(many) for _ in range(50)]"),
        "few rows, tied": long_work("model.fit(X[:300])", "n_components=3, covariance_type='tied'"),
        "few rows, diag": long_work("model.fit(X[:300])", "n_components=3, covariance_type='diag'"),
        "many rows, tied": long_work(
            "model.fit(X)",
            "n_components=64, init_params='random_from_data', covariance_type='tied'",
        ),
    }
    calls = calls.MIXTURE
    unconverged = {"max_iter": 1}
    unconverged_rows = normal(0, 100, 3)
    collapse = CollapseWarning
    collapse_message = r"\d of 7 components collapsed"

    def __init__(self, name, **options):
        super().__init__(name, **options)
        self.covariance_type = options["covariance_type"]
        self.unit_weights_change_no_bit = self.covariance_type != "full"
        if "acceleration" in options:
            # The step is measured in a frame of its own, so the course depends on the axes; close
            # to a fixed point it follows rounding. See mixture/test_acceleration.py.
            self.workloads = {"many rounds": (12_000, 3, 3, 4, {"max_iter": 60, "tol": 0})}
            return
        self.moves = ("reordered features", "translation", "one factor")
        if self.covariance_type not in ONE_UNIT:
            self.moves += ("a factor for each feature",)
        if self.covariance_type in TURNING:
            self.moves += ("rotation",)
        if "rotation" in self.moves and self.covariance_type != "spherical":
            # The floor of "auto" follows the axes of the features.
            self.rotated = {"reg_covar": 0}

    def given_start(self, X, n_groups, seed=0):
        return np.random.default_rng(seed).dirichlet(np.ones(n_groups), size=X.shape[0])

    def fit_from(self, X, start, *, sample_weight=None, **options):
        mixture = self.make(start.shape[1], **{"max_iter": 6, "tol": 0} | options)
        return quiet_fit(mixture, X, sample_weight=sample_weight, resp_init=start)

    def start_of_rows(self, start, rows):
        return start[rows]

    def start_of_groups(self, start, groups):
        return start[:, groups]

    def start_moved(self, start, move):
        return start

    def objectives(self, X, start, sample_weight):
        """Log-likelihoods without `reg_covar`, which penalises them; none if some collapsed."""
        options = {"reg_covar": 0, "max_iter": 60}
        fit = self.fit_from(X, start, sample_weight=sample_weight, **options)
        bounds = fit.lower_bounds_ if fit.report_.n_collapsed == 0 else []
        return bounds, 1e-11 * max(map(abs, bounds), default=0.0)

    def check_fit(self, fitted, X, sample_weight):
        X = np.asarray(X, dtype=np.float64)
        resp, log_prob = fitted.predict_proba(X), fitted.score_samples(X)
        np.testing.assert_allclose(fitted.weights_.sum() + self.noise_weight(fitted), 1)
        np.testing.assert_allclose(resp.sum(axis=1), 1, rtol=1e-12)
        assert not np.isnan(log_prob).any()
        weights = np.ones(len(X)) if sample_weight is None else sample_weight
        assert np.isfinite(log_prob[weights > 0]).all()
        assert fitted.entropy(X).max() <= np.log(resp.shape[1]) + 1e-12
        assert " component" in repr(fitted.report_)

    def noise_weight(self, fitted):
        """Weight of noise."""
        return 0.0

    def check_score(self, fitted, X):
        np.testing.assert_allclose(fitted.score(X), fitted.score_samples(X).mean(), rtol=1e-9)

    def check_collapse(self, fitted):
        assert fitted.report_.n_collapsed > 0
        assert fitted.report_.runs[0].collapsed.any()

    def check_same(self, found, expected, *, move=None, rows=None, groups=None, weight=1.0):
        weights, means = expected.weights_, expected.means_
        sizes = means.shape
        covariances = covariance_matrices(expected.covariances_, self.covariance_type, *sizes)
        log_volume = 0.0
        if groups is not None:
            weights, means, covariances = weights[groups], means[groups], covariances[groups]
        if move is not None:
            means, covariances = move(means), move.of_covariances(covariances)
            log_volume = move.log_volume
        bounds = np.array(expected.lower_bounds_) - log_volume
        found_bounds = found.lower_bounds_
        if "acceleration" in self.options:
            # At a fixed point rounding decides whether an extrapolation is kept, and has a bound.
            n_bounds = min(len(bounds), len(found_bounds))
            bounds, found_bounds = bounds[:n_bounds], found_bounds[:n_bounds]
        np.testing.assert_allclose(found_bounds, bounds, rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(found.weights_, weights, atol=1e-7)
        assert_close_to_scale(found.means_, means, 1e-7)
        matrices = covariance_matrices(found.covariances_, self.covariance_type, *sizes)
        assert_close_to_scale(matrices, covariances, 1e-7)
        assert found.report_.n_collapsed == expected.report_.n_collapsed


class ModelCase(MixtureCase):
    """GaussianMixture of a model with a constraint: a model for each way to maximise, and the work
    that differs from that of the other structures."""

    starts = ("auto", "random_from_data")
    hard_rows = HARD_ROWS | {"many features": lambda: normal(3, 200, 45)}
    workloads = {"auto": (3_000, 6, 3, 5, {"max_iter": 4})}
    budgets = {}
    resident = None
    long_work = {}


GAUSSIAN_MIXTURES = tuple(
    MixtureCase(f"GaussianMixture-{name}", covariance_type=name) for name in COVARIANCE_TYPES
)
MODELS = tuple(
    ModelCase(f"GaussianMixture-{name}", covariance_type=name)
    for name in ("VEI", "VEE", "EVE", "VEV")
)
SQUAREM = MixtureCase("GaussianMixture-squarem", covariance_type="full", acceleration="squarem")


class PriorCase(MixtureCase):
    """GaussianMixture with a prior, of which the log-density changes with the unit of X."""

    calls = calls.MIXTURE_WITH_PRIOR
    ratios_of_weights_count_alone = False

    def __init__(self, name, **options):
        super().__init__(name, **options | {"prior": "default"})
        self.moves = ("reordered features", "translation")
        self.rotated = {}


class NoiseCase(MixtureCase):
    """GaussianMixture with noise of a given volume: the box around some hard rows has none."""

    calls = calls.MIXTURE_WITH_NOISE
    least_label = -1
    fitted = (*MixtureCase.fitted, "noise_weight_", "noise_volume_", "noise_corner_")

    def __init__(self, name, **options):
        super().__init__(name, **options | {"noise": True, "noise_volume": 1e5})
        self.moves = ("reordered features", "translation")
        self.rotated = {}

    def noise_weight(self, fitted):
        return fitted.noise_weight_


PRIOR = tuple(
    PriorCase(f"GaussianMixture-prior-{name}", covariance_type=name) for name in ("full", "diag")
)
NOISE = tuple(
    NoiseCase(f"GaussianMixture-noise-{name}", covariance_type=name) for name in ("full", "tied")
)
