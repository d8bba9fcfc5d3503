"""EM: a pass that sums statistics, the M step, and the two in turn until nothing is to be gained.

One pass does it all while a strip of rows is in cache: log-densities, log-sum-exp,
responsibilities, and their weighted sums. Density, moments and M step are the model's.
"""
from cpython.exc cimport PyErr_CheckSignals
from libc.math cimport INFINITY, fabs

import numpy as np

from ..core.memory cimport Doubles
from .candidates cimport AUTO, LOOK, make_candidates
from .convergence cimport gain_to_come
from .given cimport Given, GivenRows, fill
from .model cimport Model
from .responsibilities cimport measure_reach, normalise
from .row_classes cimport RowClasses
from .strip_pass cimport Strip, StripPass

cdef enum:
    N_ITER_BETWEEN_SIGNALS = 16     # iterations between two looks for Ctrl-C, if passes are short
    N_ITER_BEFORE_TARGET = 8        # iterations after which the gain to come is trusted

# Share of a component's size below which sums leave a row out: less than the sum's rounding.
cdef double NEGLIGIBLE_SHARE = 1e-17

# Count of noise at a start that does not tell it, as a share of the count of all components.
cdef double NOISE_SHARE_AT_START = 0.05

# By rounding alone a bound may fall by this share of one plus its size, in nats.
cdef double ROUNDING_OF_BOUND = 1e-10


cdef class EM(StripPass):
    """Rows, and a model to be fitted to them, for any number of runs.

    Parameters
    ----------
    rows, frame, shard_bounds, map_tasks
        As for `StripPass`.
    model : Model
    total_weight : float
        Of all rows.

    Attributes
    ----------
    fell : float
        How far the bound fell in the last run, in nats, or zero.
    gain_to_come : float
        After the last run, extrapolated, in nats.
    skips : int
        When runs leave out components that do not matter to a strip of rows: 0, as at first, where
        it pays, 1 never, 2 always if there are enough components and rows.
    """

    def __init__(
        self, rows, frame, Model model not None, shard_bounds, map_tasks, double total_weight
    ):
        StripPass.__init__(
            self, rows, frame, model.parameters.n_components, model.parameters.n_features,
            shard_bounds, map_tasks,
        )
        self.model = model
        self.total_weight = total_weight
        self.is_weighted = self.rows.weights != NULL
        self._thresholds = Doubles(self.n_components)
        self._noise_counts = Doubles(self.n_shards)
        self._kept_bound = -INFINITY
        self.skips = AUTO

    def restrict(self, RowClasses classes not None):
        """Let labelled rows belong to components of their own class only, from now on."""
        classes.check(self.n_samples, self.n_components)
        self._classes = classes

    def expect(self):
        """Sum up the rows under the current parameters.

        Returns
        -------
        statistics : Statistics
            The model's own, which the next pass overwrites.
        """
        self.candidates = None
        with nogil:
            self._sum_up(EXPECT)
        return self.model.statistics

    def sum_given(self, labels=None, resp=None):
        """Sum up the rows with given responsibilities.

        With one component neither is needed: all rows belong to it.

        Parameters
        ----------
        labels : ndarray of shape (n_samples,), int32, or None
            Component of each row, less than `n_components`; negative for none.
        resp : ndarray of shape (n_samples, n_components), float64, contiguous, or None
            A column more, the last one, has the responsibilities of noise.

        Returns
        -------
        statistics : Statistics
            The model's own, which the next pass overwrites.
        """
        cdef Given given = Given(labels, resp, self.n_samples, self.model.parameters)
        with nogil:
            self._sum_given(&given.rows)
        return self.model.statistics

    def start(self, labels=None, resp=None):
        """Take the parameters from given responsibilities: see `sum_given`.

        Origins of the sums are zero, the frame's origin, and moved to the means if these are far.
        Noise has the weight of the last column of `resp`, or a small one.

        Returns
        -------
        n_collapsed : int
        """
        cdef Py_ssize_t n_collapsed
        cdef Given given = Given(labels, resp, self.n_samples, self.model.parameters)
        with nogil:
            n_collapsed = self.start_given(&given.rows)
        return n_collapsed

    cdef int _sum_given(self, const GivenRows* given) except -1 nogil:
        if self.model.moments.needs_all_rows and given.may_omit_rows:
            self.model.exchange(True)
        self._given = given
        return self._sum_up(GIVEN)

    cdef Py_ssize_t start_given(self, const GivenRows* given) except -1 nogil:
        """As `start`, without the interpreter."""
        self.model.forget()
        self._sum_given(given)
        if self.model.parameters.log_volume < INFINITY:
            self.model.statistics.need_noise(NOISE_SHARE_AT_START)
        return self._maximise()

    def set_parameters(self, weights, means, factors, covariances=None, double noise_weight=0):
        """Set the parameters that the next pass uses: see `model.Parameters.set`."""
        self.model.parameters.set(weights, means, factors, covariances, noise_weight)
        with nogil:
            self.model.use()

    def run(
        self, Py_ssize_t max_iter, double tol, history=(), bint stop_at_collapse=False,
        callback=None, bint resume=False, double target=-INFINITY,
    ):
        """Iterate: a pass, then the M step.

        If the floor of variances is very small, covariances may lose all their digits. The bound
        is watched then: if it falls by more than rounding, the run ends with the parameters of
        the iteration before.

        Parameters
        ----------
        max_iter : int
        tol : float
            Gain to come, in nats, below which the run has converged: see `convergence`.
        history : sequence of float
            That mean in the iterations before these, if they belong to the same run.
        stop_at_collapse : bool
            Return after an iteration in which a component collapsed.
        callback : callable or None
            ``callback(iteration, lower_bound)`` after every iteration; true stops the run.
        resume : bool
            Whether the bound may not fall below that of the last run of this model either.
        target : float
            The run ends if the bound and the gain to come add up to less, in nats.

        Returns
        -------
        lower_bounds : list of float
            Mean log-likelihood of a row under the parameters before each iteration.
        converged : bool
        n_collapsed : int
            In the last iteration.
        """
        cdef Py_ssize_t i, n_collapsed = 0, n_before = len(history)
        cdef bint converged
        cdef Doubles kept = Doubles(n_before + max(1, max_iter))
        for i in range(n_before):
            kept.at[i] = history[i]
        if not resume:
            self._kept_bound = -INFINITY
            self.candidates = make_candidates(
                self.model.parameters, self._bounds, self.height, self.skips
            )
        with nogil:
            converged = self.iterate(
                max_iter, tol, kept.at, n_before, stop_at_collapse, callback, target, &n_collapsed
            )
        return [kept.at[n_before + i] for i in range(self.n_iter)], converged, n_collapsed

    cdef bint iterate(
        self, Py_ssize_t max_iter, double tol,
        double* bounds,             # INOUT (n_before + max_iter,)
        Py_ssize_t n_before, bint stop_at_collapse, object callback, double target,
        Py_ssize_t* n_collapsed,    # OUT   in the last iteration
    ) except -1 nogil:
        """Iterate as `run` says, with `n_iter` counted and the bounds written behind the earlier
        ones; returns whether the run has converged."""
        cdef double bound
        cdef bint converged = False, has_callback = callback is not None
        self.n_iter, self.fell, self.gain_to_come = 0, 0, INFINITY
        self.keep_rows(True)
        try:
            while self.n_iter < max_iter:
                self._sum_up(EXPECT)
                bound = self._bound()
                if self.model.maximiser.limits.is_floor_small:
                    if self._falls_to(bound):
                        self.gain_to_come = self.fell
                        return self.fell < tol
                    self._keep(bound)
                n_collapsed[0] = self._maximise()
                bounds[n_before + self.n_iter] = bound
                self.n_iter += 1
                if self.n_iter % N_ITER_BETWEEN_SIGNALS == 0:
                    with gil:
                        PyErr_CheckSignals()
                if has_callback:
                    with gil:
                        if callback(self.n_iter, bound):
                            break
                self.gain_to_come = gain_to_come(bounds, n_before + self.n_iter)
                converged = self.gain_to_come < tol
                if converged or (stop_at_collapse and n_collapsed[0]):
                    break
                if self.n_iter >= N_ITER_BEFORE_TARGET and bound + self.gain_to_come < target:
                    break
        finally:
            self.keep_rows(False)
        return converged

    def check_last(self):
        """Go back to the parameters before the last M step if they are better; True if so."""
        with nogil:
            is_back = self.goes_back()
        return is_back

    cdef bint goes_back(self) except -1 nogil:
        """See `check_last`. Only a run that is watched makes the pass that this takes."""
        if self._kept_bound == -INFINITY:
            return False
        self._sum_up(EXPECT)
        return self._falls_to(self._bound())

    @property
    def counts(self):
        """Effective sizes of the components in the last M step, (n_components,)."""
        return self.model.statistics.counts

    @property
    def collapsed(self):
        """Which components collapsed in the last M step, (n_components,)."""
        return np.array(self.model.parameters.collapsed, dtype=bool)

    cdef double _bound(self) noexcept nogil:
        """Mean log-likelihood of a row in the last pass, with the term of a prior."""
        cdef double log_prior = self.model.maximiser.log_prior(self.model.parameters)
        return (self.model.statistics.log_likelihood + log_prior) / self.total_weight

    cdef Py_ssize_t _maximise(self) except -1 nogil:
        """Take new parameters from the statistics, and prepare the next pass."""
        cdef Py_ssize_t n_collapsed = self.model.maximiser.maximise(
            self.model.statistics, self.model.parameters
        )
        if self._classes is not None:
            self._classes.impose_priors(self.model.parameters)
        self.model.use()
        return n_collapsed

    cdef int _keep(self, double bound) except -1 nogil:
        """Keep the parameters, which reach a bound."""
        if self._kept is None:
            with gil:
                self._kept = self.model.parameters.like_without_covariances()
        self._kept_bound = bound
        self._kept.copy_from(self.model.parameters)
        return 0

    cdef bint _falls_to(self, double bound) except -1 nogil:
        """Go back to the parameters that were kept if a bound is worse than theirs, by more than
        rounding and the floor explain; returns True if so."""
        cdef double kept = self._kept_bound
        if kept == -INFINITY or (
            bound >= kept - ROUNDING_OF_BOUND * (1 + fabs(kept))
            - self.model.parameters.fall_by_floor(self._kept, self.model.maximiser.limits.floor)
        ):
            return False
        self.fell = kept - bound
        self.model.parameters.copy_from(self._kept)
        self.model.parameters.recover_covariances()
        self.model.use()
        return True

    cdef int _sum_up(self, int mode) except -1 nogil:
        """Run a pass; again about other origins if the first ones cost the scatters their digits.

        A covariance is the scatter about the origin, less the square of the mean's shift from it.
        """
        self._mode = mode
        self.model.moments.place_origins(self.model.statistics, self.model.parameters)
        self._pass_over_rows()
        if self.model.statistics.move_origins(self.model.maximiser.limits.floor):
            self.model.use_exact()
            self._pass_over_rows()
        return 0

    cdef int _pass_over_rows(self) except -1 nogil:
        """Sum the rows about the origins that are set; add the terms that are known before."""
        self.add_rows()
        self.model.moments.complete(self.model.statistics)
        self.model.statistics.log_likelihood += self.model.density.common
        return 0

    cdef int add_rows(self) except -1 nogil:
        """Sum the rows, and merge the sums in the order of the shards."""
        cdef Py_ssize_t s, i, k, n_sums = self.model.moments.n_sums
        cdef double* tables
        if self.density is not self.model.density or self._n_sums != n_sums:
            with gil:
                self._prepare_tables()
        self._log_noise = self.model.parameters.log_noise()
        self._largest_constant = -INFINITY
        for k in range(self.n_components):
            self._thresholds.at[k] = (
                NEGLIGIBLE_SHARE * self.model.parameters.weights[k] if self._mode == EXPECT else 0
            )
            self._largest_constant = max(self._largest_constant, self.model.density.constants[k])
        self._map_with_candidates()
        tables = self._tables.at
        for s in range(1, self.n_shards):
            for i in range(n_sums):
                tables[i] += tables[s * n_sums + i]
        self.model.moments.collect(tables, self.model.statistics)
        self.model.statistics.log_likelihood = self.sum_of_shards()
        self.model.statistics.noise_count = 0
        for s in range(self.n_shards):
            self.model.statistics.noise_count += self._noise_counts.at[s]
        return 0

    cdef int _map_with_candidates(self) except -1 nogil:
        """Run the pass; of some components alone, over sorted rows, if that has been prepared."""
        cdef Py_ssize_t height = self.height
        if self._mode != EXPECT or self.candidates is None:
            return self.map_shards()
        self.candidates.begin_pass(self.model.parameters, &self.order)
        if self.order != NULL:
            self.height = self.candidates.height
        try:
            self.map_shards()
        finally:
            self.order, self.height = NULL, height
        self.candidates.end_pass()
        return 0

    cdef int _prepare_tables(self) except -1:
        """Make room for the sums of the moments in use: a table a shard."""
        self.density = self.model.density
        self.is_read = False
        self.n_scratch = self.model.moments.n_scratch
        self.set_work(self.density.work_per_row, self.height)
        if self._n_sums != self.model.moments.n_sums:
            self._tables = Doubles(self.n_shards * self.model.moments.n_sums)
            self._n_sums = self.model.moments.n_sums
        return 0

    cdef void begin_shard(self, Py_ssize_t s) noexcept nogil:
        cdef Py_ssize_t i
        StripPass.begin_shard(self, s)
        self._noise_counts.at[s] = 0
        for i in range(self._n_sums):
            self._tables.at[s * self._n_sums + i] = 0
        if self.candidates is not None:
            self.candidates.clear(s)

    cdef double take_strip(self, Py_ssize_t s, const Strip* strip) noexcept nogil:
        cdef double log_likelihood = 0
        cdef Py_ssize_t n = self.n_components
        if self._mode == EXPECT:
            n = self._evaluate(s, strip)
            log_likelihood = normalise(
                strip.resp, n, strip.height, strip.weights, self._log_noise,
                strip.log_prob, self._noise_counts.at + s,
            )
            if self.model.moments.skips_rows:
                measure_reach(
                    strip.log_prob, strip.weights, strip.height, self._largest_constant, strip.reach
                )
        else:
            self._noise_counts.at[s] = self._noise_counts.at[s] + fill(self._given, strip, n)
        self.model.moments.add(
            strip.features, strip.height, strip.which, n, strip.resp, strip.reach,
            self._thresholds.at, self.model.statistics, strip.scratch, strip.picked,
            self._tables.at + s * self._n_sums,
        )
        return log_likelihood

    cdef Py_ssize_t _evaluate(self, Py_ssize_t s, const Strip* strip) noexcept nogil:
        """Write the log-densities of the components that may matter; returns their number."""
        if strip.places != NULL:
            return self.candidates.evaluate(
                s, strip, self.model.density, self.model.moments, self._classes, self._log_noise
            )
        self.model.density.log_densities(
            strip.features, strip.height, strip.which, self.n_components, strip.resp
        )
        if self._classes is not None:
            self._classes.restrict(
                strip.start, NULL, strip.n, strip.height, strip.which, self.n_components,
                strip.resp, strip.log_prob,
            )
        if self.candidates is not None and self.candidates.state == LOOK:
            self.candidates.look(s, strip, self.model.density, self._log_noise)
        return self.n_components
