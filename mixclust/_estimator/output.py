"""Containers for the result of ``transform``: arrays, or DataFrames if the user requests them.

`Estimator` gives every subclass that has a ``transform`` the two methods of this module, and
wraps its ``transform`` and ``fit_transform``. The choice is stored in ``_sklearn_output_config``,
the attribute that ``sklearn.base.clone`` copies.
"""

from __future__ import annotations

import functools
import importlib
import sys
from typing import Any, get_args

import numpy as np

from .._inputs.annotations import ArrayLike, Container, NameArray
from .._inputs.features import compare_input_features

__all__ = ["get_feature_names_out", "set_output", "wrap_transform"]

_CONTAINERS = get_args(Container)


def set_output(self, *, transform: Container | None = None) -> Any:
    """Choose the container that ``transform`` and ``fit_transform`` return.

    Parameters
    ----------
    transform : {"default", "pandas", "polars"}, default=None
        "default" is an ndarray; the others are DataFrames with the column names of
        `get_feature_names_out`. None changes nothing. Without a choice,
        ``sklearn.set_config(transform_output=...)`` decides if scikit-learn is loaded.

    Returns
    -------
    self : object
        The estimator.

    Raises
    ------
    ValueError
        If `transform` has another value.
    """
    if transform is not None:
        _check_container(transform)
        self._sklearn_output_config = {"transform": transform}
    return self


def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NameArray:
    """Return the names of the columns that ``transform`` returns.

    Parameters
    ----------
    input_features : array-like of str of shape (n_features,), default=None
        Compared with the features seen by ``fit``, and not used otherwise.

    Returns
    -------
    names : ndarray of shape (n_features_out,), dtype object
        The name of the class in lower case and a number: "kmeans0", "kmeans1" and so on.

    Raises
    ------
    NotFittedError
        Before ``fit``.
    ValueError
        If `input_features` differ from the features seen by ``fit``.
    """
    self._check_is_fitted()
    if input_features is not None:
        compare_input_features(self, input_features)
    prefix = type(self).__name__.lower()
    return np.array([f"{prefix}{k}" for k in range(self._n_features_out)], dtype=object)


def wrap_transform(method):
    """Wrap a method like ``transform`` to put its result into the container of `set_output`.

    Parameters
    ----------
    method : function
        Takes ``self`` and X and returns an ndarray of shape (n_samples, n_features_out).

    Returns
    -------
    wrapped : function
        A method with the same signature and documentation.
    """

    @functools.wraps(method)
    def wrapped(self, X, *args, **kwargs):
        table = method(self, X, *args, **kwargs)
        container = _asked_container(self)
        # transform has put the result of fit_transform into a container already, and `out` says
        # where else a result goes.
        if container == "default" or not isinstance(table, np.ndarray) or "out" in kwargs:
            return table
        return _contain(table, X, self.get_feature_names_out(), container)

    return wrapped


def _asked_container(estimator):
    """Return the choice of `set_output`, or else of scikit-learn's configuration."""
    chosen = getattr(estimator, "_sklearn_output_config", {}).get("transform")
    if chosen is not None:
        return chosen
    # Absent while scikit-learn is not loaded, or is just being imported by another thread.
    get_config = getattr(sys.modules.get("sklearn"), "get_config", None)
    return "default" if get_config is None else _check_container(get_config()["transform_output"])


def _check_container(container):
    if container not in _CONTAINERS:
        listed = ", ".join(repr(name) for name in _CONTAINERS)
        raise ValueError(f"transform={container!r} must be one of {listed}.")
    return container


def _contain(table, X, columns, container):
    """Return a table as a DataFrame, with the index of X if both are of pandas."""
    try:
        library = importlib.import_module(container)
    except ImportError as error:
        raise ImportError(
            f"transform output {container!r} needs {container}; install it, or call "
            "set_output(transform='default')."
        ) from error
    if container == "polars":
        return library.DataFrame(table, schema=columns.tolist(), orient="row")
    index = X.index if isinstance(X, library.DataFrame) else None
    return library.DataFrame(table, index=index, columns=columns, copy=False)
