"""Mixtures of several structures and sizes that share their starts.

The costly part of a fit is the search for a good start. Here two trees of partitions serve all
mixtures (`agglomeration`). Structures without constraints go first: short runs of EM from the
partitions of the trees, of which the best goes on. Then each is tried from the responsibilities
that the others ended at, and from the next larger mixture by a merger. The other structures begin
at the responsibilities of these ends. Last, mixtures are put in order: one that is less likely than
a mixture of the same size that is a special case of it, or than a smaller one of its structure,
starts again from that one. So no mixture is less likely than one that it includes, but for
`reg_covar`, and unless the run from there ends in a collapse.

Each model and size has a prior of its own, if there is one. So the bounds of two of them are not
comparable, and each mixture is tried from the likeliest ones that it includes.
"""

import copy
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from .._passes.threads import map_tasks
from ..kernels.mixture.contest import Contest, merge_overlapping
from .agglomeration import grow_trees
from .answers import read_resp_and_log_prob, sums_of
from .fits import MIN_GAIN_IN_NATS, SAME_BOUND_IN_NATS, count_runners
from .geometry import cut_largest
from .parameters import Parameters
from .priors import prior_of
from .structures import is_within, structure_of
from .sweep import part_for_trials

__all__ = ["End", "known", "search_together"]

N_SHORT_ITERATIONS = 8
"""Iterations of EM from each partition."""

N_SHORT_ITERATIONS_OF_OTHERS = 2
"""Iterations of EM from the responsibilities of each unconstrained structure."""

N_ITER_OF_RUN = 50
"""Iterations of a run, about, for the estimate of its cost."""

MAX_SOURCES = 3
"""Mixtures of fewer parameters, the likeliest ones, from which a mixture is tried that has a
collapsed component or a prior."""


class End(NamedTuple):
    """The end of a run of EM.

    Attributes
    ----------
    n_collapsed : int
        Components that collapsed.
    bound : float
        Mean log-likelihood of a row before the last iteration, in nats.
    find_parameters : callable
        ``find_parameters()`` returns the parameters in units of X. Most ends are never asked.
    n_iter : int
        Iterations of the run.
    converged : bool
    sums : tuple of three float, or None
        See `sums_of`; None if they are not known.
    """

    n_collapsed: int
    bound: float
    find_parameters: Callable[[], Parameters]
    n_iter: int
    converged: bool
    sums: tuple | None = None

    @property
    def score(self):
        """Rank among ends: fewer collapsed components come first, then the larger bound."""
        return (-self.n_collapsed, self.bound)

    @property
    def parameters(self):
        """Parameters in units of X."""
        return self.find_parameters()


def known(parameters):
    """Return `find_parameters` of an end with parameters that are known."""
    return lambda: parameters


def search_together(data, structures, sizes, params, random_state, watch):
    """Fit a mixture of every structure and size.

    Parameters
    ----------
    data : MixtureData
        Described, of any structure, with the box of noise if there is noise.
    structures : sequence of type of `Structure`
        Distinct.
    sizes : sequence of int
        Numbers of components, no more than rows of positive weight.
    params : namespace
        Gives `tol` and `max_iter` of each run, and `prior`.
    random_state : numpy.random.RandomState
    watch : callable
        ``watch(step, ends)`` is called after each step with its name and the ends so far; true
        ends the search.

    Returns
    -------
    ends : dict of (type, int) to End
        By structure and size; without the mixtures that the search did not come to.
    """
    search = _Search(data, structures, sizes, params, random_state)
    for step, take in search.steps():
        take()
        if watch(step, search.ends):
            break
    return {key: end for key, end in search.ends.items() if key[0] in structures}


class Work(NamedTuple):
    """The work that finds the end of a mixture, in two parts."""

    run: Callable[[], object]
    """Compiled: threads do not wait for the interpreter."""
    end: Callable[[], End]
    """Returns the end, after `run`."""


def do_side_by_side(begin, keys, data_of):
    """Find the end of each mixture, side by side if passes are short.

    Parameters
    ----------
    begin : callable
        ``begin(structure, size)`` returns the `Work`.
    keys : list of (type, int)
        Structures and sizes, the most expensive ones first.
    data_of : dict of (type, int) to MixtureData
        The rows that each mixture looks at.

    Returns
    -------
    ends : dict of (type, int) to End
        In the order of the keys.
    """
    costs = [data_of[key].cost_of_iteration(key[1]) for key in keys]
    total = N_ITER_OF_RUN * sum(costs)
    n_runners = count_runners(max(costs), total, data_of[keys[0]].n_threads)
    if n_runners == 1:  # rows may be many: one after the other, for their memory
        return {key: _do(begin(*key)) for key in keys}
    works = [begin(*key) for key in keys]
    map_tasks(lambda i: works[i].run(), len(works), n_runners)
    return {key: work.end() for key, work in zip(keys, works, strict=True)}


def _do(work):
    work.run()
    return work.end()


def datas_of(data, keys, prior=None):
    """The same rows for each of several structures and sizes.

    Parameters
    ----------
    data : MixtureData
        Described, of any structure.
    keys : sequence of (type, int)
        Structures and sizes.
    prior : None, "default" or dict
        The option: each size has its own prior.

    Returns
    -------
    data_of : dict of (type, int) to MixtureData
        Without a prior, keys of one structure share one object.

    Raises
    ------
    ValueError
        If a number of the prior does not fit the rows or a structure.
    """
    structures = dict.fromkeys(structure for structure, _ in keys)
    of_structure = {structure: data.with_structure(structure) for structure in structures}
    return {
        key: _with_prior(of_structure[key[0]], prior_of(of_structure[key[0]], prior, key[1]))
        for key in keys
    }


def _with_prior(data, prior):
    """The same rows with a prior; the data themselves without one."""
    if prior is None:
        return data
    data = copy.copy(data)
    data.prior = prior
    return data


class _Search:
    """The state of a search; see `search_together`."""

    def __init__(self, data, structures, sizes, params, random_state):
        self._structures = structures
        families = dict.fromkeys(structure_of(structure.family) for structure in structures)
        self._pioneers = list(families)
        self._others = [structure for structure in structures if structure not in families]
        self._sizes = sorted(sizes)
        self._has_prior = params.prior is not None
        self._tol, self._max_iter = params.tol, params.max_iter
        part, _ = part_for_trials(data, self._sizes[-1], random_state)
        self._part, self._random_state = part, random_state
        used = [(kind, size) for kind in (*self._pioneers, *self._others) for size in self._sizes]
        self._parts = self._wholes = datas_of(data, used, params.prior)
        if part is not data:
            self._parts = {
                key: _with_prior(found, self._wholes[key].prior)
                for key, found in datas_of(part, used).items()
            }
        self.ends, self._resp, self._new_resp = {}, {}, {}

    def steps(self):
        """Yield the steps in their order, each with the call that takes it."""
        yield "first fits", self._make_first_fits
        yield "exchange", partial(self._fit_all, self._try_others_ends, self._pioneers)
        if self._others:
            yield "other models", partial(self._fit_all, self._fit_from_pioneers, self._others)
        if self._wholes is not self._parts:
            yield "all rows", self._fit_all_rows
        yield "order", self._put_in_order

    def _make_first_fits(self):
        self._trees = grow_trees(self._part, self._sizes, self._random_state)
        self._fit_all(self._fit_from_trees, self._pioneers)

    def _fit_all_rows(self):
        data_of = self._wholes
        self._resp.clear()
        self._fit_all(self._continue_on_all_rows, self._structures, data_of)

    def _fit_all(self, begin, structures, data_of=None):
        """Set the ends of mixtures, each found from the ends before."""
        keys = [(structure, size) for size in self._sizes[::-1] for structure in structures]
        found = do_side_by_side(begin, keys, data_of or self._parts)
        for key, end in found.items():
            if end is not self.ends.get(key):
                self._resp.pop(key, None)
        self.ends |= found
        self._resp |= self._new_resp
        self._new_resp = {}

    # Fits: each returns the work that finds the end of a mixture

    def _fit_from_trees(self, structure, size):
        return self._best_of(structure, size, self._trees[size], N_SHORT_ITERATIONS)

    def _fit_from_pioneers(self, structure, size):
        keys = [(pioneer, size) for pioneer in self._pioneers]
        starts = [self._resp_of(key) for key in keys if self.ends[key].n_collapsed == 0]
        if not starts or size == 1:
            return self._fit_from_trees(structure, size)
        return self._best_of(structure, size, starts, N_SHORT_ITERATIONS_OF_OTHERS)

    def _try_others_ends(self, structure, size):
        end = self.ends[structure, size]
        if size == 1:
            return Work(lambda: None, lambda: end)
        starts = [
            self._resp_of((pioneer, size))
            for pioneer in self._pioneers
            if pioneer is not structure and self.ends[pioneer, size].n_collapsed == 0
        ]
        larger = structure, size + 1
        if larger in self.ends and self.ends[larger].n_collapsed == 0:
            starts.append(merge_overlapping(self._resp_of(larger), size + 1))
        data = self._parts[structure, size]
        contest = self._contest(data, size)
        return self._beyond(structure, data, contest, starts, end, MIN_GAIN_IN_NATS)

    def _continue_on_all_rows(self, structure, size):
        data = self._wholes[structure, size]
        contest = self._contest(data, size)
        data.use(contest.em, self.ends[structure, size].parameters)
        return Work(contest.run, partial(self._end_of, structure, data, contest))

    # Responsibilities, from which runs start

    def _resp_of(self, key, data_of=None):
        """Responsibilities that a mixture ended at, read once; the ones of noise come last."""
        if key not in self._resp:
            scorer = (data_of or self._parts)[key].scorer(self.ends[key].parameters)
            self._resp[key] = read_resp_and_log_prob(scorer)[0]
        return self._resp[key]

    # Runs

    def _contest(self, data, size):
        return Contest(data.fitter(size), self._max_iter, self._tol)

    def _best_of(self, structure, size, starts, n_iter):
        """Work for the end of the best of short runs, or of the next one if it collapses."""
        data = self._parts[structure, size]
        contest = self._contest(data, size)
        contest.take_starts(starts[:1] if size == 1 else starts, n_iter)
        return Work(contest.run_best, partial(self._end_of, structure, data, contest))

    def _beyond(self, structure, data, contest, starts, end, min_gain):
        """Work for the end of a run that leads beyond an end by a gain, or else for that end."""
        contest.take_starts(starts)
        leads = []

        def run():
            leads.append(contest.run_beyond(end.n_collapsed, end.bound, min_gain))

        return Work(run, lambda: self._end_of(structure, data, contest) if leads[0] else end)

    def _end_of(self, structure, data, contest):
        """The end that a contest found; responsibilities of unconstrained structures are kept."""
        sums, key = None, (structure, contest.em.n_components)
        if contest.n_collapsed == 0:
            answers, common = contest.answers()
            if data is self._wholes[key]:
                sums = sums_of(data, answers, common)
            if data is self._parts[key] and structure in self._pioneers:
                self._new_resp[key] = read_resp_and_log_prob(answers)[0]
        return End(
            contest.n_collapsed,
            contest.bound,
            partial(data.in_units, contest.em.model.parameters.copy()),
            contest.n_iter,
            contest.converged,
            sums,
        )

    # The order of nested models

    def _put_in_order(self):
        """Start mixtures again that are less likely than one that they include."""
        n_features = self._part.X.shape[1]
        included = {
            structure: [
                other
                for other in self._structures
                if other is not structure and is_within(other, structure)
            ]
            for structure in self._structures
        }
        smaller = None
        for size in self._sizes:
            for structure in sorted(
                self._structures, key=lambda found: found.n_parameters(size, n_features)
            ):
                sources = [(other, size) for other in included[structure]]
                sources += [(structure, smaller)] if smaller else []
                self._lift(structure, size, sources)
            smaller = size

    def _lift(self, structure, size, sources):
        """Start a mixture again from the mixtures that it includes, while one is more likely."""
        end = self.ends[structure, size]
        least = -np.inf
        if end.n_collapsed == 0 and not self._has_prior:
            least = end.bound + SAME_BOUND_IN_NATS
        sources = [
            key
            for key in sources
            if self.ends[key].n_collapsed == 0 and self.ends[key].bound > least
        ]
        if not sources:
            return
        sources.sort(key=lambda key: self.ends[key].bound, reverse=True)
        data, contest = self._wholes[structure, size], None
        min_gain = MIN_GAIN_IN_NATS if self._has_prior else 0.0
        for key in sources[: MAX_SOURCES if end.n_collapsed or self._has_prior else None]:
            begins = (self._cut, self._double) if key[1] < size else (self._resp_of_whole,)
            for begin in begins:
                is_behind = self._has_prior or (
                    self.ends[key].bound > end.bound + SAME_BOUND_IN_NATS
                )
                if end.n_collapsed == 0 and not is_behind:
                    break
                contest = contest or self._contest(data, size)
                starts = [begin(key, size)]
                end = _do(self._beyond(structure, data, contest, starts, end, min_gain))
        if end is not self.ends[structure, size]:
            self.ends[structure, size] = end
            self._resp.pop((structure, size), None)

    def _resp_of_whole(self, key, size):
        return self._resp_of(key, self._wholes)

    def _cut(self, key, size):
        """Responsibilities of a smaller mixture, with its largest component cut in two."""
        smaller = key[1]
        resp = self._resp_of(key, self._wholes)
        resp, of_noise = resp[:, :smaller], resp[:, smaller:]
        for _ in range(size - smaller):
            resp = cut_largest(self._wholes[key], resp)
        return np.hstack([resp, of_noise])

    def _double(self, key, size):
        """Responsibilities of a smaller mixture, with its largest component there twice."""
        smaller = key[1]
        resp = self._resp_of(key, self._wholes)
        resp, of_noise = resp[:, :smaller], resp[:, smaller:]
        largest = int(np.argmax(self.ends[key].parameters.weights))
        n_same = size - smaller + 1
        shares = np.repeat(resp[:, [largest]] / n_same, n_same - 1, axis=1)
        resp = np.hstack([resp, shares, of_noise])
        resp[:, largest] /= n_same
        return resp
