"""Types of the public interface, each defined once.

Signatures keep their annotations as strings (``from __future__ import annotations``), so that
``help`` shows these short names. Names of matplotlib, pillow and scikit-learn are imported where
only type checkers look.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from typing_extensions import Self  # type checkers know it, installed or not
else:
    Self = Any  # typing has it from Python 3.11 on

__all__ = [
    "ArrayLike",
    "Container",
    "Float64Array",
    "FloatArray",
    "InitFunction",
    "Int",
    "Int32Array",
    "IntpArray",
    "NameArray",
    "Out",
    "Path",
    "Real",
    "Request",
    "Rows",
    "Seed",
    "Self",
    "SparseMatrix",
    "SupportsArray",
    "Transformed",
]

# Numbers

Int: TypeAlias = int | np.integer[Any]
Real: TypeAlias = float | np.integer[Any] | np.floating[Any]
Seed: TypeAlias = int | np.integer[Any] | np.random.RandomState | np.random.Generator | None

# Arrays that are returned

Float64Array: TypeAlias = NDArray[np.float64]
FloatArray: TypeAlias = NDArray[np.floating[Any]]  # float32 or float64, as X
Int32Array: TypeAlias = NDArray[np.int32]
IntpArray: TypeAlias = NDArray[np.intp]
NameArray: TypeAlias = NDArray[np.object_]
Transformed: TypeAlias = Any  # an ndarray, or the DataFrame that set_output asked for

# Arrays that are passed


class SupportsArray(Protocol):
    """An object that NumPy can read as an array: an ndarray, or a table of pandas or polars."""

    def __array__(self) -> NDArray[Any]: ...


class SparseMatrix(Protocol):
    """A sparse matrix or array of SciPy's."""

    def tocsr(self) -> Any: ...


class InitFunction(Protocol):
    """A function that returns where runs start, for X and the number of clusters."""

    def __call__(self, X: Any, n: int, /, random_state: Any) -> ArrayLike: ...


# Unlike ArrayLike, Rows excludes strings, numbers and flat sequences of numbers.
Rows: TypeAlias = SupportsArray | SparseMatrix | Sequence["SupportsArray | Sequence[Real]"]

# Strings that are options

Container: TypeAlias = Literal["default", "pandas", "polars"]
Request: TypeAlias = bool | str | None  # arguments of set_fit_request

# Files

Path: TypeAlias = str | os.PathLike[str]
Out: TypeAlias = Path | NDArray[Any] | None  # a .npy file or an array that receives results
