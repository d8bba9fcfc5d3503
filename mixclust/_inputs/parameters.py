"""Checks of parameters: numbers, options and callables."""

import math
import numbers
import sys

import numpy as np


def check_bool(name, value):
    """Raise TypeError unless a parameter is a bool.

    Parameters
    ----------
    name : str
        Name of the parameter in messages.
    value : object
        Value of the parameter.

    Raises
    ------
    TypeError
        If it is not a bool of Python or NumPy. 0 and 1 are refused.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(
            f"{name} must be True or False, got {value!r} of type {type(value).__name__}."
        )


def check_integer(name, value, minimum, auto=False, optional=False):
    """Return an integer parameter as a Python int, which never overflows.

    Parameters
    ----------
    name : str
        Name of the parameter in messages.
    value : object
        Value of the parameter.
    minimum : int
        The least value allowed.
    auto : bool, default=False
        Whether "auto" is allowed too.
    optional : bool, default=False
        Whether None is allowed too.

    Returns
    -------
    value : int, "auto" or None

    Raises
    ------
    TypeError
        If the value is not an integer. True and False are refused.
    ValueError
        If it is less than the minimum, or more than the kernels can count.
    """
    if auto and isinstance(value, str) and value == "auto":
        return value
    if optional and value is None:
        return None
    is_integer = type(value) is int or (  # first, since the test of the abstract class is slow
        isinstance(value, numbers.Integral) and not isinstance(value, (bool, np.timedelta64))
    )
    if not is_integer:
        wanted = "an int" + (" or 'auto'" if auto else " or None" if optional else "")
        raise TypeError(f"{name} must be {wanted}, got {value!r} of type {type(value).__name__}.")
    if value < minimum:
        other = " or 'auto'" if auto else " or None" if optional else ""
        raise ValueError(f"{name}={value} must be at least {minimum}{other}.")
    if value > sys.maxsize:
        raise ValueError(f"{name}={value} must be at most {sys.maxsize}.")
    return int(value)


def check_verbose(verbose):
    """Raise an error unless `verbose` is a bool or an integer of at least 0.

    Parameters
    ----------
    verbose : object
        Value of the parameter.

    Raises
    ------
    TypeError
        If it is neither a bool nor an integer.
    ValueError
        If it is negative.
    """
    if not isinstance(verbose, (bool, np.bool_)):
        check_integer("verbose", verbose, 0)


def check_real(name, value, minimum, inclusive=True, auto=False):
    """Return a real parameter as a float.

    Parameters
    ----------
    name : str
        Name of the parameter in messages.
    value : object
        Value of the parameter.
    minimum : float
        The lower bound.
    inclusive : bool, default=True
        Whether the bound itself is allowed.
    auto : bool, default=False
        Whether "auto" is allowed too.

    Returns
    -------
    value : float or "auto"

    Raises
    ------
    TypeError
        If the value is not a real number. True and False are refused.
    ValueError
        If it is not finite or too small.
    """
    if auto and isinstance(value, str) and value == "auto":
        return value
    is_real = type(value) is float or (  # first, since the test of the abstract class is slow
        isinstance(value, numbers.Real) and not isinstance(value, (bool, np.timedelta64))
    )
    if not is_real:
        wanted = "a number or 'auto'" if auto else "a number"
        raise TypeError(f"{name} must be {wanted}, got {value!r} of type {type(value).__name__}.")
    if not math.isfinite(value):
        raise ValueError(f"{name}={value} must be finite.")
    if value < minimum or (value == minimum and not inclusive):
        bound = "at least" if inclusive else "greater than"
        raise ValueError(f"{name}={value} must be {bound} {minimum}.")
    return float(value)


def check_option(name, value, options):
    """Return a parameter that is one of several strings.

    Parameters
    ----------
    name : str
        Name of the parameter in messages.
    value : object
        Value of the parameter.
    options : iterable of str
        Allowed values.

    Returns
    -------
    value : str

    Raises
    ------
    TypeError
        If the value is not a string.
    ValueError
        If it is none of the options.
    """
    if isinstance(value, str) and value in options:
        return value
    listed = ", ".join(repr(option) for option in options)
    if not isinstance(value, str):
        kind = type(value).__name__
        raise TypeError(f"{name} must be one of {listed}, got an object of type {kind}.")
    alike = [option for option in options if option.casefold() == value.casefold()]
    hint = f" Did you mean {alike[0]!r}?" if alike else ""
    raise ValueError(f"{name}={value!r} must be one of {listed}.{hint}")


def check_callback(callback):
    """Raise TypeError unless a callback is None or callable.

    Parameters
    ----------
    callback : callable or None
        Value of the parameter.

    Raises
    ------
    TypeError
        If it is neither None nor callable.
    """
    if callback is not None and not callable(callback):
        raise TypeError(f"callback={callback!r} cannot be called; pass a function of one argument.")
