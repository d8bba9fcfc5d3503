"""Conversion of arrays of any dtype to floats that compiled code can read in place."""

import numpy as np

from .wording import with_article

__all__ = ["TIME_REMEDY", "as_float", "is_native_float", "is_sequence"]

TIME_REMEDY = "convert it to a number of days or of another unit, or drop the column."
"""Last words of messages about dates and durations."""

_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def is_native_float(array):
    """Return whether compiled code can read an array in place, as float32 or float64.

    Parameters
    ----------
    array : ndarray
        Of any dtype and shape.

    Returns
    -------
    native : bool
        True if the dtype is float32 or float64 in the machine's byte order, not spelled out as
        "<" or ">", and if the array is aligned, so that its strides are multiples of the size of
        an element.
    """
    dtype = array.dtype
    # Nearly every array has one of the first two dtypes, and these tests are the cheapest.
    if dtype is _FLOAT64 or dtype is _FLOAT32 or (_is_float(dtype) and dtype.byteorder == "="):
        return array.flags.aligned
    return False


def _is_float(dtype):
    return dtype.num in (_FLOAT32.num, _FLOAT64.num)


def as_float(array, name):
    """Return an array as native float32 or float64; the same memory if it holds one of them.

    Parameters
    ----------
    array : ndarray
        Of any dtype and shape.
    name : str
        Name of the array in messages.

    Returns
    -------
    array : ndarray
        float32 stays float32 in either byte order; any other number becomes float64. Shares
        memory with the argument where that holds aligned elements in the machine's byte order,
        whether the dtype spells this order out, as files often do, or not.

    Raises
    ------
    TypeError
        For dtypes that do not hold numbers: dates, records; and for objects that are not numbers.
    ValueError
        For complex numbers, for strings that do not spell a number, and for integers that are
        too large for a float.
    """
    if is_native_float(array):
        return array
    dtype = array.dtype
    if _is_float(dtype) and dtype.isnative and array.flags.aligned:
        return array.view(dtype.newbyteorder("="))
    if dtype.kind in "biu":
        return array.astype(np.float64)
    if dtype.kind == "c":
        raise ValueError(
            f"Complex data not supported: {name} has dtype {dtype}; pass its real part, or the "
            "real and imaginary parts as separate features."
        )
    if dtype.kind in "Mm":
        raise TypeError(f"{name} has dtype {dtype}, which does not hold numbers; {TIME_REMEDY}")
    if dtype.kind not in "biufOSUT" and not _is_extension(dtype):
        raise TypeError(
            f"{name} has dtype {dtype}, which does not hold numbers; convert it to numbers, or "
            "drop the column."
        )
    if dtype.kind == "O":
        _refuse_objects(array, name)
    try:
        # A long double beyond float64 becomes inf here; the check of finiteness reports it.
        with np.errstate(over="ignore"):
            return array.astype(np.float32 if dtype.num == _FLOAT32.num else np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise (TypeError if isinstance(error, TypeError) else ValueError)(
            f"{name} holds a value that is not a number ({error}); "
            "convert it to numbers, or drop the column."
        ) from error


def _is_extension(dtype):
    """Return whether float64 holds a dtype exactly that NumPy does not define, like bfloat16."""
    return dtype.type is not np.void and np.can_cast(dtype, np.float64)


def _refuse_objects(objects, name):
    """Raise an error for dates, durations and sequences among objects.

    NumPy would convert dates and durations to counts of their unit, and its error about sequences
    does not name them.
    """
    for value in objects.flat:
        if isinstance(value, (np.datetime64, np.timedelta64)):
            raise TypeError(f"{name} holds a value that is not a number ({value}); {TIME_REMEDY}")
        if is_sequence(value):
            raise ValueError(
                f"{name} holds {with_article(type(value).__name__)} where a number is required; "
                "to cluster by the values in one column, pass this column alone."
            )


def is_sequence(value):
    """Return whether an element of an array of objects is an array or a sequence itself."""
    return isinstance(value, (list, tuple)) or getattr(value, "ndim", 0) > 0
