"""Benchmarks of several libraries: rows with competitors, a judge and targets."""

import argparse
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import bench_helpers as bench

OURS = "mixclust"


@dataclass
class Task:
    """The work of one row: the calls of the competitors, and a judge of their answers.

    `judge(answer)` returns the text under the heading `judged`. Times are for a call, for an
    iteration (``per="iteration"``), or for one of the `n_calls` in a call (``per="row"``).
    """

    calls: dict[str, Callable | None]
    judge: Callable[[bench.Answer], str]
    judged: str
    per: str = "fit"
    n_calls: int = 1


@dataclass(frozen=True)
class Row:
    """One row: `targets` maps the peers of a comparison to the ratio to reach."""

    name: str
    title: str
    make: Callable[[], Task]
    targets: dict[tuple[str, ...], float]


def main(description, rows, missing, measure_memory):
    """Run the rows that the command line asks for, and print the summary.

    Parameters
    ----------
    description : str
    rows : list of Row
    missing : list of str
        Libraries that are not installed.
    measure_memory : callable
        Measures and prints the memory of fits; returns lines of the summary.
    """
    arguments = parse_arguments(description)
    rows = [row for row in rows if selected(row.name, arguments.only)]
    memory = selected("memory", arguments.only)
    if arguments.list:
        print("\n".join(f"{row.name:18s} {row.title}" for row in rows))
        if memory:
            print(f"{'memory':18s} peak memory of fits, by bench_memory.py")
        return
    if not rows and not memory:
        raise SystemExit(f"--only {arguments.only} names no row; --list prints their names.")
    warnings.simplefilter("ignore")  # Convergence warnings of fixed numbers of iterations.
    bench.print_machine()
    summary = []
    for row in rows:
        summary += run(row, quick=arguments.quick)
    if memory:
        summary += measure_memory()
    bench.print_table(["work", "best peer", "mixclust", "ratio", "target", "reached"], summary)
    if missing:
        print("Not installed, so not compared with:", ", ".join(missing))


def parse_arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--only", default="", help="names or beginnings of names, with commas")
    parser.add_argument("--quick", action="store_true", help="one round; for a first look")
    parser.add_argument("--list", action="store_true", help="print the rows and stop")
    return parser.parse_args()


def selected(name, only):
    return not only or any(name.startswith(wanted) for wanted in only.split(","))


def run(row, *, quick):
    """Time one row, print every competitor, return the lines of the summary."""
    task = row.make()
    present = {name: call for name, call in task.calls.items() if call is not None}
    load = bench.OtherLoad()
    timings = bench.interleave(present, quick=quick)
    others = load.percent()
    failed = {name: timing for name, timing in timings.items() if isinstance(timing, str)}
    timings = {name: timing for name, timing in timings.items() if name not in failed}
    units = {name: unit_seconds(task, timing) for name, timing in timings.items()}
    judged = {name: task.judge(timing.answer) for name, timing in timings.items()}
    busy = f" [UNRELIABLE: other processes took {others} % of the machine]" if others > 5 else ""
    print(f"{row.name}: {row.title}{busy}")
    bench.print_table(
        ["competitor", f"ms per {task.per}", "fastest", "iterations", task.judged, "ratio"],
        [competitor_line(name, timings.get(name), units, task, judged) for name in task.calls],
    )
    for name, message in failed.items():
        print(f"{name} failed: {message}\n")
    name = f"{row.name} [unreliable]" if busy else row.name
    return [summary_line(name, units, among, target) for among, target in row.targets.items()]


def unit_seconds(task, timing):
    """Compute the median seconds of a unit: a fit, an iteration (fit / iterations), or a row."""
    if task.per == "iteration":
        return timing.median / timing.answer.n_iter
    return timing.median / task.n_calls


def competitor_line(name, timing, units, task, judged):
    if timing is None:
        missing = "not installed" if task.calls[name] is None else "failed"
        return [name, missing, "", "", "", ""]
    fastest = min(timing.seconds) / timing.median * units[name]
    ratio = f"{units[name] / units[OURS]:.2f}x" if OURS in units else ""
    n_iter = timing.answer.n_iter if timing.answer.n_iter is not None else ""
    ms = bench.milliseconds
    return [name, ms(units[name]), ms(fastest), n_iter, judged[name], ratio]


def summary_line(work, units, among, target):
    """Compare with the best of the peers `among`; "unknown" if none of them is installed."""
    found = {name: units[name] for name in among if name in units}
    if not found or OURS not in units:
        return [work, "no figure", "", "", f"{target:g}x", "unknown"]
    best = min(found, key=found.get)
    ratio = found[best] / units[OURS]
    return [
        work,
        f"{best} {bench.milliseconds(found[best])} ms",
        f"{bench.milliseconds(units[OURS])} ms",
        f"{ratio:.2f}x",
        f"{target:g}x",
        "yes" if ratio >= target else "no",
    ]
