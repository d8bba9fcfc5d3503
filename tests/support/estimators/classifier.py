"""MixtureClassifier of each structure of covariances, with labels that come from the rows."""

import numpy as np

import mixclust
from mixclust import CollapseWarning
from support.mixtures import COVARIANCE_TYPES, assert_close_to_scale, covariance_matrices
from support.samples import normal, quiet_fit

from . import calls
from .case import Case

PARAMETERS = ("weights_", "means_", "covariances_", "precisions_cholesky_", "priors_")


class MixtureClassifier(mixclust.MixtureClassifier):
    """The classifier as the tests of all estimators call it: with a number of classes.

    Without labels, the classes are ranges of the first feature, or the rows in turn.
    """

    def __init__(
        self,
        n_classes=2,
        *,
        n_components=1,
        covariance_type="full",
        priors=None,
        max_components=5,
        tol=1e-5,
        reg_covar="auto",
        max_iter=1000,
        random_state=None,
        verbose=0,
        verbose_interval=10,
        callback=None,
        n_threads=None,
        n_init=1,
    ):
        super().__init__(
            n_components,
            covariance_type=covariance_type,
            priors=priors,
            max_components=max_components,
            tol=tol,
            reg_covar=reg_covar,
            max_iter=max_iter,
            random_state=random_state,
            verbose=verbose,
            verbose_interval=verbose_interval,
            callback=callback,
            n_threads=n_threads,
        )
        self.n_classes, self.n_init = n_classes, n_init

    def fit(self, X, y=None, sample_weight=None):
        """Fit to labels that come from the rows, unless there are some."""
        y = labels_of(X, max(2, self.n_classes)) if y is None else y
        return super().fit(X, y, sample_weight)

    def fit_predict(self, X, y=None, sample_weight=None):
        """Fit, and predict the classes of the same rows."""
        return self.fit(X, y, sample_weight).predict(X)

    def score(self, X, y=None, sample_weight=None):
        """The accuracy, by labels that come from the rows, unless there are some."""
        y = labels_of(X, max(2, self.n_classes)) if y is None else y
        return super().score(X, y, sample_weight)

    def bic(self, X, sample_weight=None):
        """The criterion of the rows, without labels."""
        return super().bic(X, None, sample_weight)

    def aic(self, X, sample_weight=None):
        """The criterion of the rows, without labels."""
        return super().aic(X, None, sample_weight)


def labels_of(X, n_classes):
    """Classes of the rows of X; of two rows if X is no table of numbers."""
    try:
        first = np.asarray(X)
        if first.dtype.kind == "c":
            return [0, 1]
        with np.errstate(over="ignore"):
            first = first[:, 0].astype(np.float64)
        values, ranks = np.unique(first, return_inverse=True)
    except (TypeError, ValueError, IndexError, OverflowError):
        return [0, 1]
    labels = ranks.ravel() * n_classes // max(1, len(values))
    labels = np.unique(labels, return_inverse=True)[1].ravel()
    return labels if labels.any() else np.arange(len(first)) % n_classes


class ClassifierCase(Case):
    """MixtureClassifier."""

    estimator = MixtureClassifier
    n_groups = "class"  # of messages
    answers = (
        "predict", "predict_proba", "predict_log_proba", "decision_function", "score_samples",
        "log_densities",
    )  # fmt: skip
    totals = ("aic", "bic")
    fitted = (*PARAMETERS, "lower_bounds_")
    centers = "means_"
    hooks = ("callback",)
    drawn = {"reg_covar": ("auto", 0, 1e-6, 1.0), "max_iter": (8,)}
    fits = ((5, {"max_iter": 20}),)
    edge_options = ({}, {"reg_covar": 0}, {"reg_covar": 1e-6})
    workloads = {"classes": (12_000, 6, 9, 9, {"max_iter": 4})}
    calls = calls.CLASSIFIER
    unconverged = {"max_iter": 1, "n_components": 2}
    unconverged_rows = normal(0, 100, 3)
    collapse = CollapseWarning
    collapse_message = r"\d of \d components collapsed"
    fits_through = __file__

    def __init__(self, name, **options):
        super().__init__(name, **options)
        self.covariance_type = options["covariance_type"]
        self.unit_weights_change_no_bit = self.covariance_type != "full"
        self.moves = ("reordered features", "translation", "one factor")
        if self.covariance_type != "spherical":
            self.moves += ("a factor for each feature",)

    def given_start(self, X, n_groups, seed=0):
        """Labels in turn, of which every third turn is unknown."""
        n_classes, i = max(2, n_groups), np.arange(X.shape[0])
        return np.where(i // n_classes % 3 == 2, -1, i % n_classes)

    def fit_from(self, X, start, *, sample_weight=None, **options):
        classifier = self.make(start.max() + 1, **{"max_iter": 6, "tol": 0} | options)
        return quiet_fit(classifier, X, sample_weight=sample_weight, y=start)

    def start_of_rows(self, start, rows):
        return start[rows]

    def start_of_groups(self, start, groups):
        if len(groups) == 1:
            return start
        return np.where(start < 0, -1, np.argsort(groups)[start])

    def start_moved(self, start, move):
        return start

    def objectives(self, X, start, sample_weight):
        options = {"reg_covar": 0, "max_iter": 60}
        fit = self.fit_from(X, start, sample_weight=sample_weight, **options)
        bounds = fit.lower_bounds_ if fit.report_.n_collapsed == 0 else []
        return bounds, 1e-11 * max(map(abs, bounds), default=0.0)

    def check_fit(self, fitted, X, sample_weight):
        X = np.asarray(X, dtype=np.float64)
        proba = fitted.predict_proba(X)
        np.testing.assert_allclose(fitted.weights_.sum(), 1)
        np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
        assert not np.isnan(fitted.score_samples(X)).any()
        assert "components" in repr(fitted.report_)

    def check_score(self, fitted, X):
        assert fitted.score(X) == np.mean(fitted.predict(X) == labels_of(X, fitted.n_classes))

    def check_collapse(self, fitted):
        assert fitted.report_.n_collapsed > 0

    def check_same(self, found, expected, *, move=None, rows=None, groups=None, weight=1.0):
        weights, means = expected.weights_, expected.means_
        sizes = means.shape
        covariances = covariance_matrices(expected.covariances_, self.covariance_type, *sizes)
        log_volume = 0.0
        if groups is not None and len(groups) == len(weights):
            weights, means, covariances = weights[groups], means[groups], covariances[groups]
        if move is not None:
            means, covariances = move(means), move.of_covariances(covariances)
            log_volume = move.log_volume
        bounds = np.array(expected.lower_bounds_) - log_volume
        np.testing.assert_allclose(found.lower_bounds_, bounds, rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(found.weights_, weights, atol=1e-7)
        assert_close_to_scale(found.means_, means, 1e-7)
        matrices = covariance_matrices(found.covariances_, self.covariance_type, *sizes)
        assert_close_to_scale(matrices, covariances, 1e-7)
        assert found.report_.n_collapsed == expected.report_.n_collapsed


MIXTURE_CLASSIFIERS = tuple(
    ClassifierCase(f"MixtureClassifier-{name}", covariance_type=name) for name in COVARIANCE_TYPES
)
