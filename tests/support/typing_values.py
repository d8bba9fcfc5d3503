"""`assert_type` for values: at run time, as type checkers do it before."""

import types
from typing import Any, Union, get_args, get_origin

import numpy as np

__all__ = ["assert_type"]


def assert_type(value, type_):
    """Require that a value is of a type like ``tuple[NDArray[np.int32], float]``."""
    assert is_of_type(value, type_), f"{value!r} is of type {type(value)}, not {type_}"


def is_of_type(value, type_):
    """Whether a value is of a type, the contents of containers and the dtypes of arrays too."""
    origin, arguments = get_origin(type_), get_args(type_)
    if hasattr(origin, "__value__"):  # NDArray, which NumPy 2.5 made an alias of its own kind
        return is_of_type(value, origin.__value__[arguments])
    if type_ is Any:
        return True
    if origin in (Union, types.UnionType):
        return any(is_of_type(value, argument) for argument in arguments)
    if origin is np.ndarray:
        [scalar] = get_args(arguments[1])
        return isinstance(value, np.ndarray) and issubclass(
            value.dtype.type, get_origin(scalar) or scalar
        )
    if origin is tuple:
        return len(value) == len(arguments) and all(map(is_of_type, value, arguments))
    if origin is list:
        return type(value) is list and all(is_of_type(item, arguments[0]) for item in value)
    if origin is dict:
        return type(value) is dict and all(
            is_of_type(key, arguments[0]) and is_of_type(item, arguments[1])
            for key, item in value.items()
        )
    return type(value) is type_
