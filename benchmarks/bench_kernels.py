"""GFLOP/s of the kernels on one thread beside the FMA peak of the same run, for every level.

    python benchmarks/bench_kernels.py

Compiles bench_kernels.pyx with the flags of each level that this CPU has, against the .pxd files of
the installed package, and runs it with MIXCLUST_ISA set to that level. Needs a C compiler.
"""

import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent

FLAGS = {
    "baseline": [],
    "v3": ["-march=x86-64-v3"],
    "v4": ["-march=x86-64-v4", "-mprefer-vector-width=512"],
}

NEAREST = [(2, 50), (3, 16), (3, 64), (3, 256), (16, 100), (64, 500), (128, 1024), (768, 1000)]
DIFFERENCES = [3, 32, 128]
PACK = [3, 16, 128]
MIXTURE = [2, 10, 16, 64, 200]

SETUP_PY = """
import sys

from Cython.Build import cythonize
from setuptools import Extension, setup

import mixclust.kernels

module = Extension(
    "bench_kernels_compiled",
    ["bench_kernels_compiled.pyx"],
    include_dirs=[*mixclust.kernels.__path__],
    extra_compile_args=["-O3", "-ffp-contract=fast", *sys.argv.pop().split()],
)
setup(name="bench_kernels_compiled", ext_modules=cythonize([module], quiet=True))
"""


def main():
    from mixclust import kernels

    for level in kernels.AVAILABLE_LEVELS:
        with tempfile.TemporaryDirectory() as directory:
            build(Path(directory), level)
            environment = {**os.environ, "MIXCLUST_ISA": level, "PYTHONPATH": directory}
            command = [sys.executable, str(HERE / "bench_kernels.py"), "--report", level]
            subprocess.run(command, env=environment, cwd=directory, check=True)


def build(directory, level):
    """Compile the benchmark for a level."""
    source = (HERE / "bench_kernels.pyx").read_text(encoding="utf-8")
    (directory / "bench_kernels_compiled.pyx").write_text(source, encoding="utf-8")
    (directory / "setup.py").write_text(SETUP_PY, encoding="utf-8")
    flags = " ".join(FLAGS.get(level, []))
    environment = {**os.environ, "MIXCLUST_ISA": level}
    subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace", flags],
        cwd=directory,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def report(level):
    """Print the table of one level."""
    bench = importlib.import_module("bench_kernels_compiled")
    # The fastest of several runs, since the clock of the core and other processes vary.
    peak32 = max(bench.peak_f32()[0] for _ in range(5))
    peak64 = max(bench.peak_f64()[0] for _ in range(5))
    print(f"level {level}: FMA peak {peak32:.0f} GFLOP/s in float32, {peak64:.0f} in float64")
    for name, by_groups in (("nearest_panel", False), ("nearest_groups", True)):
        for d, k in NEAREST:
            rate = best_rate(lambda n, d=d, k=k, how=by_groups: bench.nearest(d, k, how, n))
            show(f"{name:<19} d = {d:<4} k = {k:<5}", rate, peak32)
    for d in DIFFERENCES:
        rate = best_rate(lambda n, d=d: bench.differences(d, n))
        # A subtraction and a fused multiply-add, counted as the multiply-add alone.
        show(f"distances_to_lanes  d = {d:<4}          ", rate, peak64)
    for d in PACK:
        rate = best_rate(lambda n, d=d: bench.pack(d, n))
        print(f"  pack_panel          d = {d:<4}           {rate:6.1f} GB/s")
    for name, run in (
        ("full_log_density", bench.full_density),
        ("diagonal_density", bench.diagonal_density),
        ("two_linear_scores", bench.linear_scores),
        ("add_outer_blocks", bench.scatter),
        ("diagonal_moments", bench.diagonal_moments),
    ):
        for d in MIXTURE:
            rate = best_rate(lambda n, d=d, run=run: run(d, n))
            show(f"{name:<19} d = {d:<4}          ", rate, peak64)
    rate = best_rate(lambda n: bench.exponentials(1024, n))
    print(f"  exp_lanes                              {rate:6.2f} billion a second")
    print()


def show(kernel, rate, peak):
    """Print a rate and its share of the peak."""
    print(f"  {kernel} {rate:6.1f} GFLOP/s {rate / peak:5.0%}")


def best_rate(run, tries=9, seconds=0.01):
    """Return the best rate of several short runs, in billions of operations or bytes a second."""
    once, _ = run(3)
    repeats = max(3, int(seconds / once))
    return max(count / time for time, count in (run(repeats) for _ in range(tries))) * 1e-9


if __name__ == "__main__":
    if sys.argv[1:2] == ["--report"]:
        report(sys.argv[2])
    else:
        main()
