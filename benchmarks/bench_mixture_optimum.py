"""How often a mixture ends at the best likelihood known, and the time that it takes.

    python benchmarks/bench_mixture_optimum.py [--kinds full,tied,diag,spherical] [--parts]

Forty-three data sets, three seeds each, two threads. A fit reaches the best likelihood known if its
mean log-likelihood of a row is at most 1e-3 nats below. The best one known is the largest of all
fits that are shown, of a fit that starts from the labels of the data, and of `N_RESTARTS` runs from
each of three kinds of starts. Fits with a collapsed component do not count for it. scikit-learn
has mixclust's `tol` and `max_iter`, so that it does not stop earlier. With ``--parts``, the methods
are mixclust's search without one of its parts each.
"""

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import argparse
import contextlib
import time
import warnings
from unittest import mock

import numpy as np
import sklearn.mixture
from bench_mixture_panel import data_sets

from mixclust import GaussianMixture
from mixclust._mixture import perturbations, search

KINDS = ("full", "tied", "diag", "spherical")
N_SEEDS = 3
N_RESTARTS = 30
REACHED_IN_NATS = 1e-3


def methods():
    """Give a function of a number of components, a structure and a seed for each method, by name.

    The functions return estimators.
    """

    def ours(**options):
        return lambda n_components, kind, seed: GaussianMixture(
            n_components, covariance_type=kind, random_state=seed, **options
        )

    def theirs(n_components, kind, seed):
        return sklearn.mixture.GaussianMixture(
            n_components, covariance_type=kind, random_state=seed, tol=1e-5, max_iter=1000
        )

    return {
        "scikit-learn": theirs,
        'mixclust, init_params="kmeans"': ours(init_params="kmeans"),
        "mixclust": ours(),
        "mixclust, n_init=10": ours(n_init=10),
    }


def parts():
    """Give the same for searches without one part each."""

    def without(*changes):
        def make(n_components, kind, seed):
            mixture = GaussianMixture(n_components, covariance_type=kind, random_state=seed)
            return _Patched(mixture, changes)

        return make

    def unmoved(data, fit, *_):
        return fit, 0.0

    clusterings = search._Clusterings
    return {
        "the whole search": without(),
        "no clusterings along directions": without((clusterings, "_along_directions", _nothing)),
        "no clustering of standardised features": without((search, "N_STANDARD", 0)),
        "one round": without((search, "MAX_ROUNDS", 1)),
        "four rounds always": without((search, "N_AGREEING", 99)),
        "no splits and mergers": without((search, "improve", unmoved)),
        "no halves of the rows": without((perturbations, "_half", _in_ball)),
        "no component in a ball": without((perturbations, "_with_component_in_ball", _half)),
        "no random moves": without((search, "perturb", unmoved)),
        "no moves": without((search, "improve", unmoved), (search, "perturb", unmoved)),
        "moves from one optimum": without((search, "N_IMPROVED", 1)),
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


def measure_kind(kind, names_and_methods):
    """Give bounds of shape (n_sets, n_methods, n_seeds), the best ones, and seconds by method."""
    bounds, best = [], []
    seconds = np.zeros(len(names_and_methods))
    for _, X, labels in data_sets():
        n_components = int(labels.max()) + 1
        found = np.empty((len(names_and_methods), N_SEEDS))
        largest = best_known(X, labels.astype(np.int64), kind)
        for seed in range(N_SEEDS):
            for i, make in enumerate(names_and_methods.values()):
                mixture = make(n_components, kind, seed)
                start = time.perf_counter()
                mixture.fit(X)
                seconds[i] += time.perf_counter() - start
                found[i, seed] = mixture.lower_bound_
                report = getattr(mixture, "report_", None)
                if report is not None and report.n_collapsed == 0:
                    largest = max(largest, mixture.lower_bound_)
        bounds.append(found)
        best.append(largest)
    return np.array(bounds), np.array(best), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", default=",".join(KINDS), help="structures, separated by commas")
    parser.add_argument("--parts", action="store_true", help="leave out one part each")
    args = parser.parse_args()
    kinds = args.kinds.split(",")
    warnings.simplefilter("ignore")
    bench.print_machine()
    names_and_methods = parts() if args.parts else methods()
    load, lines = bench.OtherLoad(), []
    for kind in kinds:
        bounds, best, seconds = measure_kind(kind, names_and_methods)
        short = np.maximum(best[:, np.newaxis, np.newaxis] - bounds, 0.0)
        for i, name in enumerate(names_and_methods):
            reached = int(np.sum(short[:, i] <= REACHED_IN_NATS))
            lines.append(
                [
                    kind,
                    name,
                    f"{reached} of {short[:, i].size}",
                    f"{100 * reached / short[:, i].size:.0f} %",
                    f"{short[:, i].mean():.4f}",
                    f"{seconds[i]:.2f}",
                ]
            )
    print(f"\nFits at the best likelihood known; other load {load.percent()} %\n")
    bench.print_table(
        ["structure", "method", "reached", "share", "mean shortfall, nats a row", "seconds"], lines
    )


if __name__ == "__main__":
    main()
