#!/usr/bin/env bash
# pyarrow 26.0.1: rows of a table of one column are lost on the way through CSV if they are null.
#
# Surprise: pyarrow.csv.write_csv writes a null as an empty field. In a table of one column the line
# is then empty, and pyarrow.csv.read_csv skips it: of four rows that pyarrow wrote, pyarrow itself
# reads two, and pandas.read_csv the same two. Neither writes nor reads with a warning. The csv
# module of Python and pandas.to_csv write "" in this place, which all of them read as a row.
#
# The documentation of WriteOptions says of quoting_style="needed": values are enclosed in quotes
# when needed. Here quotes are needed to keep the row, and are absent; "all_valid" does not quote
# nulls either. ParseOptions describes ignore_empty_lines, which skips the rows when they are read.
#
# Harm to users of mixclust: "mixclust cluster" reads Parquet by way of this writer. Of a file with
# one column, rows with missing values were absent from the output, so that the rows of output and
# input no longer matched. mixclust/_cli/table_text.py writes a single column as text with "" for
# null, which the writer quotes.
#
# Prints the CSV and the rows that come back, and exits with 1 when the behaviour has changed.
# Needs network access to a package index.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    "pyarrow==26.0.1" "pandas==3.1.1" "numpy==2.4.6"

"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

import pandas as pd
import pyarrow as pa
from pyarrow import csv

print("pyarrow", pa.__version__, "pandas", pd.__version__)
table = pa.table({"x": [1.5, None, 2.5, None]})
found = []
for style in ("needed", "all_valid"):
    file = io.BytesIO()
    csv.write_csv(table, file, csv.WriteOptions(quoting_style=style))
    text = file.getvalue()
    again = csv.read_csv(io.BytesIO(text))
    frame = pd.read_csv(io.BytesIO(text))
    print(f"quoting_style={style!r}: {text!r}")
    print(f"  rows written {len(table)}, read by pyarrow {len(again)}, by pandas {len(frame)}")
    found.append((len(table), len(again), len(frame)))
text = table.to_pandas().to_csv(index=False).encode()
again = csv.read_csv(io.BytesIO(text))
print(f"pandas.to_csv: {text!r}\n  rows read by pyarrow {len(again)}")
found.append(len(again))
as_described = found == [(4, 2, 2), (4, 2, 2), 4]
print("behaves as described" if as_described else "BEHAVIOUR HAS CHANGED")
sys.exit(not as_described)
PYTHON
