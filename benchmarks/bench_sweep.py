"""BIC over one to nine components on real tables: fits by themselves, and a sweep.

    python benchmarks/bench_sweep.py [--kinds full,tied,diag,spherical] [--n-init 20]

BIC rises by hundreds with one more component where a fit ended in a poor optimum. A sweep, as
`mixclust cluster` and `CriteriaDisplay` make it, starts each mixture from the next smaller and
larger ones too. "falls" counts the mixtures that are less likely than a smaller one. "-" is a
mixture with a collapsed component. One thread; `--n-init` adds fits of as many runs each.
"""

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import argparse
import time
import warnings

import numpy as np
from bench_real_tables import print_missing, real_tables

from mixclust import GaussianMixture
from mixclust._mixture.sweep import fit_sweep

KINDS = ("full", "tied", "diag", "spherical")
SIZES = range(1, 10)
FALL_IN_NATS = 1e-6


def by_themselves(estimator, X):
    """Fit a mixture of each size, as a user would without a sweep."""
    options = estimator.get_params()
    return {size: GaussianMixture(**options | {"n_components": size}).fit(X) for size in SIZES}


def describe(mixtures, X):
    """Give the cells of a row: BIC of each size, and the number of falls of the likelihood."""
    cells, falls, most = [], 0, -np.inf
    for mixture in mixtures.values():
        if mixture.report_.n_collapsed:
            cells.append("-")
            continue
        cells.append(f"{mixture.bic(X):,.0f}")
        falls += mixture.lower_bound_ < most - FALL_IN_NATS
        most = max(most, mixture.lower_bound_)
    return [*cells, str(falls)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", default=",".join(KINDS), help="structures, separated by commas")
    parser.add_argument("--n-init", type=int, help="also fits of this number of runs each")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    bench.print_machine()
    print("One thread in this script.")
    print_missing()
    ways = {"by itself": ({}, by_themselves)}
    if arguments.n_init:
        ways[f"n_init={arguments.n_init}"] = ({"n_init": arguments.n_init}, by_themselves)
    ways["sweep"] = ({}, lambda estimator, X: fit_sweep(estimator, SIZES, X))
    load, lines, total = bench.OtherLoad(), [], dict.fromkeys(ways, 0.0)
    for name, X, _ in real_tables():
        for kind in arguments.kinds.split(","):
            for way, (options, fit) in ways.items():
                estimator = GaussianMixture(
                    covariance_type=kind, random_state=0, n_threads=1, **options
                )
                start = time.perf_counter()
                mixtures = fit(estimator, X)
                seconds = time.perf_counter() - start
                total[way] += seconds
                lines.append([f"{name}, {kind}", way, *describe(mixtures, X), f"{seconds:.2f}"])
    print(f"\nBIC by the number of components (less is better); other load {load.percent()} %\n")
    bench.print_table(["table", "fits", *map(str, SIZES), "falls", "seconds"], lines)
    print("All: " + ", ".join(f"{way} {seconds:.2f} s" for way, seconds in total.items()))


if __name__ == "__main__":
    main()
