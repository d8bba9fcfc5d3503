import numpy as np
from numpy.typing import NDArray

from .dense_rows import DenseRows

N_DIGITS: int
N_PASSES: int
MAX_FEATURES: int

def write_keys(
    rows: DenseRows,
    lo: int,
    hi: int,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    pairs: NDArray[np.uint64],
) -> None: ...
def count_digits(
    pairs: NDArray[np.uint64], lo: int, hi: int, digit: int, counts: NDArray[np.intp]
) -> None: ...
def move_pairs(
    pairs: NDArray[np.uint64],
    lo: int,
    hi: int,
    digit: int,
    places: NDArray[np.intp],
    out: NDArray[np.uint64],
) -> None: ...
def next_key(pairs: NDArray[np.uint64], i: int) -> int: ...
def sort_cells(
    rows: DenseRows,
    pairs: NDArray[np.uint64],
    lo: int,
    hi: int,
    spare: NDArray[np.uint64],
) -> None: ...
def gather(
    rows: DenseRows,
    pairs: NDArray[np.uint64],
    lo: int,
    hi: int,
    out: NDArray[np.float32 | np.float64],
) -> None: ...
def mark_distinct(
    X: NDArray[np.float32 | np.float64], lo: int, hi: int, distinct: NDArray[np.uint8]
) -> int: ...
def next_distinct(distinct: NDArray[np.uint8], i: int) -> int: ...
def merge_equal(
    X: NDArray[np.float32 | np.float64],
    pairs: NDArray[np.uint64],
    distinct: NDArray[np.uint8],
    lo: int,
    hi: int,
    first: int,
    weights: NDArray[np.float64] | None,
    places: NDArray[np.int32],
    out: NDArray[np.float32 | np.float64],
    out_weights: NDArray[np.float64],
) -> None: ...
def list_places(
    pairs: NDArray[np.uint64],
    lo: int,
    hi: int,
    weights: NDArray[np.float64] | None,
    places: NDArray[np.int32],
    out_weights: NDArray[np.float64] | None,
) -> None: ...
