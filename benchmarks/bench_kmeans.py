"""k-means against scikit-learn, scikit-learn-intelex (oneDAL), faiss and OpenCV.

    python benchmarks/bench_kmeans.py [--only photo,kpp] [--quick] [--list]

Two threads for all, the same data and start, the same iterations or the same stopping rule,
medians of interleaved runs. The inertia beside each time is computed from the returned centres
by one float64 NumPy function for all. README.md says what each row is.
"""

import argparse
import warnings

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import bench_memory
import bench_peers as peers
import numpy as np
from bench_peers import OURS
from bench_rows import table


def main():
    arguments = parse_arguments()
    rows = [row for row in table() if selected(row.name, arguments.only)]
    memory = selected("memory", arguments.only)
    if arguments.list:
        print("\n".join(f"{row.name:18s} {row.title}" for row in rows))
        if memory:
            print(f"{'memory':18s} what bench_memory.py measures")
        return
    if not rows and not memory:
        raise SystemExit(f"--only {arguments.only} names no row; --list prints their names.")
    warnings.simplefilter("ignore")  # Convergence warnings of fixed numbers of iterations.
    bench.print_machine()
    summary = []
    for row in rows:
        summary += run(row, quick=arguments.quick)
    if memory:
        summary += bench_memory.run()
    bench.print_table(["work", "best peer", "mixclust", "ratio", "target", "reached"], summary)
    if peers.MISSING:
        print("Not installed, so not compared with:", ", ".join(peers.MISSING))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
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
    judged = judge(task, timings)
    busy = f" [UNRELIABLE: other processes took {others} % of the machine]" if others > 5 else ""
    print(f"{row.name}: {row.title}{busy}")
    answer = judged.pop("header")
    bench.print_table(
        ["competitor", f"ms per {task.per}", "fastest", "iterations", answer, "ratio"],
        [competitor_line(name, timings.get(name), units, task, judged) for name in task.calls],
    )
    for name, message in failed.items():
        print(f"{name} failed: {message}\n")
    name = f"{row.name} [unreliable]" if busy else row.name
    return [summary_line(name, units, among, target) for among, target in row.targets.items()]


def unit_seconds(task, timing):
    """Median seconds of what the row counts: a fit, an iteration (whole fit over count), a row."""
    if task.per == "iteration":
        return timing.median / timing.answer.n_iter
    return timing.median / task.n_calls


def judge(task, timings):
    """What is printed beside the times: inertia of the centres, or labels that are wrong."""
    if task.centers is None:
        inertias = {
            name: bench.nearest(task.X, timing.answer.centers)[1]
            for name, timing in timings.items()
        }
        return {"header": "inertia", **{name: f"{v:.8g}" for name, v in inertias.items()}}
    rows = task.X[: task.n_calls] if task.per == "row" else task.X
    right = bench.nearest(rows, task.centers)[0]
    wrong = {
        name: int(np.count_nonzero(timing.answer.labels != right))
        for name, timing in timings.items()
    }
    return {"header": "wrong labels", **{name: str(count) for name, count in wrong.items()}}


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
    """Ratio to the best of the peers `among`; a missing library is never passed over silently."""
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


if __name__ == "__main__":
    main()
