#!/usr/bin/env bash
# polars 2.1.0: np.asarray of a frame turns dates beside floats into plain numbers, of varying unit.
#
# Surprise: a frame of dates alone becomes an array of datetime64, and a Series of dates too. With
# one column of floats beside it, the same column becomes float64: a Date in days since 1970, a
# Datetime in units of its own (microseconds unless said otherwise), a Duration in the same, a Time
# in nanoseconds since midnight. There is no warning, and the array does not tell which column it
# was. NumPy itself refuses to combine datetime64 and float64 (DTypePromotionError), pyarrow gives
# this error for the same table, and pandas gives an array of objects.
#
# The documentation of DataFrame.to_numpy describes when data are copied, and its examples convert
# mixed numbers to floats and text to objects; it does not say that times lose their type.
#
# Harm to users of mixclust: a frame with a column of times was clustered by microseconds since
# 1970, which are larger than any other feature by far, so that groups were stretches of time.
# mixclust/_inputs/tables.py looks at the types of the columns and refuses times by name.
#
# Prints the arrays, and exits with 1 when the behaviour has changed.
# Needs network access to a package index.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "polars==2.1.0" "numpy==2.4.6"

"$folder/venv/bin/python" -W error - <<'PYTHON'
import datetime as dt
import sys

import numpy as np
import polars as pl

print("polars", pl.__version__, "numpy", np.__version__)
values = {
    "Date": pl.Series([dt.date(1970, 1, 3)]),
    "Datetime": pl.Series([dt.datetime(1970, 1, 3)]),
    "Datetime in ms": pl.Series([dt.datetime(1970, 1, 3)], dtype=pl.Datetime("ms")),
    "Duration": pl.Series([dt.timedelta(days=2)]),
    "Time": pl.Series([dt.time(0, 0, 2)]),
}
found = {}
for name, when in values.items():
    alone = np.asarray(pl.DataFrame({"when": when}))
    beside = np.asarray(pl.DataFrame({"when": when, "x": [1.5]}))
    print(f"{name:15} alone {alone.dtype!s:15} beside a float {beside.dtype} {beside.tolist()}")
    found[name] = (alone.dtype.kind, beside.dtype.kind, float(beside[0, 0]))
as_described = found == {
    "Date": ("M", "f", 2.0),
    "Datetime": ("M", "f", 172_800e6),
    "Datetime in ms": ("M", "f", 172_800e3),
    "Duration": ("m", "f", 172_800e6),
    "Time": ("O", "f", 2e9),
}
try:
    np.result_type(np.dtype("M8[D]"), np.float64)
    as_described = False
except TypeError as error:
    print("NumPy:", type(error).__name__)
print("behaves as described" if as_described else "BEHAVIOUR HAS CHANGED")
sys.exit(not as_described)
PYTHON
