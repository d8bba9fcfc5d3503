"""Metadata routing: the arguments besides X and y that scikit-learn may pass on to a method.

scikit-learn is imported inside the functions that only scikit-learn or its users call.
`Estimator` gives every subclass `get_metadata_routing`, and ``set_fit_request`` and similar
methods for the methods that take metadata. Requests are stored in ``_metadata_request``, the
attribute that ``sklearn.base.clone`` copies.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklearn.utils.metadata_routing import MetadataRequest

__all__ = ["get_metadata_routing", "request_setters"]

# scikit-learn's constant sklearn.utils.metadata_routing.UNCHANGED.
_UNCHANGED = "$UNCHANGED$"

_DOC = """Choose the metadata that scikit-learn's metadata routing passes on to ``{method}``.

Parameters
----------
{parameters}
Returns
-------
self : object
    The estimator.

Raises
------
RuntimeError
    If metadata routing is not enabled in scikit-learn's configuration.
"""

_DOC_PARAMETER = """{name} : bool, None or str, default="$UNCHANGED$"
    True requests `{name}`, False does not, None makes it an error to pass it to ``{method}``, and
    a string requests the metadata of this name.
"""

# Arguments that are no metadata of the rows.
_NO_METADATA = ("self", "X", "y", "out")

# The methods that may take metadata, for example sample_weight.
_METHODS = ("fit", "partial_fit", "predict", "transform", "score")


def get_metadata_routing(self) -> MetadataRequest:
    """Return the metadata that the methods request, for scikit-learn's metadata routing.

    Returns
    -------
    routing : sklearn.utils.metadata_routing.MetadataRequest
        A new object.
    """
    from sklearn.utils.metadata_routing import MetadataRequest, get_routing_for_object

    if hasattr(self, "_metadata_request"):
        return get_routing_for_object(self._metadata_request)
    routing = MetadataRequest(owner=type(self).__name__)
    for method, metadata in _metadata(type(self)).items():
        for name in metadata:
            getattr(routing, method).add_request(param=name, alias=None)
    return routing


def request_setters(cls):
    """Return the methods ``set_fit_request`` and so on for a class.

    Parameters
    ----------
    cls : type
        Class of an estimator.

    Returns
    -------
    setters : dict of str to function
        The methods by name.
    """
    return {
        f"set_{method}_request": _request_setter(method, metadata)
        for method, metadata in _metadata(cls).items()
    }


def _metadata(cls):
    """Return the methods that take metadata, with the names of these arguments."""
    metadata = {}
    for method in _METHODS:
        if hasattr(cls, method):
            names = inspect.signature(getattr(cls, method)).parameters
            metadata[method] = [name for name in names if name not in _NO_METADATA]
    return {method: names for method, names in metadata.items() if names}


def _request_setter(method, metadata):
    """Return the method ``set_{method}_request``, which takes the metadata by keyword."""

    def set_request(self, **requests):
        import sklearn

        if not sklearn.get_config()["enable_metadata_routing"]:
            raise RuntimeError(
                "This method is only available when metadata routing is enabled. You can enable "
                "it using sklearn.set_config(enable_metadata_routing=True)."
            )
        unknown = sorted(set(requests) - set(metadata))
        if unknown:
            raise TypeError(f"{unknown} are not metadata of {method}; it takes {metadata}.")
        routing = self.get_metadata_routing()
        for name, alias in requests.items():
            if alias != _UNCHANGED:
                getattr(routing, method).add_request(param=name, alias=alias)
        self._metadata_request = routing
        return self

    set_request.__name__ = f"set_{method}_request"
    set_request.__qualname__ = f"Estimator.{set_request.__name__}"
    set_request.__doc__ = _DOC.format(
        method=method,
        parameters="".join(_DOC_PARAMETER.format(name=name, method=method) for name in metadata),
    )
    parameters = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)] + [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=_UNCHANGED)
        for name in metadata
    ]
    set_request.__signature__ = inspect.Signature(parameters)
    return set_request
