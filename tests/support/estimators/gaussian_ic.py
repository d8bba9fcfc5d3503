"""GaussianMixtureIC, for the guarantees that need no given start."""

import numpy as np

from mixclust import CollapseWarning, GaussianMixtureIC

from . import calls
from .case import Case


class SelectionCase(Case):
    """GaussianMixtureIC of one size, or of the sizes up to it."""

    estimator = GaussianMixtureIC
    n_groups = "n_components"
    answers = (
        "predict", "predict_proba", "score_samples", "score_samples_by_component", "uncertainty",
        "entropy",
    )  # fmt: skip
    totals = ("score", "aic", "bic", "icl")
    fitted = ("means_", "weights_")
    centers = "means_"
    start = "starts"
    starts = ("shared",)
    hooks = ("callback",)
    drawn = {"criterion": ("bic", "aic", "icl"), "reg_covar": ("auto", 0, 1e-6), "max_iter": (8,)}
    workloads = {"few rows": (600, 4, 9, 5, {}), "a part": (12_000, 6, 9, 9, {"max_iter": 4})}
    calls = {
        name: call
        for name, call in calls.MIXTURE.items()
        if name not in ("fit", "partial_fit", "from_parameters", "save")
    } | {
        "fit": lambda model, X, w: model.fit(X, sample_weight=w).means_,
        "save": lambda model, X, w: calls.saved(model).predict_proba(X),
    }
    collapse = CollapseWarning
    collapse_message = "Every mixture has a collapsed component"

    def check_fit(self, fitted, X, sample_weight):
        X = np.asarray(X, dtype=np.float64)
        np.testing.assert_allclose(fitted.weights_.sum() + self.noise_weight(fitted), 1)
        np.testing.assert_allclose(fitted.predict_proba(X).sum(axis=1), 1, rtol=1e-12)
        weights = np.ones(len(X)) if sample_weight is None else sample_weight
        assert np.isfinite(fitted.score_samples(X)[weights > 0]).all()
        assert "best" in repr(fitted.report_)

    def noise_weight(self, fitted):
        """Weight of noise of the best mixture."""
        return 0.0

    def check_score(self, fitted, X):
        np.testing.assert_allclose(fitted.score(X), fitted.score_samples(X).mean(), rtol=1e-9)

    def check_collapse(self, fitted):
        assert fitted.report_.ranked == []


class SelectionWithNoiseCase(SelectionCase):
    """GaussianMixtureIC with noise of a given volume: the box around some hard rows has none."""

    least_label = -1
    workloads = {"few rows": (600, 4, 9, 5, {})}
    calls = SelectionCase.calls | {
        name: calls.MIXTURE_WITH_NOISE[name] for name in ("impute", "marginal", "condition")
    }

    def __init__(self, name, **options):
        super().__init__(name, **options | {"noise": True, "noise_volume": 1e5})

    def noise_weight(self, fitted):
        return fitted.noise_weight_


SELECTIONS = (
    SelectionCase("GaussianMixtureIC", covariance_type="full,EEI,VEV"),
    SelectionWithNoiseCase("GaussianMixtureIC-noise", covariance_type="full,EEI"),
)
