"""MixtureClassifier: classification by mixtures of Gaussians, with or without unlabelled rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .._estimator.base import watched_fit
from .._estimator.monitor import begin_tasks
from .._inputs.annotations import ArrayLike, Int, Real, Request, Rows, Seed, Self
from .._inputs.labels import check_labels
from .._inputs.parameters import check_integer, check_real
from .._inputs.random import lent_random_state
from .._inputs.rows import check_rows, check_sample_weight
from .._passes.threads import resolve_threads
from .class_fit import ClassFit, choose_for_class, fit_apart, fit_together
from .class_options import (
    BIC,
    check_class_numbers,
    check_class_structures,
    check_priors,
    priors_of,
    values_of,
)
from .class_report import ClassifierReport
from .data import MixtureData
from .fitted_classifier import FittedClassifier
from .gaussian import GaussianMixture
from .monitor import FitState
from .report import warn_of_fit
from .structures import CovarianceType, covariance_types, structure_for, structure_of

__all__ = ["MixtureClassifier"]


class MixtureClassifier(FittedClassifier):
    """Classification by a mixture of Gaussians for each class.

    With one component a class it is discriminant analysis: quadratic ("full"), linear ("tied") or
    naive Bayes ("diag"), and eigenvalue decomposition discriminant analysis (EDDA) [1]_ with any
    other structure. With several components a class it is mixture discriminant analysis [2]_ [3]_.
    Rows of unknown class, labelled -1, take part in the fit, which makes it semi-supervised.

    All components are one mixture, fitted by EM with one restriction: a labelled row belongs to
    components of its own class only. The log-likelihood of rows and labels never falls.

    Parameters
    ----------
    n_components : int, "bic" or dict, default=1
        Number of components of each class: the same number, a number for each class, or for each
        class the number up to `max_components` with the best BIC of the labelled rows of the class.
    covariance_type : str or dict, default="full"
        Structure of the covariances, which all components share, by a name that `GaussianMixture`
        takes, for example "diag", "VEV", or "tied", one matrix for all classes. "bic" fits each
        structure, and keeps the one with the best BIC. A dict of class to structure (or to "bic")
        fits a mixture of its own to each class, the structure of which ties the components of the
        class alone; all rows must be labelled then.
    max_components : int, default=5
        Largest number of components that "bic" tries for a class.
    priors : array-like of shape (n_classes,) or dict, default=None
        Probabilities of the classes, in the order of `classes_` or by class. None: estimated, as
        the shares of the classes if all rows are labelled.
    tol : float, default=1e-5
        EM has converged when all further iterations together would add less than `tol` to the mean
        log-likelihood of a row, in nats, as for `GaussianMixture`.
    reg_covar : float or "auto", default="auto"
        Added to every variance. "auto": a millionth of the feature's variance, in any unit; a
        number is in squared units of X.
    max_iter : int, default=1000
        Iterations of EM, at most.
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator, default=None
        Source of the draws, which only classes of several components need. The same int gives the
        same bits on any number of threads.
    verbose : int, default=0
        1 prints a line when EM begins and ends, and every `verbose_interval` iterations; 2 adds
        times and the change of the log-likelihood.
    verbose_interval : int, default=10
        Iterations between two lines that are printed.
    callback : callable, default=None
        ``callback(state)`` is called once an iteration, as for `GaussianMixture`. If it returns a
        true value, EM ends.
    n_threads : int or None, default=None
        Threads to use. None: MIXCLUST_NUM_THREADS, else OMP_NUM_THREADS, else as many as affinity
        and the quota of the control group allow.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    priors_ : ndarray of shape (n_classes,), float64
        Probability of each class: the sum of the weights of its components.
    component_classes_ : ndarray of shape (n_components,), int32
        Class of each component, as an index of `classes_`. Components of a class follow each other.
    weights_ : ndarray of shape (n_components,), float64
        Mixing weights of all components, which add up to 1.
    means_ : ndarray of shape (n_components, n_features), float64
        Means, in units of X.
    covariances_ : ndarray, float64
        Covariances, in squared units of X, of the shape that `GaussianMixture` has for
        `covariance_type_`.
    precisions_cholesky_ : ndarray, float64
        Upper Cholesky factors of the precisions, or square roots of precisions.
    covariance_type_ : str
        Structure of `covariances_`: the one that was chosen, or "full" if each class has its own,
        see `report_`.
    mixtures_ : list of GaussianMixture
        The mixture of each class, in the order of `classes_`.
    n_parameters_ : int
        Free parameters of the fit, for `bic` and `aic`.
    converged_ : bool
        Whether EM converged.
    n_iter_ : int
        Iterations of EM; the largest number if each class is fitted apart.
    lower_bound_ : float
        Mean log-likelihood of a row and its label, in nats, under the parameters before the last
        iteration.
    lower_bounds_ : list of float
        Lower bound of every iteration; the last one alone if each class is fitted apart.
    report_ : ClassifierReport
        Sizes and structures of the classes, the criteria of all structures that were tried, and
        the report of every fit; prints as a table.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features,), str
        Names of the features, where X has them.

    See Also
    --------
    GaussianMixture : The same without labels.

    Notes
    -----
    Memory beyond X: as for `GaussianMixture`, and 4 bytes a row. Classes of several components, and
    unlabelled rows, need a float64 for each row and component at the start.

    References
    ----------
    .. [1] H. Bensmail and G. Celeux, "Regularized Gaussian discriminant analysis through eigenvalue
       decomposition", Journal of the American Statistical Association 91, 1996.
    .. [2] T. Hastie and R. Tibshirani, "Discriminant analysis by Gaussian mixtures", Journal of the
       Royal Statistical Society B 58, 1996.
    .. [3] C. Fraley and A. E. Raftery, "Model-based clustering, discriminant analysis and density
       estimation", Journal of the American Statistical Association 97, 2002.

    Examples
    --------
    >>> from mixclust import MixtureClassifier
    >>> X = [[0.0], [1.0], [2.0], [8.0], [9.0], [10.0]]
    >>> classifier = MixtureClassifier().fit(X, ["low"] * 3 + ["high"] * 3)
    >>> classifier.predict([[3.0], [7.0]]).tolist()
    ['low', 'high']
    >>> partly = MixtureClassifier().fit(X, [0, 0, -1, -1, 1, 1])
    >>> partly.predict(X).tolist()
    [0, 0, 0, 1, 1, 1]
    """

    converged_: bool
    n_iter_: int
    lower_bound_: float
    lower_bounds_: list[float]
    report_: ClassifierReport

    def __init__(
        self,
        n_components: Int | Literal["bic"] | Mapping[Any, Int] = 1,
        *,
        covariance_type: (
            CovarianceType | Literal["bic"] | Mapping[Any, CovarianceType | Literal["bic"]]
        ) = "full",
        max_components: Int = 5,
        priors: ArrayLike | Mapping[Any, Real] | None = None,
        tol: Real = 1e-5,
        reg_covar: Real | Literal["auto"] = "auto",
        max_iter: Int = 1000,
        random_state: Seed = None,
        verbose: Int = 0,
        verbose_interval: Int = 10,
        callback: Callable[[FitState], object] | None = None,
        n_threads: Int | None = None,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.max_components = max_components
        self.priors = priors
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.random_state = random_state
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.callback = callback
        self.n_threads = n_threads

    def fit(self, X: Rows, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the mixtures to rows and their classes.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            float32 and float64 arrays of any strides are read in place; other numbers become
            float64.
        y : array-like of shape (n_samples,)
            Class of each row: whole numbers, bools or strings. A row of unknown class has -1 among
            numbers, and None (or the number -1) in an array of objects among strings. NaN and the
            string "-1" are refused. In `y` of -1 and one other number, -1 is a class, and a
            UserWarning says so.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row, by position: an integer weight equals that number of copies, zero
            the absence of the row.

        Returns
        -------
        self : MixtureClassifier
            The fitted estimator; an error or Ctrl-C leaves it as before.

        Raises
        ------
        TypeError, ValueError
            If a parameter, X or y is not as described, if there are fewer than two classes, or
            fewer labelled rows of positive weight in a class than components.

        Warns
        -----
        ConvergenceWarning
            If EM did not converge, unless the callback ended it.
        CollapseWarning
            If components are collapsed, for example since a class has too few rows for a
            covariance matrix.
        """
        with watched_fit(self, X, y, sample_weight):
            params = self._check_params()
            begin_tasks(params)
            X = check_rows(X, self, reset=True)
            classes, codes = check_labels(y, len(X))
            sample_weight = check_sample_weight(sample_weight, len(X))
            class_weights, counts = _weights_of(codes, len(classes), sample_weight)
            _check_classes(classes, counts, codes)
            sizes = self._sizes(classes, counts)
            priors = priors_of(self.priors, classes)
            n_threads, _ = resolve_threads(self.n_threads)
            criteria = {}
            with lent_random_state(self.random_state) as source:
                if isinstance(self.covariance_type, Mapping):
                    names = self._names_of_classes(classes, codes, X.shape[1])
                    fit = fit_apart(
                        X, sample_weight, params, codes, names, sizes, priors, source, n_threads
                    )
                else:
                    names = _names_for(self.covariance_type, X.shape[1])
                    fits = [
                        _fit_structure(
                            MixtureData(X, sample_weight, structure_of(name), n_threads),
                            params, codes, sizes, priors, source,
                        )
                        for name in names
                    ]  # fmt: skip
                    fit = min(fits, key=lambda fit: (fit.n_collapsed > 0, fit.bic))
                    if len(names) > 1:
                        criteria = {
                            fit.covariance_type: np.inf if fit.n_collapsed else fit.bic
                            for fit in fits
                        }
            self._keep(fit, classes)
            total = len(X) if sample_weight is None else sample_weight.sum()
            self.report_ = ClassifierReport(
                classes.tolist(), class_weights, total - class_weights.sum(), fit, criteria
            )
            for report in fit.reports:
                warn_of_fit(report, params.tol, of_collapse=True)
        return self

    if TYPE_CHECKING:  # `Estimator` adds these

        def set_fit_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...
        def set_score_request(self, *, sample_weight: Request = "$UNCHANGED$") -> Self: ...

    def _check_params(self):
        """Options by name, with numbers as Python's, which neither overflow nor round."""
        check_class_numbers(self.n_components)
        check_class_structures(self.covariance_type)
        check_priors(self.priors)
        numbers = {
            "max_components": check_integer("max_components", self.max_components, 1),
            "max_iter": check_integer("max_iter", self.max_iter, 1),
            "verbose_interval": check_integer("verbose_interval", self.verbose_interval, 1),
            "tol": check_real("tol", self.tol, 0),
            "reg_covar": check_real("reg_covar", self.reg_covar, 0, auto=True),
        }
        # The fits below read all parameters of a GaussianMixture.
        of_mixture = vars(GaussianMixture()._check_params())
        return SimpleNamespace(**of_mixture | vars(self._checked_params(numbers)))

    def _sizes(self, classes, counts):
        """Numbers of components among which each class chooses."""
        sizes = []
        for value, label, count in zip(
            values_of("n_components", self.n_components, classes),
            classes.tolist(),
            counts.tolist(),
            strict=True,
        ):
            if value == BIC:
                sizes.append(range(1, min(int(self.max_components), count) + 1))
                continue
            if count < value:
                raise ValueError(
                    f"class {label!r} has {count} labelled rows of positive weight, fewer than its "
                    f"n_components={value}; pass more rows of this class or fewer components."
                )
            sizes.append([int(value)])
        return sizes

    def _names_of_classes(self, classes, codes, n_features):
        """Structures among which each class chooses."""
        if (codes < 0).any():
            raise ValueError(
                "covariance_type is a dict, so that each class is fitted apart, but y has rows of "
                "unknown class; leave these rows out, or pass one name for all classes."
            )
        return [
            _names_for(name, n_features)
            for name in values_of("covariance_type", self.covariance_type, classes)
        ]

    def _keep(self, fit: ClassFit, classes):
        """Set the fitted attributes."""
        self._set_parameters(fit, classes)
        self.converged_ = fit.converged
        self.n_iter_ = fit.n_iter
        self.lower_bounds_ = fit.lower_bounds
        self.lower_bound_ = fit.lower_bounds[-1]


def _names_for(covariance_type, n_features):
    """Structures among which a class chooses, by the names that are listed to users."""
    if covariance_type == BIC:
        return list(covariance_types())
    return [structure_for(covariance_type, n_features).name]


def _fit_structure(data, params, codes, sizes, priors, random_state):
    """Fit all classes together, with the number of components of each that its rows choose."""
    chosen = []
    for c, of_class in enumerate(sizes):
        size = of_class[0]
        if len(of_class) > 1:
            rows = np.flatnonzero(codes == c)
            weights = data.sample_weight
            fit = choose_for_class(
                data.X[rows],
                None if weights is None else weights[rows],
                [data.structure.name],
                of_class,
                params,
                random_state,
                data.n_threads,
            )
            [size] = fit.sizes
        chosen.append(size)
    return fit_together(data, params, codes, chosen, priors, random_state)


def _weights_of(codes, n_classes, sample_weight):
    """Total weight, and number of rows of positive weight, of each class."""
    known = codes >= 0
    if sample_weight is None:
        counts = np.bincount(codes[known], minlength=n_classes)
        return counts.astype(np.float64), counts
    weights = np.bincount(codes[known], sample_weight[known], minlength=n_classes)
    known &= sample_weight > 0
    return weights, np.bincount(codes[known], minlength=n_classes)


def _check_classes(classes, counts, codes):
    """Raise ValueError unless there are two classes, each with a row of positive weight."""
    if len(classes) < 2:
        found = f"1 class, {classes.tolist()[0]!r}" if len(classes) else "no class"
        n_unlabelled = int((codes < 0).sum())
        if n_unlabelled:
            found += f", and {n_unlabelled} rows of unknown class (labelled -1 or None)"
        raise ValueError(
            f"y holds {found}, where a classifier needs two classes; pass rows of at least two "
            "classes, or fit a GaussianMixture."
        )
    for label, count in zip(classes.tolist(), counts.tolist(), strict=True):
        if count == 0:
            raise ValueError(
                f"class {label!r} has no rows of positive weight; leave it out of y, or give its "
                "rows a sample_weight."
            )
