"""The part of the estimators over Dask that both families share."""

from __future__ import annotations

import copy
import inspect
from typing import Any, ClassVar

import dask.array as da
import numpy as np

from .._estimator.base import Estimator, unchanged_on_error
from .._inputs.annotations import Path, Self
from .._inputs.features import compare_features
from .._inputs.parameters import check_integer
from ._collections import form_of, is_frame
from ._parts import DaskParts
from ._progress import make_reporter
from ._schedulers import find_scheduler
from ._tasks import answer

__all__ = ["DaskEstimator", "take_parameters"]

CALLBACKS = {"_skl_callbacks", "_parent_callback_ctx"}
"""Attributes by which scikit-learn's callbacks watch an estimator."""

OWN = ("client", "progress")
"""Parameters that the plain estimators have not."""


class DaskEstimator(Estimator):
    """An estimator over Dask, which takes the attributes of a plain one fitted to partitions.

    A subclass names the plain class in `_plain`, and in `_of_answers` the parameters that its
    answers depend on.
    """

    _plain: ClassVar[type]
    _of_answers: ClassVar[tuple[str, ...]]
    _takes_sparse_rows = False

    client: Any
    n_threads: Any

    def to_local(self) -> Any:
        """The plain estimator with these parameters and fitted attributes.

        Returns
        -------
        estimator : mixclust.KMeans or mixclust.GaussianMixture
            Its arrays are copies. It is fitted, but for `labels_` of k-means: its ``predict``
            labels rows in memory.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        self._check_is_fitted()
        return self._to_plain()

    def to_sklearn(self) -> Any:
        """The estimator of scikit-learn with these parameters and fitted attributes.

        Returns
        -------
        estimator : sklearn.cluster.KMeans or sklearn.mixture.GaussianMixture
            As ``to_local().to_sklearn()``.
        """
        return self.to_local().to_sklearn()

    def save(self, path: Path) -> None:
        """Write the plain estimator to a file: the same as ``to_local().save(path)``.

        Parameters
        ----------
        path : str or path-like
            The file to write or replace.
        """
        self.to_local().save(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read an estimator from a file that `save` of this or of the plain class wrote.

        Parameters
        ----------
        path : str or path-like
            The file.

        Returns
        -------
        estimator : object
            With ``client=None``.
        """
        plain = cls._plain.load(path)
        estimator = cls(**plain.get_params(deep=False))
        estimator._take(plain)
        return estimator

    def _check_params(self):
        make_reporter(self.progress)
        self._to_plain(fitted=False)._check_params()

    def _fit(self, X, sample_weight):
        """Fit to a collection and return it; an error leaves the estimator as before."""
        with unchanged_on_error(self):
            self._check_params()
            plain = self._to_plain()
            for name in CALLBACKS & vars(self).keys():
                setattr(plain, name, vars(self)[name])
            plain.fit(self._parts(X, sample_weight, make_reporter(self.progress)))
            self._take(plain)

    def _parts(self, X, sample_weight, progress=None):
        n_threads = check_integer("n_threads", self.n_threads, 1, optional=True)
        return DaskParts(X, sample_weight, find_scheduler(self.client), n_threads, progress)

    def _sum(self, X, sample_weight, task):
        """Sum of the results of a task, whose request is a slim plain estimator."""
        model, _ = self._model_for(X)
        return self._parts(X, sample_weight).total(task, model, 1)

    def _ask(self, X, method, dtype, n_columns=None):
        """Lazy answer about rows of X: the result of a method of the plain estimator.

        Parameters
        ----------
        X : dask.array.Array or dask.dataframe.DataFrame
        method : str
        dtype : type or None
            Of the answer; None: that of X.
        n_columns : int or None
            Columns of the answer; None if it has one number a row.

        Returns
        -------
        answer : dask.array.Array
        """
        model, form = self._model_for(X)
        dtype = form.dtype if dtype is None else dtype
        shape = (0,) if n_columns is None else (0, n_columns)
        empty = np.empty(shape, dtype=dtype)
        if is_frame(X):
            return X.map_partitions(
                answer, model, method, empty, meta=empty, align_dataframes=False
            )
        kinds = {"drop_axis": 1} if n_columns is None else {"chunks": (X.chunks[0], (n_columns,))}
        return da.map_blocks(answer, X, model, method, empty, dtype=dtype, meta=empty, **kinds)

    def _model_for(self, X):
        """Slim plain estimator that answers about rows of X, after a check of them; their form."""
        self._check_is_fitted()
        form = form_of(X)
        compare_features(self, form.n_features, form.names, "X")
        model = self._to_plain()
        for name in ("report_", "lower_bounds_"):
            vars(model).pop(name, None)
        defaults = self._plain().get_params(deep=False)
        for name in set(defaults) - {*self._of_answers, "n_threads"}:
            setattr(model, name, defaults[name])
        return model, form

    def _to_plain(self, fitted=True):
        """A plain estimator with these parameters, and with the fitted attributes if any."""
        params = self.get_params(deep=False)
        plain = self._plain(**{name: params[name] for name in params if name not in OWN})
        if fitted:
            for name in self._fitted_names():
                value = vars(self)[name]
                value = value.copy() if isinstance(value, np.ndarray) else copy.copy(value)
                setattr(plain, name, value)
        return plain

    def _fitted_names(self):
        """Names of the fitted attributes, without the lazy labels."""
        return list(filter(_is_fitted, vars(self)))

    def _take(self, plain):
        """Take the fitted attributes of a plain estimator in place of the own ones."""
        for name in [*self._fitted_names(), "labels_"]:
            vars(self).pop(name, None)
        for name, value in vars(plain).items():
            if _is_fitted(name):
                setattr(self, name, value)

    def __sklearn_clone__(self) -> Self:
        """Return an unfitted copy for ``sklearn.base.clone``: a client cannot be copied."""
        from sklearn.base import clone

        params = self.get_params(deep=False)
        copies = {name: clone(params[name], safe=False) for name in params if name != "client"}
        cloned = type(self)(**copies, client=self.client)
        for name in ("_metadata_request", "_sklearn_output_config"):
            if name in vars(self):
                setattr(cloned, name, copy.deepcopy(vars(self)[name]))
        if "_skl_callbacks" in vars(self):
            cloned._skl_callbacks = self._skl_callbacks
        return cloned

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state.pop("labels_", None)
        return state | {"client": None}


def _is_fitted(name):
    """Whether a name is that of a fitted attribute; `labels_` is not, since it is lazy here."""
    if name == "_cluster_sizes":
        return True
    return name.endswith("_") and not name.startswith("_") and name != "labels_"


def take_parameters(cls):
    """Add the documentation of the parameters of the plain class to a class.

    Parameters
    ----------
    cls : type
        A subclass of `DaskEstimator`. Parameters that its docstring describes stay as they are.

    Returns
    -------
    cls : type
        The same class.
    """
    if cls.__doc__ is None:  # python -OO
        return cls
    own, plain = inspect.cleandoc(cls.__doc__), inspect.cleandoc(cls._plain.__doc__)
    heading = "Parameters\n----------\n"
    begin, end = own.split(heading)
    described = plain.split(heading)[1].split("\n\nAttributes\n")[0].split("\nn_threads :")[0]
    cls.__doc__ = f"{begin}{heading}{described}\n{end}"
    return cls
