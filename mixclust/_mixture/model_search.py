"""The search of `GaussianMixtureIC`: every model and size, fitted together or one after another."""

import math
import warnings
from functools import partial
from time import perf_counter

import numpy as np

from .._estimator.clock import Clock, FitProgress, with_time_left
from .._estimator.show import show
from .._inputs.errors import CollapseWarning, ConvergenceWarning, warn_collapse
from .._inputs.random import draw_seed, lent_random_state
from .._inputs.wording import count
from .answers import largest, read_resp_and_log_prob, sums_of, weighted_sum
from .criteria import count_parameters, criteria_of
from .data import MixtureData
from .em import best_mixture
from .gaussian import GaussianMixture
from .gaussian_fit import check_n_samples
from .noise import describe_noise
from .report import warn_of_fit
from .selection import distinct_kinds, has_matrices
from .selection_report import Row, ranking
from .shared_search import End, datas_of, known, search_together
from .structures import covariance_types, structure_for
from .sweep import fit_sweep
from .warm_start import Previous

__all__ = ["ModelSearch", "SearchState"]

SHARE_OF_TOL = 0.01
"""Tolerance of the run of the best mixture, as a share of that of the search."""


N_STEPS = 4
"""Steps of a search with shared starts, about."""

N_SHOWN_PER_MIXTURE = 2
"""Steps for each mixture of a search with independent starts, about."""


class SearchState(FitProgress):
    """Argument of the callback of `GaussianMixtureIC`, which is called at each step.

    Attributes
    ----------
    phase, n_runs, seconds, seconds_left, message
        See `FitProgress`.
    step : str
        The step that was taken.
    n_fitted : int
        Mixtures that were fitted so far, at least once.
    n_mixtures : int
        Mixtures to fit.
    """

    def __init__(self, step: str, n_fitted: int, n_mixtures: int) -> None:
        self.step = step
        self.n_fitted = n_fitted
        self.n_mixtures = n_mixtures

    phase = "search"

    def _message(self):
        return f"{self.step}: {self.n_fitted} of {self.n_mixtures} mixtures"


class ModelSearch:
    """Mixtures of every model and size on the same rows, and the best of them.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32 or float64
    sample_weight : ndarray of shape (n_samples,), float64, or None
    params : namespace
        Checked parameters of a `GaussianMixtureIC`, with `sizes` and `kinds`.
    n_threads : int

    Attributes
    ----------
    rows : list of Row
    skipped : dict of str to str
        Models without rows, and why.
    best : GaussianMixture
        The fitted mixture with the least criterion.
    ended : str
        How the search ended early; empty if it did not.
    seconds : dict of str to float
    """

    def __init__(self, X, sample_weight, params, n_threads):
        self._params, self._weights = params, sample_weight
        self.seconds, self.ended, self.skipped = {}, "", {}
        self._is_to_end = False
        self._clock, self._n_shown = Clock(1), 0
        self._began = perf_counter()
        kinds = covariance_types() if params.kinds is None else params.kinds
        self._structures = self._distinct(kinds, X.shape[1], params.kinds is None)
        self._options = {
            name: getattr(params, name)
            for name in (
                "tol", "reg_covar", "max_iter", "noise", "noise_volume", "prior", "random_state",
                "n_threads",
            )
        }  # fmt: skip
        described = max(self._structures.values(), key=lambda found: found.n_matrices(2))
        self._data = MixtureData(X, sample_weight, described, n_threads)
        n_present = self._data.n_present
        check_n_samples(n_present, min(params.sizes))
        self._sizes = [size for size in params.sizes if size <= n_present]
        self._data.describe(params.reg_covar)
        self._possible = self._structures
        if params.prior is None and self._data.has_too_few_rows:
            some = {k: s for k, s in self._structures.items() if not has_matrices(k)}
            self._possible = some or self._structures
        describe_noise(self._data, params)
        self._ends = {}
        self._take_time("columns")

    def _distinct(self, kinds, n_features, is_all):
        """Structures by the names of users, each once."""
        structures = {}
        for kind in kinds:
            structure = structure_for(kind, n_features)
            if structure in structures.values():
                first = next(name for name, known in structures.items() if known is structure)
                self.skipped[kind] = f"another name of {first!r}"
            else:
                structures[kind] = structure
        if is_all and n_features == 1:
            kept = distinct_kinds(list(structures), 2, 1)
            for kind in [name for name in structures if name not in kept]:
                self.skipped[kind] = f"with one feature the same as one of {' and '.join(kept)}"
            structures = {kind: structures[kind] for kind in kept}
        return structures

    def run(self):
        """Fit all mixtures, and keep the best."""
        begin = getattr(self._params.callback, "begin", None)
        if begin is not None:
            begin("search")
        with lent_random_state(self._params.random_state) as source:
            if self._params.starts == "shared":
                self._search_together(source)
            else:
                self._sweep(source)
        found = self._measure()
        self.rows = self._tabulate(found)
        self._take_time("criteria")
        self._keep_best()
        self._take_time("best mixture")

    def _take_time(self, step):
        now = perf_counter()
        self.seconds[step] = self.seconds.get(step, 0.0) + now - self._began
        self._began = now

    def _report_step(self, step, n_fitted):
        """Print a step and call the callback; returns True if it ends the search."""
        self._take_time(step)
        self._show(step, n_fitted)
        if not self._is_to_end:
            return False
        self.ended = f"by the callback, after the step {step!r}"
        return n_fitted > 0

    def _show(self, step, n_fitted):
        """Print a step and tell the callback, which may ask for the end of the search."""
        n_mixtures = len(self._possible) * len(self._sizes)
        params = self._params
        state = SearchState(step, n_fitted, n_mixtures)
        state.seconds, state.seconds_left = self._clock.read(share=self._share(n_fitted))
        if params.verbose:
            show(with_time_left(state.message, state.seconds, state.seconds_left))
        if params.callback is not None and params.callback(state):
            self._is_to_end = True
        tasks = getattr(params, "_fit_tasks", None)
        if tasks is not None and tasks.step(step):
            self._is_to_end = True

    def _share(self, n_fitted):
        """Share of the search that is done, about: of its steps, or of the mixtures."""
        self._n_shown += 1
        n_mixtures = len(self._possible) * len(self._sizes)
        if self._params.starts == "shared":
            return self._n_shown / (N_STEPS * self._params.n_init + 1)
        # Each mixture is shown before its fit, and often again before it is improved.
        return min(0.99, self._n_shown / (N_SHOWN_PER_MIXTURE * n_mixtures + 1))

    # Searches

    def _search_together(self, source):
        """Search for all mixtures with shared starts, `n_init` times."""
        structures = list(self._possible.values())

        def watch(step, ends):
            keys = {key for key in (*ends, *self._ends) if key[0] in structures}
            return self._report_step(step, len(keys))

        for _ in range(self._params.n_init):
            random_state = np.random.RandomState(draw_seed(source))
            ends = search_together(
                self._data, structures, self._sizes, self._params, random_state, watch
            )
            for key, end in ends.items():
                if key not in self._ends or end.score > self._ends[key].score:
                    self._ends[key] = end
            if self.ended:
                break

    def _sweep(self, source):
        """Fit each model by itself, at all sizes."""
        for kind, structure in self._possible.items():
            options = self._options | {"random_state": draw_seed(source)}
            template = GaussianMixture(covariance_type=kind, n_init=self._params.n_init, **options)
            with warnings.catch_warnings():
                # The table says which mixtures collapsed or did not converge.
                warnings.simplefilter("ignore", CollapseWarning)
                warnings.simplefilter("ignore", ConvergenceWarning)
                mixtures = fit_sweep(
                    template,
                    self._sizes,
                    self._data.X,
                    self._weights,
                    progress=partial(self._show_fit, kind),
                )
            for size, mixture in mixtures.items():
                self._ends[structure, size] = End(
                    mixture.report_.n_collapsed,
                    mixture.lower_bound_,
                    known(mixture._parameters()),
                    mixture.n_iter_,
                    mixture.converged_,
                )
            if self._report_step(kind, len(self._ends)):
                break

    def _show_fit(self, kind, size, other):
        """Show that a mixture is fitted, or tried from another number of components."""
        described = f"{count(size, 'component')}, {kind}"
        step = f"fitting {described}" if other is None else f"improving {described}, from {other}"
        n_of_kind = len(self._sizes) if other is not None else self._sizes.index(size)
        self._show(step, len(self._ends) + n_of_kind)

    # Criteria

    def _measure(self):
        """Log-likelihood, and log of the largest responsibilities summed, of sound mixtures."""
        found = {key: end.sums for key, end in self._ends.items() if end.n_collapsed == 0}
        unknown = [key for key, sums in found.items() if sums is None]
        for key, data in datas_of(self._data, unknown).items():
            found[key] = sums_of(data, data.scorer(self._ends[key].parameters))
        return found

    def _sums(self, resp, log_prob):
        """As `sums_of`, to the last bit as the estimator adds them up."""
        log_likelihood, total = weighted_sum(log_prob, self._weights)
        certainty, _ = weighted_sum(np.log(largest(resp)), self._weights)
        return log_likelihood, certainty, total

    def _tabulate(self, found):
        """The table: a row for each model and size."""
        n_features, rows = self._data.X.shape[1], []
        for kind, structure in self._structures.items():
            for size in self._params.sizes:
                n_parameters = count_parameters(structure, size, n_features, self._params.noise)
                sums, end = found.get((structure, size)), self._ends.get((structure, size))
                rows.append(_row(kind, size, n_parameters, sums, end, self._why_not(kind, size)))
        return self._with_same_noted(rows)

    def _why_not(self, kind, size):
        """Why there is no mixture of a model and size, if not because it collapsed."""
        n_present, n_features = self._data.n_present, self._data.X.shape[1]
        if size > n_present:
            return f"more components than the {n_present} rows"
        if kind not in self._possible:
            return (
                f"covariance matrices of {n_features} features need at least {n_features + 1} "
                f"rows, but {n_present} came"
            )
        return "the callback ended the search before"

    def _with_same_noted(self, rows):
        """The table, with a note where a model describes the same mixtures as an earlier one."""
        n_features, noted, first = self._data.X.shape[1], [], {}
        for row in rows:
            if 1 in (row.n_components, n_features) and not row.note:
                known = first.setdefault((row.n_components, row.n_parameters), row)
                if known is not row:
                    row = row._replace(note=f"the same mixture as {known.covariance_type!r}")
            noted.append(row)
        return noted

    # The best mixture

    def _keep_best(self):
        """Let the mixture with the least criterion converge on its own, as a fitted estimator."""
        for row in ranking(self.rows, self._params.criterion):
            if self._fit_best(row.covariance_type, row.n_components):
                return
        # Every mixture collapsed, as where all rows are alike.
        n_features = self._data.X.shape[1]
        structure, size = min(
            self._ends,
            key=lambda key: (self._ends[key].n_collapsed, key[0].n_parameters(key[1], n_features)),
        )
        kind = next(name for name, known in self._possible.items() if known is structure)
        self._fit_best(kind, size, may_collapse=True)
        warn_collapse(
            "Every mixture has a collapsed component, so that none can be chosen by its "
            f"likelihood; best_estimator_ is the smallest one, {kind} with n_components={size}. "
            "Pass fewer components, columns that do not depend on each other, or more rows."
        )

    def _fit_best(self, kind, size, may_collapse=False):
        """Make the estimator of a mixture; returns False if it collapses."""
        structure = self._structures[kind]
        mixture = GaussianMixture(size, covariance_type=kind, **self._options)
        data = self._data.with_structure(structure)
        origin = f"the search over {len(self._possible)} models and {len(self._sizes)} sizes"
        end = self._ends[structure, size]
        previous = Previous(end.parameters, [], origin)
        params = mixture._check_params()
        params.tol *= SHARE_OF_TOL
        run, report = best_mixture(data, params, None, None, previous)
        if end.converged and not run.converged:
            params.tol = self._params.tol
            run, report = best_mixture(data, params, None, None, previous)
        if report.n_collapsed and not may_collapse:
            self._replace(kind, size, None, end._replace(n_collapsed=report.n_collapsed))
            return False
        mixture._keep(run, report)
        if not report.n_collapsed:
            end = end._replace(find_parameters=known(run.parameters), converged=run.converged)
            sums = self._sums(*read_resp_and_log_prob(data.scorer(run.parameters)))
            report._set_sums(sums[:2])
            self._replace(kind, size, sums, end)
            warn_of_fit(report, self._params.tol, of_collapse=False)
        self.best = mixture
        return True

    def _replace(self, kind, size, sums, end):
        """Set the row of a mixture anew."""
        for i, row in enumerate(self.rows):
            if (row.covariance_type, row.n_components) == (kind, size):
                self.rows[i] = _row(kind, size, row.n_parameters, sums, end, "")


def _row(kind, size, n_parameters, sums, end, why_not):
    """A row of the table."""
    if sums is None:
        nan, n_collapsed, n_iter = math.nan, 0, 0
        if end is not None:
            n_collapsed, n_iter = int(end.n_collapsed), end.n_iter
            why_not = f"{n_collapsed} of {count(size, 'component')} collapsed"
        return Row(
            kind, size, nan, n_parameters, nan, nan, nan, False, n_iter, n_collapsed, why_not
        )
    log_likelihood, certainty, total = sums
    found = criteria_of(log_likelihood, n_parameters, total, certainty)
    return Row(
        kind, size, log_likelihood, n_parameters, found["bic"], found["aic"], found["icl"],
        bool(end.converged), end.n_iter, 0, "",
    )  # fmt: skip
