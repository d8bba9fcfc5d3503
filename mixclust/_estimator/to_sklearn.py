"""Parts of `to_sklearn` that all estimators share."""

import importlib

import numpy as np

__all__ = ["hand_over", "shared_params", "sklearn_class"]


def sklearn_class(module, name):
    """Return the class `name` of the module `module` of scikit-learn.

    Raises
    ------
    ImportError
        If scikit-learn is not installed. The message tells how to install it.
    """
    try:
        return getattr(importlib.import_module(f"sklearn.{module}"), name)
    except ImportError as error:
        raise ImportError(
            "to_sklearn needs scikit-learn, which is not installed; install it with "
            "`python -m pip install scikit-learn`."
        ) from error


def shared_params(ours, theirs):
    """Return the parameters of `ours` that `theirs` has too, by name.

    A Generator becomes a RandomState that draws from the same bit generator.
    """
    values = ours.get_params(deep=False)
    params = {name: values[name] for name in theirs.get_params(deep=False)}
    if isinstance(params["random_state"], np.random.Generator):
        params["random_state"] = np.random.RandomState(params["random_state"].bit_generator)
    return params


def hand_over(ours, theirs, names):
    """Copy fitted attributes from `ours` to `theirs`, and return `theirs`."""
    for name in (*names, "n_features_in_", "feature_names_in_"):
        if hasattr(ours, name):
            value = getattr(ours, name)
            setattr(theirs, name, value.copy() if hasattr(value, "copy") else value)
    return theirs
