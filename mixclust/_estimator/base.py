"""The base class of all estimators, with the methods that scikit-learn expects.

Parameters are the arguments of ``__init__``, stored under their names. Tags and metadata routing
import scikit-learn inside the methods that only scikit-learn or its users call. The module that
reads and writes files is imported when an estimator is first saved or loaded.
"""

from __future__ import annotations

import inspect
from time import monotonic
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._inputs.annotations import NameArray, Path, Self
from .._inputs.errors import raise_not_fitted, warn_caller
from .._inputs.parameters import check_callback, check_integer, check_verbose
from .._inputs.random import check_seed
from .._version import __version__
from .fit_blocks import unchanged_on_error, watched_fit
from .missing import MissingAttribute, raise_missing
from .output import get_feature_names_out, set_output, wrap_transform
from .routing import get_metadata_routing, request_setters

if TYPE_CHECKING:
    from sklearn.utils import Tags

__all__ = ["Estimator", "MissingAttribute", "raise_missing", "unchanged_on_error", "watched_fit"]


class Estimator:
    """Base class of the estimators.

    A subclass stores the arguments of its ``__init__`` unchanged, under their names. It sets the
    class attribute `_estimator_type` to "clusterer", "density_estimator" or "classifier", and
    `_takes_sparse_rows` to False if it needs dense rows. Its ``fit`` checks rows with
    `check_rows`, which sets `n_features_in_`: an estimator with this attribute is fitted.

    A subclass with a ``transform`` has the attribute or property `_n_features_out`. It receives
    the methods `set_output` and `get_feature_names_out`, and the ndarrays that its ``transform``
    and ``fit_transform`` return are put into a DataFrame if the user requested one. If its
    methods take arguments besides X and y, for example `sample_weight`, it receives
    ``set_fit_request`` and similar methods for scikit-learn's metadata routing.

    A subclass checks its parameters in `_check_params`, as far as this is possible without rows,
    and lists its fitted attributes in `_fitted_layouts`. `save` and `load` use both.
    """

    n_features_in_: int
    feature_names_in_: NameArray

    _estimator_type: str | None = None
    _takes_sparse_rows = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in ("transform", "fit_transform"):
            if name in vars(cls):
                setattr(cls, name, wrap_transform(vars(cls)[name]))
        if hasattr(cls, "transform"):
            cls.set_output = set_output
            if not hasattr(cls, "get_feature_names_out"):
                cls.get_feature_names_out = get_feature_names_out
        for name, setter in request_setters(cls).items():
            setattr(cls, name, setter)

    # Parameters

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters of this estimator.

        Parameters
        ----------
        deep : bool, default=True
            Whether to add the parameters of parameters that are estimators, as "name__parameter".

        Returns
        -------
        params : dict of str to object
            In the order of the constructor's signature.
        """
        params = {}
        for name in _defaults(type(self)):
            value = getattr(self, name)
            params[name] = value
            if deep and hasattr(value, "get_params") and not isinstance(value, type):
                nested = value.get_params().items()
                params.update((f"{name}__{inner}", param) for inner, param in nested)
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters of this estimator.

        Parameters
        ----------
        **params : object
            New values by name; "name__parameter" sets a parameter of the parameter `name`.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If a name is not a parameter; nothing is set then.
        """
        valid = list(_defaults(type(self)))
        for key in params:
            name = key.partition("__")[0]
            if name not in valid:
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self!r}. "
                    f"Valid parameters are: {valid}."
                )
        nested = {}
        for key, value in params.items():
            name, delimiter, inner = key.partition("__")
            if delimiter:
                nested.setdefault(name, {})[inner] = value
            else:
                setattr(self, name, value)
        for name, inner_params in nested.items():
            getattr(self, name).set_params(**inner_params)
        return self

    # Representations

    def __repr__(self) -> str:
        changed = ", ".join(f"{name}={text}" for name, text in self._shown_params(changed=True))
        return f"{type(self).__name__}({changed})"

    def _repr_html_(self):
        """Return the parameters, fitted attributes and the report as HTML without scripts."""
        from .html_repr import html_of  # here, since most processes never need it

        changed = dict(self._shown_params(changed=True))
        return html_of(self, dict(self._shown_params(changed=False)), changed)

    def _repr_mimebundle_(self, **kwargs):
        return {"text/plain": repr(self), "text/html": self._repr_html_()}

    def _shown_params(self, *, changed):
        """Yield names and texts of all parameters, or of the ones that differ from defaults."""
        for name, default in _defaults(type(self)).items():
            value = getattr(self, name)
            if not changed or repr(value) != repr(default):
                yield name, _short_repr(value)

    def _check_params(self):
        """Raise TypeError or ValueError if a parameter is not as described."""

    def _checked_params(self, numbers):
        """Check the parameters that every estimator has, and return all parameters by name.

        Parameters
        ----------
        numbers : dict of str to int or float
            Checked numbers as Python's, which neither overflow nor round as NumPy's do. They
            replace the parameters of these names.

        Returns
        -------
        params : namespace
        """
        check_verbose(self.verbose)
        check_callback(self.callback)
        check_seed(self.random_state)
        check_integer("n_threads", self.n_threads, 1, optional=True)
        params = SimpleNamespace(**vars(self) | numbers)
        if self.verbose or self.callback is not None or "_fit_tasks" in vars(self):
            params._began = monotonic()
        return params

    # Fitted state and pickling

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_features_in_")

    def _check_is_fitted(self):
        if not self.__sklearn_is_fitted__():
            raise_not_fitted(self)

    def __getstate__(self) -> dict[str, Any]:
        state = {**vars(self), "_mixclust_version": __version__}
        state.pop("_fit_tasks", None)  # a callback copies the estimator while it is fitted
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        version = state.pop("_mixclust_version", "an unknown version")
        if version != __version__:
            warn_caller(
                f"This {type(self).__name__} was pickled by mixclust {version} and is loaded by "
                f"mixclust {__version__}; fit it again, or load it with mixclust {version}."
            )
        vars(self).update(state)

    # Files

    def save(self, path: Path) -> None:
        """Write the parameters and the fitted attributes to a file, without pickle.

        The file is a zip archive of a JSON header and of the arrays, which ``numpy.load`` can
        read. An existing file is replaced once the new one is complete. Metadata requests, the
        choice of `set_output` and callbacks of scikit-learn are not saved.

        Parameters
        ----------
        path : str or path-like
            The file to write or replace, under any name.

        Raises
        ------
        TypeError
            If a parameter has a wrong type, or cannot be saved because it is not None, a bool, a
            number, a string, an array of numbers, or a list, tuple, range or dict of these.
            Callables and RandomStates cannot be saved.
            The message names the parameter.
        ValueError
            If a parameter has a wrong value, or if fitted attributes or `covariance_type` were
            replaced by values that do not fit together.
        OSError
            If the file cannot be written.

        Examples
        --------
        >>> import os, tempfile
        >>> from mixclust import GaussianMixture
        >>> mixture = GaussianMixture(2, random_state=0).fit([[0.0], [1.0], [8.0], [9.0]])
        >>> with tempfile.TemporaryDirectory() as directory:
        ...     path = os.path.join(directory, "mixture.mixclust")
        ...     mixture.save(path)
        ...     loaded = GaussianMixture.load(path)
        >>> bool(loaded.predict([[2.0]])[0] == mixture.predict([[2.0]])[0])
        True
        """
        self._write(path)

    def _write(self, path, without=()):
        """Save all parameters, and all fitted attributes but the ones named in `without`."""
        from .persistence import write_model

        write_model(path, self, __version__, without)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read an estimator from a file that `save` wrote. Loading never runs code of the file.

        Parameters
        ----------
        path : str or path-like
            The file.

        Returns
        -------
        estimator : object
            Its results equal the results of the saved estimator bit for bit. Numbers among its
            parameters are Python numbers, and array-likes are arrays.

        Raises
        ------
        OSError
            If the file cannot be opened.
        ValueError
            If the file was not written by `save` of the same class or is damaged, if parameters
            have wrong values, or if attributes do not fit together. Shapes, dtypes and sizes are
            checked before arrays are read.
        """
        from .persistence import read_model

        return read_model(path, cls)

    def _fitted_layouts(self):
        """Return the fitted attributes by name, each with its `Layout`."""
        from .persistence import Layout

        return {
            "n_features_in_": Layout("int", low=1),
            "feature_names_in_": Layout("strings", ("n_features_in_",), optional=True),
        }

    def _layouts_of_file(self, values):
        """Return the layouts for a file, of which `values` are the attributes but for arrays."""
        return self._fitted_layouts()

    def _check_loaded(self):
        """Raise ValueError if attributes that were read from a file do not fit together."""

    def _report_to_file(self, report):
        """Return the values of a report that a file holds."""
        return report._to_file()

    def _report_from_file(self, values):
        """Return a report from the values of a file; ValueError if they are not sound."""
        raise NotImplementedError

    # Tags and metadata routing of scikit-learn

    def __sklearn_tags__(self) -> Tags:
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        transformer_tags = TransformerTags(preserves_dtype=["float64", "float32"])
        return Tags(
            estimator_type=self._estimator_type,
            target_tags=TargetTags(required=False),
            transformer_tags=transformer_tags if hasattr(self, "transform") else None,
            classifier_tags=None,
            regressor_tags=None,
            input_tags=InputTags(sparse=self._takes_sparse_rows),
        )

    get_metadata_routing = get_metadata_routing

    def set_callbacks(self, *callbacks: Any) -> Self:
        """Set callbacks of scikit-learn 1.9 or later, in place of the ones that were set.

        They are told of the fit, of each run, its start and its iterations, and may end a run;
        docs/watching.md lists the tasks. Copies of ``sklearn.base.clone`` have them too.

        Parameters
        ----------
        *callbacks : object
            Instances of callbacks, for example ``sklearn.callback.ProgressBar()``; none removes
            all.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ImportError
            If scikit-learn is not installed, or is older than 1.9.
        TypeError
            If a callback does not follow the protocol ``sklearn.callback.FitCallback``.
        """
        from .fit_tasks import callback_support

        return callback_support().set_callbacks(self, *callbacks)

    def _attributes_at(self, state):
        """Fitted attributes at an iteration, by which a callback can have a fitted estimator."""


def _defaults(cls):
    """Return the parameters of a class: the arguments of its ``__init__`` with their defaults."""
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    return {parameter.name: parameter.default for parameter in parameters}


def _short_repr(value, limit=80):
    """Return ``repr(value)`` in one line: shortened if long, and the shape of a large array."""
    text = " ".join(repr(value).split())
    if len(text) <= limit:
        return text
    if isinstance(value, np.ndarray):
        return f"<array of shape {value.shape}, {value.dtype}>"
    half = limit // 2
    return f"{text[:half]}...{text[-half:]}"
