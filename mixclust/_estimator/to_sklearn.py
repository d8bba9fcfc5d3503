"""Parts of `to_sklearn` that all estimators share."""

import numpy as np

__all__ = ["absent", "hand_over", "random_state_of"]


def absent():
    """Return the ImportError that tells how to install scikit-learn."""
    return ImportError(
        "to_sklearn needs scikit-learn, which is not installed; install it with "
        "`python -m pip install scikit-learn`."
    )


def random_state_of(estimator):
    """Return the `random_state` for scikit-learn, with the bits of a Generator as a RandomState."""
    random_state = estimator.random_state
    if isinstance(random_state, np.random.Generator):
        return np.random.RandomState(random_state.bit_generator)
    return random_state


def hand_over(ours, theirs, names):
    """Copy fitted attributes from `ours` to `theirs`, and return `theirs`."""
    for name in (*names, "n_features_in_", "feature_names_in_"):
        if hasattr(ours, name):
            value = getattr(ours, name)
            setattr(theirs, name, value.copy() if hasattr(value, "copy") else value)
    return theirs
