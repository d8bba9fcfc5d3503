"""All fourteen models beside R's mclust, from the same responsibilities.

    python benchmarks/bench_mclust_models.py [--stored | --store]

2,016 cells: iris, faithful, diabetes and banknote, one to nine components, plain, with noise, with
the default prior and with both. Compared are log-likelihood, number of parameters, BIC and ICL,
after one iteration and at the end of EM; for EVE and VVE, also the objective of the M step, the
log-likelihood after an iteration of ours from the end of mclust, and the one of a fit with a start
of its own. Every cell that differs is listed under its reason.

R runs `tests/data/mclust_models.R`. `--stored`, and a machine without mclust, take the numbers of
mclust 6.0.0 that the tests keep, without the ends of mclust; `--store` writes that file.
"""

import bench_helpers as bench  # isort: skip  It sets the number of threads, before NumPy loads.
import argparse
import collections
import gzip
import itertools
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bench_mclust
import numpy as np

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.insert(0, str(TESTS))

from support import mclust_models as cells_of  # noqa: E402
from support.samples import quiet_fit  # noqa: E402
from support.tables import table  # noqa: E402

from mixclust import GaussianMixture  # noqa: E402

TABLES = ("iris", "faithful", "diabetes", "banknote")
OPTIONS = ("plain", "noise", "prior", "both")
LIKELIHOOD = 1e-6
"""Share of a log-likelihood or criterion that counts as equal."""
OBJECTIVE = 1e-9
"""Share of the objective of an M step, and of a log-likelihood after a further iteration."""

EQUAL = "equal"
BY_RULE = "equal by the rule of mclust's prior"
HIGHER, LOWER = "VVE, ours higher", "VVE, ours lower"
NO_PRIOR = "mclust has no prior for the model"
GAP_OF_BOTH, GAP_OF_MCLUST = "gap of both", "gap of mclust alone"
GAP_BY_RULE = "gap of mclust, and of ours by the rule of its prior"
SINGULAR = "a component of ours collapsed, mclust's likelihood grows in it"
UNEXPLAINED = "UNEXPLAINED"
VERDICTS = (
    EQUAL, BY_RULE, HIGHER, LOWER, NO_PRIOR, GAP_OF_BOTH, GAP_BY_RULE, GAP_OF_MCLUST, SINGULAR,
    UNEXPLAINED,
)  # fmt: skip
REASONS = {
    BY_RULE: "the M step of mclust is not the mode of the posterior under its prior",
    HIGHER: "the M step of mclust leaves the volumes out where it turns the axes",
    LOWER: "the same: EM of mclust takes another way, on which its likelihood may fall",
    GAP_OF_BOTH: "a component becomes singular or empty in both",
    GAP_BY_RULE: "its prior lets a component vanish",
    GAP_OF_MCLUST: "mclust asks for a regular scatter of each component, though axes are shared",
    SINGULAR: "EM of ours keeps a covariance that is singular to rounding as it was",
}


def is_close(ours, theirs, share=LIKELIHOOD):
    return abs(ours - theirs) <= share * abs(theirs)


def write_tables(folder):
    """Write the tables as the R script reads them."""
    for name in TABLES:
        X = table(name)
        header = ",".join(f"x{j}" for j in range(X.shape[1]))
        np.savetxt(
            folder / f"{name}.csv", X, delimiter=",", fmt="%.17g", header=header, comments=""
        )


def run_r(folder):
    """The text that the R script prints; responsibilities at ends are in files of the folder."""
    write_tables(folder)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = ["Rscript", "--vanilla", TESTS / "data" / "mclust_models.R", folder]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout


def compare_first(cell):
    """The verdict after one iteration, and whether df, BIC beyond the likelihood, ICL are equal."""
    X, fit = table(cell.table), cells_of.fit_cell(cell, 0)
    log_likelihood, bic, icl = len(X) * fit.score(X), -fit.bic(X), -fit.icl(X)
    n_parameters = round((2 * log_likelihood - bic) / np.log(len(X)))
    exact = {"df": n_parameters == cell.n_parameters}
    if np.isnan(cell.first_log_likelihood):
        return NO_PRIOR, exact
    if is_close(log_likelihood, cell.first_log_likelihood):
        return EQUAL, exact | {"ICL after one iteration": is_close(icl, cell.first_icl)}
    if cell.has_prior and cell.model in cells_of.MCLUST_PRIORS:
        first, _, _ = cells_of.log_likelihoods_by_mclusts_rule(cell, 0)
        return BY_RULE if is_close(first, cell.first_log_likelihood) else UNEXPLAINED, exact
    if cell.model == "VVE":
        return HIGHER if cells_of.expected(cell, fit) > cell.first_expected else UNEXPLAINED, exact
    return UNEXPLAINED, exact


def compare_end(cell):
    """The verdict at the end of EM, and whether BIC and ICL are equal."""
    X, fit = table(cell.table), cells_of.fit_cell(cell, cells_of.MAX_ITER)
    log_likelihood, bic, icl = len(X) * fit.score(X), -fit.bic(X), -fit.icl(X)
    if np.isnan(cell.log_likelihood):
        if "not available" in cell.gap:
            return NO_PRIOR, {}
        if fit.report_.n_collapsed:
            return GAP_OF_BOTH, {}
        return GAP_BY_RULE if cell.has_prior and _collapses_by_rule(cell) else GAP_OF_MCLUST, {}
    penalty = 2 * log_likelihood - bic
    exact = {"BIC beyond the likelihood": is_close(penalty, 2 * cell.log_likelihood - cell.bic)}
    if is_close(log_likelihood, cell.log_likelihood):
        return EQUAL, exact | {"BIC": is_close(bic, cell.bic), "ICL": is_close(icl, cell.icl)}
    if cell.has_prior and cell.model in cells_of.MCLUST_PRIORS:
        _, last, _ = cells_of.log_likelihoods_by_mclusts_rule(cell, cells_of.MAX_ITER)
        return BY_RULE if is_close(last, cell.log_likelihood) else UNEXPLAINED, exact
    if cell.model == "VVE":
        return HIGHER if log_likelihood > cell.log_likelihood else LOWER, exact
    return SINGULAR if fit.report_.n_collapsed else UNEXPLAINED, exact


def _collapses_by_rule(cell):
    return cells_of.log_likelihoods_by_mclusts_rule(cell, cells_of.MAX_ITER)[2]


def print_verdicts(title, found):
    """Print how often each verdict was found with each option."""
    counts = collections.Counter((cell.option, verdict) for cell, verdict in found)
    print(f"\n| {title} | {' | '.join(OPTIONS)} |")
    print("|---|" + "---|" * len(OPTIONS))
    for verdict in VERDICTS:
        numbers = [counts[option, verdict] for option in OPTIONS]
        if any(numbers):
            print(f"| {verdict} | {' | '.join(map(str, numbers))} |")


def print_differences(found):
    """List the cells that are not equal, under their reasons."""
    for verdict in VERDICTS[1:]:
        cells = [cell for cell, other in found if other == verdict]
        if cells:
            print(f"\n{verdict}: {REASONS.get(verdict, '')}".rstrip(": "))
        for _, own in itertools.groupby(sorted(cells, key=_by_model), key=_by_model):
            own = list(own)
            model = own[0].model
            rule = f" ({cells_of.MCLUST_PRIORS[model]})" if verdict == BY_RULE else ""
            places = collections.defaultdict(list)
            for cell in own:
                places[cell.table, cell.option].append(cell.n_components)
            listed = ", ".join(
                f"{' '.join(place)} {_ranges(sizes)}" for place, sizes in places.items()
            )
            print(f"- {model}{rule}: {listed}")


def _ranges(sizes):
    """Increasing numbers as text, as in "1-3/5"."""
    texts = []
    for _, run in itertools.groupby(enumerate(sizes), key=lambda pair: pair[1] - pair[0]):
        first, *rest = (size for _, size in run)
        texts.append(f"{first}-{rest[-1]}" if rest else str(first))
    return "/".join(texts)


def _by_model(cell):
    return cells_of.MODELS.index(cell.model)


def print_common_axes(cells, folder):
    """Print how EVE and VVE compare without a prior."""
    print("\n| common axes | equal | ours higher | ours lower |\n|---|---|---|---|")
    for model in ("EVE", "VVE"):
        own = [cell for cell in cells if cell.model == model and not cell.has_prior]
        objectives = [
            (cells_of.expected(cell, cells_of.fit_cell(cell, 0)), cell.first_expected)
            for cell in own
        ]
        _print_pairs(f"{model}, objective of the first M step", objectives, OBJECTIVE)
        ended = [cell for cell in own if not np.isnan(cell.log_likelihood)]
        if folder is not None:
            pairs = [(_after_the_end(cell, folder), cell.log_likelihood) for cell in ended]
            _print_pairs(f"{model}, one iteration after the end of mclust", pairs, OBJECTIVE)
        pairs = [(_of_own_start(cell), cell.log_likelihood) for cell in ended]
        _print_pairs(
            f"{model}, end of a fit with its own start beside the end of mclust", pairs, LIKELIHOOD
        )


def _after_the_end(cell, folder):
    name = f"{cell.table}-{cell.option}-{cell.model}-{cell.n_components}.bin"
    resp = np.fromfile(folder / name).reshape(len(table(cell.table)), -1)
    return cells_of.log_likelihood_from(cell, resp)


def _of_own_start(cell):
    """The log-likelihood at which a fit with its own start ends, without a floor of variances."""
    X = table(cell.table)
    mixture = GaussianMixture(
        cell.n_components, covariance_type=cell.model, noise=cell.has_noise, reg_covar=0, tol=1e-9,
        random_state=0,
    )  # fmt: skip
    return len(X) * quiet_fit(mixture, X).score(X)


def _print_pairs(title, pairs, share):
    n_equal = sum(is_close(ours, theirs, share) for ours, theirs in pairs)
    n_lower = sum(ours < theirs and not is_close(ours, theirs, share) for ours, theirs in pairs)
    print(f"| {title} | {n_equal} | {len(pairs) - n_equal - n_lower} | {n_lower} |")


def compare(cells, folder):
    """Print all comparisons; the folder holds the ends of mclust, if R ran."""
    begin = time.process_time()
    firsts, ends, totals = [], [], collections.defaultdict(list)
    for cell in cells:
        for compare_cell, found in ((compare_first, firsts), (compare_end, ends)):
            verdict, exact = compare_cell(cell)
            found.append((cell, verdict))
            for name, is_equal in exact.items():
                totals[name].append(is_equal)
    print_verdicts("cells, after one iteration", firsts)
    print_verdicts("cells, at the end", ends)
    print()
    for name, equal in totals.items():
        print(f"{name}: {sum(equal)} of {len(equal)} equal")
    print_common_axes(cells, folder)
    print("\n## After one iteration, cells that differ")
    print_differences(firsts)
    print("\n## At the end, cells that differ")
    print_differences(ends)
    print(f"\nmixclust took {time.process_time() - begin:.0f} CPU seconds.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--stored", action="store_true", help="take the numbers of the tests")
    choice.add_argument("--store", action="store_true", help="write the numbers of the tests")
    arguments = parser.parse_args()
    bench.print_machine()
    version = None if arguments.stored else bench_mclust.installed_version()
    if version is None:
        print("Stored numbers of mclust 6.0.0." if arguments.stored else "mclust is not installed.")
        compare(cells_of.stored_cells(), None)
        return
    with tempfile.TemporaryDirectory() as name:
        begin = time.perf_counter()
        text = run_r(Path(name))
        print(f"mclust {version} took {time.perf_counter() - begin:.0f} s.")
        if arguments.store:
            packed = gzip.compress(text.encode("ascii"), mtime=0)
            (TESTS / "data" / "mclust_models.csv.gz").write_bytes(packed)
        compare(cells_of.read_cells(text.splitlines()), Path(name))


if __name__ == "__main__":
    main()
