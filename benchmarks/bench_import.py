"""Time of `import mixclust` beyond numpy, in fresh processes.

    python benchmarks/bench_import.py [--rounds 15]

Every process imports numpy, and then times one more import. Times are medians of
interleaved runs. The table names modules that `import mixclust` must not load, if it does.
"""

import argparse
import importlib.util
import statistics
import subprocess
import sys

import bench_helpers as bench

IMPORTS = ("mixclust", "scipy.sparse", "sklearn.cluster")
UNWANTED = ("sklearn", "scipy.sparse", "pandas", "polars", "pyarrow", "matplotlib", "PIL")

CHILD = """
import sys, time
start = time.perf_counter()
import numpy
middle, known = time.perf_counter(), set(sys.modules)
import {name}
end = time.perf_counter()
loaded = [name for name in {unwanted!r} if name in sys.modules and name not in known]
print(middle - start, end - middle, len(set(sys.modules) - known), ",".join(loaded) or "none")
"""


def run_child(name):
    """Return the seconds of the base and of the import, the new modules, and the unwanted ones."""
    code = CHILD.format(name=name, unwanted=UNWANTED)
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    base, cost, added, loaded = output.stdout.decode().split()
    return float(base), float(cost), int(added), loaded


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15, help="fresh processes for each import")
    arguments = parser.parse_args()
    bench.print_machine()
    installed = [name for name in IMPORTS if importlib.util.find_spec(name.split(".")[0])]
    runs = {name: [] for name in installed}
    for name in installed:
        run_child(name)  # Fills the file cache and writes the bytecode.
    for _ in range(arguments.rounds):
        for name in installed:
            runs[name].append(run_child(name))
    base = statistics.median(run[0] for name in installed for run in runs[name])
    lines = [["numpy (the base)", bench.milliseconds(base), "", ""]]
    for name in IMPORTS:
        if name not in installed:
            lines.append([f"+ {name}", "not installed", "", ""])
            continue
        cost = statistics.median(run[1] for run in runs[name])
        lines.append([f"+ {name}", bench.milliseconds(cost), *runs[name][0][2:]])
    bench.print_table(["import", "ms", "modules added", "heavy ones among them"], lines)


if __name__ == "__main__":
    main()
