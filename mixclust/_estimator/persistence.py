"""Estimators in files, without pickle: a zip archive of .npy arrays and a JSON header.

Loading runs no code of a file and trusts no size in it. Arrays are stored uncompressed. Their
sizes in the directory of the archive, the shapes and dtypes in their headers and the layouts of
the class must agree before any array is read. The archive has a checksum of every member.
"""

import json
import math
import os
import re
import struct
import zipfile
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .._inputs.wording import with_article
from .atomic_write import write_atomically
from .stored_values import RefusedError, plain, storable, stored

__all__ = ["LABELS", "Layout", "LoadError", "read_model", "write_model"]

FORMAT = 1
"""Version of the format. Raise it if files of older versions can no longer be read."""

ROUNDING = 1e-6
"""Largest difference between a sum of values and `Layout.total`."""

LABELS = "<i8 <i4 <i2 |i1 <u8 <u4 <u2 |u1 |b1 <f8 <f4 <f2 strings"
"""Kind of a `Layout`: class labels, which are numbers, bools or strings."""

HEADER = "mixclust.json"
_MEMBER = re.compile(r"(?P<part>parameters|attributes)/(?P<name>\w+)\.npy")

# An array as write_array writes it: version 1.0, a plain dtype, in C order.
_NPY_START = b"\x93NUMPY\x01\x00"
_NPY_HEADER = re.compile(
    rb"\{'descr': '([<|][biuf]\d)', 'fortran_order': False, "
    rb"'shape': \(((?:\d{1,18}, ?)*\d{0,18})\), \} *\n"
)

# Exceptions of the standard library and NumPy for a file that is damaged, on purpose or not.
_DAMAGE = (
    EOFError,
    KeyError,
    OSError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
)


class Layout(NamedTuple):
    """Type, shape and range of a fitted attribute.

    Attributes
    ----------
    kind : str
        Allowed dtypes of an array, for example "<f4 <f8", among them "strings" where it may also be
        an array of strings; or "bool", "int", "float", "str", "floats" (a list), "strings" (an
        array of objects) or "report" (a report, which the estimator itself reads and writes).
    shape : tuple of str
        Names of sizes. A name stands for the same size in all attributes.
    low : int or None
        Smallest allowed value.
    below : str or None
        Name of a size. All values must be less than this size.
    total : int or None
        Required sum of the values.
    rest : str or None
        Name of a "float" attribute that is added to the sum.
    positive : callable or None
        Function that returns the values of the array that must be positive, for example its
        diagonal.
    optional : bool
        Whether a fitted estimator may lack the attribute.
    """

    kind: str
    shape: tuple = ()
    low: int | None = None
    below: str | None = None
    total: int | None = None
    rest: str | None = None
    positive: Callable | None = None
    optional: bool = False


class LoadError(ValueError):
    """A file cannot be loaded, for a `reason`; `header` is its header, empty if it is damaged."""

    def __init__(self, path, cls, reason, header):
        super().__init__(f"{os.fspath(path)!r} cannot be loaded as {cls.__name__}: {reason}.")
        self.reason, self.header = reason, header


# Writing


def write_model(path, estimator, version, without=()):
    """Write an estimator's parameters and fitted attributes to a file.

    Parameters
    ----------
    path : str or path-like
    estimator : Estimator
    version : str
        Version of mixclust.
    without : sequence of str, default=()
        Fitted attributes to leave out. Their layouts must be optional.

    Raises
    ------
    TypeError
        If a parameter has a wrong type, or is not None, a bool, a number, a string or an array
        of numbers.
    ValueError
        If a parameter has a wrong value, or the fitted attributes do not fit together.
    OSError
        If the file cannot be written.
    """
    estimator._check_params()
    layouts = estimator._fitted_layouts() if estimator.__sklearn_is_fitted__() else {}
    fitted = {
        name: getattr(estimator, name)
        for name in layouts
        if name not in without and hasattr(estimator, name)
    }
    parts = {
        "parameters": {
            name: storable(name, value) for name, value in estimator.get_params(deep=False).items()
        },
        "attributes": {
            name: estimator._report_to_file(value)
            if layouts[name].kind == "report"
            else plain(value)
            for name, value in fitted.items()
        },
    }
    header = {"format": FORMAT, "class": type(estimator).__name__, "mixclust": version}
    # Other arrays of strings hold Python's objects.
    header["text"] = [name for name, value in fitted.items() if _is_text(value)]
    arrays = {}
    for part, values in parts.items():
        is_array = {name: isinstance(value, np.ndarray) for name, value in values.items()}
        header[part] = {name: value for name, value in values.items() if not is_array[name]}
        arrays[part] = {name: value for name, value in values.items() if is_array[name]}
    try:
        specs = {name: (array.dtype, array.shape) for name, array in arrays["attributes"].items()}
        sizes = _check_layouts(layouts, header["attributes"], specs)
        for name, array in arrays["attributes"].items():
            _check_values(name, array, layouts[name], sizes)
    except RefusedError as error:
        raise ValueError(f"This {type(estimator).__name__} cannot be saved: {error}.") from None
    with write_atomically(path) as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo(HEADER), json.dumps(header))
        for part, named in arrays.items():
            for name, array in named.items():
                _write_array(archive, f"{part}/{name}.npy", array)


def _is_text(value):
    return isinstance(value, np.ndarray) and value.dtype.kind == "U"


def _write_array(archive, name, array):
    with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as member:
        np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)


# Reading


def read_model(path, cls):
    """Read an estimator from a file.

    Parameters
    ----------
    path : str or path-like
    cls : type
        The class of the estimator, an Estimator.

    Returns
    -------
    estimator : object

    Raises
    ------
    OSError
        If the file cannot be opened.
    LoadError
        If the file was not written by `write_model` for this class, or is damaged.
    """
    header = {}
    with open(path, "rb") as file:
        try:
            return _read(file, cls, header)
        except RefusedError as error:
            reason = str(error)
        except _DAMAGE as error:
            reason = f"it is damaged or was not written by save ({error})"
    raise LoadError(path, cls, reason, header)


def _read(file, cls, header):
    """Read an estimator. Header, sizes and dtypes are checked before arrays are read."""
    with zipfile.ZipFile(file) as archive:
        members = _members(archive, os.fstat(file.fileno()).st_size)
        _read_header(archive, members, cls, header)
        arrays = {"parameters": {}, "attributes": {}}
        for member in members.values():
            match = _MEMBER.fullmatch(member.filename)
            if match is None or match["name"] in header[match["part"]]:
                raise RefusedError(f"it holds {member.filename!r}, which save does not write")
            arrays[match["part"]][match["name"]] = (member, *_array_spec(archive, member))
        estimator = _unfitted(cls, archive, header["parameters"], arrays["parameters"])
        if header["attributes"] or arrays["attributes"]:
            _fill(estimator, archive, header, arrays["attributes"])
    return estimator


def _members(archive, file_size):
    """Return the members by name, if none is compressed and their sizes fit the file."""
    members = {member.filename: member for member in archive.infolist()}
    if HEADER not in members:
        raise RefusedError(f"it has no {HEADER}, so it was not written by save")
    sizes = 0
    for member in archive.infolist():
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise RefusedError(f"its member {member.filename!r} is compressed")
        sizes += member.file_size
    if sizes > file_size or len(members) < len(archive.infolist()):
        raise RefusedError(f"its members claim {sizes} bytes, but it has {file_size}")
    return members


def _read_header(archive, members, cls, header):
    """Move the header from the members to `header`; check its format and class."""
    found = json.loads(archive.read(members.pop(HEADER)).decode("utf-8"))
    keys = {
        "format": int,
        "class": str,
        "mixclust": str,
        "text": list,
        "parameters": dict,
        "attributes": dict,
    }
    if type(found) is not dict or {key: type(value) for key, value in found.items()} != keys:
        raise RefusedError("its header is not of this format")
    header.update(found)
    if header["format"] != FORMAT:
        raise RefusedError(
            f"it has format {header['format']}, written by mixclust {header['mixclust']!r}, but "
            f"this version reads format {FORMAT}"
        )
    if header["class"] != cls.__name__:
        raise RefusedError(f"it holds {with_article(header['class'])}; use that class's load")


def _unfitted(cls, archive, values, arrays):
    """Return an unfitted estimator with the parameters of a file, and defaults for the others."""
    known = cls().get_params(deep=False)
    for name in [*values, *arrays]:
        if name not in known:
            raise RefusedError(f"it holds a parameter {name!r}, which {cls.__name__} lacks")
    values = {name: stored(name, value) for name, value in values.items()}
    read = {name: _read_array(archive, *array) for name, array in arrays.items()}
    estimator = cls(**values, **read)
    try:
        estimator._check_params()
    except (TypeError, ValueError) as error:
        raise RefusedError(f"a parameter is wrong: {str(error).rstrip('.')}") from None
    return estimator


def _fill(estimator, archive, header, arrays):
    """Set the fitted attributes after checking that they fit together."""
    values, text = header["attributes"], header["text"]
    layouts = estimator._layouts_of_file(values)
    specs = {name: (dtype, shape) for name, (_, dtype, shape, _) in arrays.items()}
    sizes = _check_layouts(layouts, values, specs)
    for name, value in values.items():
        if _may_be_strings(layouts[name]):
            value = np.array(value, dtype=str if name in text else object)
        if layouts[name].kind != "report":
            setattr(estimator, name, value)
    for name, member in arrays.items():
        array = _read_array(archive, *member)
        _check_values(name, array, layouts[name], sizes)
        setattr(estimator, name, array)
    try:
        estimator._check_loaded()
        for name, value in values.items():
            if layouts[name].kind == "report":
                setattr(estimator, name, estimator._report_from_file(value))
    except ValueError as error:
        raise RefusedError(str(error)) from None


def _array_spec(archive, member):
    """Return dtype, shape and offset of an array, if they give the size of its member."""
    with archive.open(member) as stream:
        start = stream.read(len(_NPY_START) + 2)
        length = int.from_bytes(start[len(_NPY_START) :], "little")
        match = _NPY_HEADER.fullmatch(stream.read(length))
    if not start.startswith(_NPY_START) or match is None:
        raise RefusedError(f"its member {member.filename!r} is not an array")
    dtype = np.dtype(match[1].decode())
    shape = tuple(int(size) for size in re.findall(rb"\d+", match[2]))
    offset = len(start) + length
    if offset + math.prod(shape) * dtype.itemsize != member.file_size:
        raise RefusedError(f"the size of its member {member.filename!r} contradicts its shape")
    return dtype, shape, offset


def _read_array(archive, member, dtype, shape, offset):
    """Return a new array in the machine's byte order. Verifies the checksum of the archive."""
    array = np.frombuffer(archive.read(member), dtype=dtype, offset=offset)
    return array.reshape(shape).astype(dtype.newbyteorder("="))


# Checks of attributes against the layouts of the class


def _check_layouts(layouts, values, specs):
    """Return the sizes by name, if no attribute is missing and all fit together."""
    for name in [*values, *specs]:
        if name not in layouts:
            raise RefusedError(f"{name} is no fitted attribute of its class")
    sizes = {"n_features_in_": values.get("n_features_in_")}
    for name, layout in layouts.items():
        if layout.kind.startswith("<") and name in specs:
            _check_array(name, layout, *specs[name], sizes)
        elif (not layout.kind.startswith("<") or _may_be_strings(layout)) and name in values:
            _check_value(name, layout, values[name], sizes)
            if layout.kind == "float":
                sizes[name] = values[name]
        elif not layout.optional:
            raise RefusedError(f"the fitted attribute {name} is missing")
    return sizes


def _may_be_strings(layout):
    return layout.kind.endswith("strings")


def _check_array(name, layout, dtype, shape, sizes):
    if dtype.newbyteorder("<").str not in layout.kind.split():
        raise RefusedError(f"{name} has dtype {dtype}, which must be one of {layout.kind}")
    wanted = layout.shape
    if len(shape) == len(wanted) and min(shape) > 0:
        wanted = tuple(sizes.setdefault(*pair) for pair in zip(wanted, shape, strict=True))
    if shape != wanted:
        known = ", ".join(str(sizes.get(size, size)) for size in layout.shape)
        raise RefusedError(f"{name} has shape {shape} where ({known}) is required")


def _check_value(name, layout, value, sizes):
    if layout.kind == "floats" or _may_be_strings(layout):
        kind = str if _may_be_strings(layout) else float
        fits = type(value) is list and all(type(item) is kind for item in value)
        if fits and layout.shape:
            fits = len(value) == sizes.setdefault(*layout.shape, len(value))
    else:
        kind = {"report": "dict"}.get(layout.kind, layout.kind)
        fits = type(value).__name__ == kind and (layout.low is None or value >= layout.low)
    if not fits:
        raise RefusedError(f"{name} does not match the layout of its class: {layout.kind}")


def _check_values(name, array, layout, sizes):
    if not np.isfinite(array).all():
        raise RefusedError(f"{name} holds NaN or infinity")
    if layout.low is not None and array.min() < layout.low:
        raise RefusedError(f"{name} holds {array.min()}, which is less than {layout.low}")
    if layout.total is not None:
        with np.errstate(over="ignore"):
            total = array.sum() + sizes.get(layout.rest, 0.0)
        if not abs(total - layout.total) <= ROUNDING:
            raise RefusedError(f"{name} adds up to {total} where {layout.total} is required")
    if layout.positive is not None:
        least = layout.positive(array).min()
        if least <= 0:
            raise RefusedError(f"{name} holds {least} where a positive number is required")
    if layout.below is not None and array.max() >= sizes[layout.below]:
        raise RefusedError(f"{name} holds {array.max()} where {layout.below} are fewer")
