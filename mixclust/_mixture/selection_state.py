"""The fitted state of a selection: its table and its best mixture, as files hold them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from .._inputs.annotations import Float64Array
from .best_answers import BestAnswers
from .gaussian import GaussianMixture
from .noise import noise_layouts, set_noise, with_noise_of
from .parameters import Parameters
from .selection_report import COLUMNS, Row, SelectionReport
from .structures import covariance_types, structure_of

__all__ = ["SelectionState"]

_NUMBERS = {"n_components", "n_parameters", "converged", "n_iter", "collapsed"}


class SelectionState(BestAnswers):
    """The state of a fitted `GaussianMixtureIC`, which inherits this."""

    best_estimator_: GaussianMixture
    weights_: Float64Array
    means_: Float64Array
    noise: bool
    noise_weight_: float
    noise_volume_: float
    noise_corner_: Float64Array
    noise_edges_: Float64Array
    report_: SelectionReport

    def _keep(self, search):
        """Set the fitted attributes."""
        columns = zip(*search.rows, strict=True)
        for name, column in zip(COLUMNS, columns, strict=True):
            setattr(self, f"_column_{name}", _stored(name, column))
        best = search.best
        best.n_features_in_ = self.n_features_in_
        if hasattr(self, "feature_names_in_"):
            best.feature_names_in_ = self.feature_names_in_
        self._set_parameters(best._parameters(), best.covariance_type)
        self.best_estimator_ = best
        self.report_ = SelectionReport(
            search.rows,
            self.criterion,
            search.skipped,
            best.report_,
            search.ended,
            search.seconds,
        )

    def _set_parameters(self, parameters, kind):
        """Keep the parameters of the best mixture in attributes that `save` writes."""
        self._best_kind = kind
        self.weights_, self.means_ = parameters.weights, parameters.means
        for family in _families():
            for part in ("covariances", "factors"):
                vars(self).pop(f"_{part}_{family}", None)
        family = structure_of(kind).family
        setattr(self, f"_covariances_{family}", parameters.covariances)
        setattr(self, f"_factors_{family}", parameters.precisions_cholesky)
        set_noise(self, parameters)

    if not TYPE_CHECKING:  # type checkers take it for an attribute, which `fit` sets

        @functools.cached_property
        def best_estimator_(self):
            """The best mixture of an estimator that was loaded, made when it is first asked for."""
            if "_best_kind" not in vars(self):
                raise AttributeError(f"{type(self).__name__!r} object has no 'best_estimator_'")
            return self._made_best()

    def _best_parameters(self):
        """The parameters of the best mixture, as a file holds them."""
        family = structure_of(self._best_kind).family
        parameters = Parameters(
            self.weights_,
            self.means_,
            vars(self)[f"_covariances_{family}"],
            vars(self)[f"_factors_{family}"],
        )
        return with_noise_of(self, parameters)

    def _report_from_file(self, values):
        columns = (getattr(self, f"_column_{name}") for name in COLUMNS)
        columns = (
            column.astype(bool) if name == "converged" else column
            for name, column in zip(COLUMNS, columns, strict=True)
        )
        lists = (column.tolist() if hasattr(column, "tolist") else column for column in columns)
        rows = [Row(*row) for row in zip(*lists, strict=True)]
        return SelectionReport._from_file(values, rows, self._best_parameters(), self._best_kind)

    def _made_best(self):
        """The best mixture, from the parameters that a file holds."""
        mixture = GaussianMixture._of(
            self._best_parameters(),
            getattr(self, "feature_names_in_", None),
            covariance_type=self._best_kind,
            tol=self.tol,
            reg_covar=self.reg_covar,
            max_iter=self.max_iter,
            noise=self.noise,
            noise_volume=self.noise_volume,
            prior=self.prior,
            random_state=self.random_state,
            n_threads=self.n_threads,
        )
        if "report_" in vars(self):
            mixture.report_ = self.report_.best
        return mixture

    def _fitted_layouts(self):
        from .._estimator.persistence import Layout

        layouts = noise_layouts(self)
        rest = "noise_weight_" if layouts else None
        layouts |= {
            "weights_": Layout("<f8", ("n_components",), low=0, total=1, rest=rest),
            "means_": Layout("<f8", ("n_components", "n_features_in_")),
            "_best_kind": Layout("str"),
            "report_": Layout("report", optional=True),
        }
        # Arrays come first, since they tell the number of rows.
        for name in sorted(COLUMNS, key=lambda name: name not in _NUMBERS):
            kind = COLUMNS[name]
            if name in _NUMBERS:
                layouts[f"_column_{name}"] = Layout("<i8", ("n_rows",), low=0)
            else:
                kind = "strings" if kind == "U" else "floats"
                layouts[f"_column_{name}"] = Layout(kind, ("n_rows",))
        for family in _families():
            structure = structure_of(family)
            shape = structure.shape("n_components", "n_features_in_")
            for part in ("covariances", "factors"):
                layouts[f"_{part}_{family}"] = Layout(
                    "<f8", shape, positive=structure.variances, optional=True
                )
        return super()._fitted_layouts() | layouts

    def _check_loaded(self):
        """Raise ValueError if attributes that were read do not make a mixture."""
        kind = self._best_kind
        if kind not in covariance_types():
            raise ValueError(f"_best_kind holds {kind!r}, which is no model of covariances")
        family = structure_of(kind).family
        for part in ("covariances", "factors"):
            if f"_{part}_{family}" not in vars(self):
                raise ValueError(f"the fitted attribute _{part}_{family} is missing")


def _families():
    """Names of the structures that other structures share the shapes of."""
    return list(dict.fromkeys(structure_of(name).family for name in covariance_types()))


def _stored(name, column):
    """A column in the form of a file."""
    if name in _NUMBERS:
        return np.array(column, dtype=np.int64)
    return np.array(column, dtype=object) if COLUMNS[name] == "U" else [float(x) for x in column]
