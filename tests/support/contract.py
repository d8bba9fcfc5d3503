"""scikit-learn's checks of an estimator, the more that it leaves out, and how they are run."""

import functools
import unittest
import warnings

import pytest
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from mixclust import CollapseWarning


def name_of(check):
    """Name of a check, also of one with some arguments already given."""
    return name_of(check.func) if isinstance(check, functools.partial) else check.__name__


def all_checks(estimator, more, start_dependent):
    """Parameter sets for everything that scikit-learn has for an estimator like ours.

    Parameters
    ----------
    estimator : object
        With its defaults.
    more : list of str or callable
        Checks that `check_estimator` leaves out, by name or taking a name and an estimator.
    start_dependent : dict of str to object
        The estimator to check instead, where fits with other random starts are compared.
    """
    name = type(estimator).__name__
    with warnings.catch_warnings():
        # It does not inherit from BaseEstimator, which is the point.
        warnings.filterwarnings("ignore", f"Estimator {name} does not inherit", UserWarning)
        _, pairs = parametrize_with_checks([estimator]).args
        pairs = list(pairs)
    for check in more:
        check = getattr(estimator_checks, check) if isinstance(check, str) else check
        pairs.append((estimator, functools.partial(check, name)))
    return [
        pytest.param(start_dependent.get(name_of(check), checked), check, id=name_of(check))
        for checked, check in pairs
    ]


def run_check(estimator, check, monkeypatch):
    """Run a check, which may not be skipped."""
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # without it the check of array API input is
    try:
        with warnings.catch_warnings():
            # Features of some checks depend on each other.
            warnings.simplefilter("ignore", CollapseWarning)
            check(estimator)
    except unittest.SkipTest as skip:
        pytest.fail(f"scikit-learn skipped {name_of(check)}: {skip}")
