"""``mixclust cluster`` on a table in memory and streamed: rows a second and peak memory.

Each run is a process of its own. The table is CSV, plain and in gzip, and Parquet where pyarrow is
installed: six columns of numbers and one of text.
"""

import argparse
import gzip
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

N_ROUNDS = 3
OPTIONS = ["--components", "3", "--covariance", "full", "--quiet", "--threads", "2"]
PROCESS = """
import pathlib, sys
from mixclust._cli.main import main
status = main(sys.argv[1:])
print(pathlib.Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
sys.exit(status)
"""


def write_tables(folder, n_rows):
    """Write the tables, and return their paths."""
    rng = np.random.default_rng(0)
    labels = rng.choice(3, n_rows, p=[0.5, 0.3, 0.2])
    X = rng.normal(size=(n_rows, 6)) + labels[:, np.newaxis] * [3, 0, 2, 1, 0, 4]
    kinds = np.array(["first", "second", "third"])[labels]
    path = folder / "table.csv"
    with open(path, "w", encoding="utf-8") as file:
        file.write("a,b,c,d,e,f,kind\n")
        file.writelines(
            f"{','.join(f'{value:.6f}' for value in row)},{kind}\n"
            for row, kind in zip(X.tolist(), kinds.tolist(), strict=True)
        )
    paths = [path, folder / "table.csv.gz"]
    with open(path, "rb") as source, gzip.open(paths[1], "wb", compresslevel=4) as target:
        shutil.copyfileobj(source, target)
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        print("pyarrow is not installed: no Parquet")
        return paths
    columns = {name: X[:, j].round(6) for j, name in enumerate("abcdef")} | {"kind": kinds}
    paths.append(folder / "table.parquet")
    pyarrow.parquet.write_table(pyarrow.table(columns), paths[-1])
    return paths


def run(path, option, python):
    """Run the command, and return its seconds and its peak memory in MB."""
    output = path.parent / "out.csv"
    command = [python, "-c", PROCESS, "cluster", str(path), *OPTIONS, "-o", str(output)]
    start = time.perf_counter()
    process = subprocess.run([*command, *option], capture_output=True, text=True, check=True)
    return time.perf_counter() - start, int(process.stdout) / 1024


def main():
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="default: 1000000")
    parser.add_argument(
        "--against", metavar="PYTHON", help="another environment, in memory: its ratio of times"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = write_tables(Path(folder), arguments.rows)
        ways = {"in memory": (["--no-stream"], sys.executable)}
        ways["streamed"] = (["--stream"], sys.executable)
        if arguments.against:
            ways["other build"] = ([], arguments.against)
        print(f"{arguments.rows:,} rows; the median of {N_ROUNDS} runs\n")
        print("table           MB   way            seconds   rows/s   peak MB")
        for path in paths:
            found = {name: [] for name in ways}
            for _ in range(N_ROUNDS):
                for name, way in ways.items():
                    found[name].append(run(path, *way))
            for name, runs in found.items():
                seconds, peak = np.median(runs, axis=0)
                print(
                    f"{path.name:14} {path.stat().st_size / 1e6:4.0f}   {name:12} "
                    f"{seconds:9.1f} {arguments.rows / seconds:8,.0f} {peak:9.0f}"
                )


if __name__ == "__main__":
    main()
