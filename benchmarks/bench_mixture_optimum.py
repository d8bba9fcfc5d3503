"""How often a mixture ends at the best likelihood known, and the time that it takes.

    python benchmarks/bench_mixture_optimum.py [--kinds full,tied,diag,spherical]
        [--sklearn-n-init 50] [--parts] [--seeds 10] [--alone] [--threads 2]

Forty-three data sets and four real tables, three seeds each or `--seeds`, one thread or
`--threads`, for scikit-learn too. A fit reaches the best likelihood known if its mean
log-likelihood of a row is at most 1e-3 nats below. The best one known is the largest of all fits of
mixclust that are shown, of a fit that starts from the labels of the data, and of `N_RESTARTS` runs
from each of three kinds of starts. Fits with a collapsed component do not count for it, and neither
do fits of other packages, which do not tell; "above" counts fits that end more than 1e-3 nats above
it. scikit-learn has mixclust's `tol` and `max_iter`, so that it does not stop earlier. R's mclust,
where R and the package are installed, has its own start and tolerance (a relative change of the
log-likelihood of 1e-5), in one process for all data sets of a structure; its time is that of the
calls of `Mclust` alone. Behind the table stand the data sets on which default fits of mixclust fall
short. `--sklearn-n-init` adds scikit-learn with as many runs.
With `--parts`, the methods are mixclust's search without one of its
parts each. With `--alone`, default fits of mixclust are the only method. A second table leaves out
the real tables.
"""

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import argparse
import contextlib
import time
import warnings
from unittest import mock

import bench_mclust
import numpy as np
import sklearn.mixture
from bench_mixture_panel import data_sets
from bench_real_tables import print_missing
from threadpoolctl import threadpool_limits

from mixclust import GaussianMixture
from mixclust._mixture import perturbations, search

KINDS = ("full", "tied", "diag", "spherical")
N_GENERATED_OR_WELL_KNOWN = 43
N_SEEDS = 3
N_RESTARTS = 30
REACHED_IN_NATS = 1e-3


def methods(n_threads, sklearn_n_init):
    """Give a function of a number of components, a structure and a seed for each method, by name.

    The functions return estimators. There is a second one of scikit-learn, with `sklearn_n_init`
    runs, unless that is None.
    """

    def ours(**options):
        return lambda n_components, kind, seed: GaussianMixture(
            n_components, covariance_type=kind, random_state=seed, n_threads=n_threads, **options
        )

    def theirs(n_init):
        return lambda n_components, kind, seed: sklearn.mixture.GaussianMixture(
            n_components,
            covariance_type=kind,
            random_state=seed,
            tol=1e-5,
            max_iter=1000,
            n_init=n_init,
        )

    found = {"scikit-learn": theirs(1)}
    if sklearn_n_init:
        found[f"scikit-learn, n_init={sklearn_n_init}"] = theirs(sklearn_n_init)
    return found | {
        'mixclust, init_params="kmeans"': ours(init_params="kmeans"),
        "mixclust": ours(),
        "mixclust, n_init=10": ours(n_init=10),
    }


def parts(n_threads):
    """Give the same for searches without one part each."""

    def without(*changes):
        def make(n_components, kind, seed):
            mixture = GaussianMixture(
                n_components, covariance_type=kind, random_state=seed, n_threads=n_threads
            )
            return _Patched(mixture, changes)

        return make

    def unmoved(data, fit, *_):
        return fit, 0.0

    clusterings = search._Clusterings
    return {
        "the whole search": without(),
        "no clusterings along directions": without((clusterings, "_along_directions", _nothing)),
        "no clustering of whitened rows": without((search, "N_WHITE", 0)),
        "one round": without((search, "MAX_ROUNDS", 1)),
        "four rounds always": without((search, "N_AGREEING", 99)),
        "no splits and mergers": without((search, "improve", unmoved)),
        "no halves of the rows": without((perturbations, "_half", _in_ball)),
        "no component in a ball": without((perturbations, "_with_component_in_ball", _half)),
        "no random moves": without((search, "perturb", unmoved)),
        "no moves": without((search, "improve", unmoved), (search, "perturb", unmoved)),
        "moves from one optimum": without((search, "N_IMPROVED", 1)),
        "moves from four optima always": without((search, "N_AGREEING_AFTER_MOVES", 99)),
    }


def _nothing(_):
    return []


_half, _in_ball = perturbations._half, perturbations._with_component_in_ball


class _Patched:
    """A mixture that is fitted while parts of the search are replaced."""

    def __init__(self, mixture, changes):
        self._mixture, self._changes = mixture, changes

    def fit(self, X):
        with contextlib.ExitStack() as stack:
            for target, name, value in self._changes:
                stack.enter_context(mock.patch.object(target, name, value))
            return self._mixture.fit(X)

    def __getattr__(self, name):
        return getattr(self._mixture, name)


def best_known(X, labels, kind):
    """Give the largest mean log-likelihood that long searches reach."""
    n_components = int(labels.max()) + 1
    searches = [(GaussianMixture(n_components, covariance_type=kind), {"resp_init": labels})]
    for seed, init_params in enumerate(("auto", "kmeans", "random_from_data")):
        mixture = GaussianMixture(
            n_components,
            covariance_type=kind,
            init_params=init_params,
            n_init=N_RESTARTS,
            random_state=1000 + seed,
        )
        searches.append((mixture, {}))
    fits = [mixture.fit(X, **options) for mixture, options in searches]
    return max((fit.lower_bound_ for fit in fits if fit.report_.n_collapsed == 0), default=-np.inf)


def measure_kind(kind, names_and_methods, mclust, n_seeds):
    """Measure all methods, and mclust if it is there, on all data sets.

    Returns
    -------
    bounds : dict of str to ndarray of shape (n_sets, n_seeds)
        Mean log-likelihood of a row, by method; NaN where there is no mixture.
    best : ndarray of shape (n_sets, 1)
        The largest ones known.
    seconds : dict of str to ndarray of shape (n_sets,)
        Time of the fits of each set, by method; mclust's is shared among its sets alike.
    """
    sets = list(data_sets())
    bounds = {name: np.empty((len(sets), n_seeds)) for name in names_and_methods}
    best = np.empty((len(sets), 1))
    seconds = {name: np.zeros(len(sets)) for name in names_and_methods}
    for i, (_, X, labels) in enumerate(sets):
        n_components = int(labels.max()) + 1
        best[i] = best_known(X, labels.astype(np.int64), kind)
        for seed in range(n_seeds):
            for name, make in names_and_methods.items():
                mixture = make(n_components, kind, seed)
                start = time.perf_counter()
                mixture.fit(X)
                seconds[name][i] += time.perf_counter() - start
                bounds[name][i, seed] = mixture.lower_bound_
                report = getattr(mixture, "report_", None)
                if report is not None and report.n_collapsed == 0:
                    best[i] = max(best[i, 0], mixture.lower_bound_)
    if mclust:
        rows_and_sizes = [(X, int(labels.max()) + 1) for _, X, labels in sets]
        name = f"R's mclust, {bench_mclust.MODEL_NAMES[kind]}"
        bounds[name], total = bench_mclust.fit_all(rows_and_sizes, kind, n_seeds)
        seconds[name] = np.full(len(sets), total / len(sets))
    return bounds, best, seconds


def describe(kind, name, bounds, best, seconds):
    """Give a line of the table."""
    short = np.maximum(best - bounds, 0.0)
    reached = int(np.sum(short <= REACHED_IN_NATS))
    return [
        kind,
        name,
        f"{reached} of {short.size}",
        f"{100 * reached / short.size:.1f} %",
        f"{np.nanmean(short):.4f}",
        str(np.sum(bounds > best + REACHED_IN_NATS)),
        str(np.sum(np.isnan(bounds))),
        f"{seconds.sum():.2f}",
    ]


def missed_sets(kind, short):
    """Give a sentence for each data set on which fits fall short, in nats a row."""
    for (name, *_), shortfalls in zip(data_sets(), short, strict=True):
        if (shortfalls > REACHED_IN_NATS).any():
            yield f"{kind}, {name}: short by {', '.join(f'{s:.4f}' for s in shortfalls)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", default=",".join(KINDS), help="structures, separated by commas")
    parser.add_argument("--sklearn-n-init", type=int, help="also scikit-learn with so many runs")
    parser.add_argument("--parts", action="store_true", help="leave out one part each")
    parser.add_argument("--seeds", type=int, default=N_SEEDS, help="seeds for each data set")
    parser.add_argument("--alone", action="store_true", help="default fits of mixclust alone")
    parser.add_argument("--threads", type=int, default=1, help="of mixclust and of scikit-learn")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    bench.print_machine()
    print(f"Threads in this script: {arguments.threads}.")
    print_missing()
    names_and_methods, mclust = parts(arguments.threads), None
    if arguments.alone:
        names_and_methods = {"mixclust": methods(arguments.threads, None)["mixclust"]}
    elif not arguments.parts:
        names_and_methods = methods(arguments.threads, arguments.sklearn_n_init)
        mclust = bench_mclust.installed_version()
        print(f"R's mclust {mclust}" if mclust else "R's mclust is not installed: left out.")
    load, lines, lines_without, missed = bench.OtherLoad(), [], [], []
    for kind in arguments.kinds.split(","):
        with threadpool_limits(arguments.threads):
            bounds, best, seconds = measure_kind(kind, names_and_methods, mclust, arguments.seeds)
        for name in bounds:
            found = bounds[name], best, seconds[name]
            lines.append(describe(kind, name, *found))
            without = (values[:N_GENERATED_OR_WELL_KNOWN] for values in found)
            lines_without.append(describe(kind, name, *without))
        if "mixclust" in bounds:
            missed += missed_sets(kind, best - bounds["mixclust"])
    print(f"\nFits at the best likelihood known; other load {load.percent()} %\n")
    header = [
        "structure",
        "method",
        "reached",
        "share",
        "mean shortfall, nats a row",
        "above",
        "none",
        "seconds",
    ]
    bench.print_table(header, lines)
    print("\nThe same without the real tables\n")
    bench.print_table(header, lines_without)
    print("\n".join(missed))


if __name__ == "__main__":
    main()
