"""Parameters in the form in which a file without pickle holds them."""

import numbers

import numpy as np

from .._inputs.tables import as_array

__all__ = ["RefusedError", "plain", "storable", "stored"]

MAX_RANGE = 1_000_000
"""Numbers in a range that is a parameter, at most: a file must not make a check endless."""


class RefusedError(Exception):
    """The reason why a file is not loaded or written."""


def storable(name, value):
    """Return a parameter in the form of the file: None, bool, number, string, array, or a dict.

    A dict stands for a container, see `_container`.
    """
    container = _container(name, value)
    if container is not None:
        return container
    if value is None or isinstance(value, (str, bool, np.bool_, numbers.Real)):
        return plain(value)
    array = as_array(value, name)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise TypeError(
            f"{name} is of type {type(value).__name__} and cannot be saved (as an array it has "
            f"dtype {array.dtype}): a file without pickle holds None, bools, numbers, strings, "
            "arrays of NumPy's bools, integers and floats of at most 8 bytes, and lists, tuples, "
            f"ranges and dicts of them. Save after set_params({name.partition('[')[0]}=...) with "
            "one of these, and set it again after loading."
        )
    return _little_endian(array)


def _container(name, value):
    """Return a range, list, tuple or dict as a dict of its type and its items, else None.

    An array among the items becomes a list.
    """
    if type(value) is range:
        return {"range": [value.start, value.stop, value.step]}
    if type(value) in (list, tuple):
        items = (storable(f"{name}[{i}]", item) for i, item in enumerate(value))
        return {type(value).__name__: [_as_list(item) for item in items]}
    if isinstance(value, dict):
        pairs = []
        for key, item in value.items():
            pair = storable(f"{name}[key {key!r}]", key), storable(f"{name}[{key!r}]", item)
            pairs.append([_as_list(part) for part in pair])
        return {"dict": pairs}
    return None


def _as_list(item):
    return {"list": item.tolist()} if isinstance(item, np.ndarray) else item


def stored(name, value):
    """Return a parameter from the header, with containers as `_container` wrote them."""
    if type(value) is not dict:
        if type(value) not in (type(None), bool, int, float, str):
            raise RefusedError(f"its parameter {name} is of type {type(value).__name__}")
        return value
    [(kind, items)] = value.items()
    if kind == "range" and len(range(*items)) <= MAX_RANGE:
        return range(*items)
    if kind in ("list", "tuple"):
        found = [item if type(item) is list else stored(name, item) for item in items]
        return found if kind == "list" else tuple(found)
    if kind == "dict":
        return {stored(name, key): stored(name, item) for key, item in items}
    raise RefusedError(f"its parameter {name} is of an unknown type")


def plain(value):
    """Return a value as a Python object, or as an array in the byte order of the file."""
    if isinstance(value, np.ndarray):
        return value.tolist() if value.dtype.kind in "OU" else _little_endian(value)
    return value.item() if isinstance(value, np.generic) else value


def _little_endian(array):
    return np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
