"""EM for a Gaussian mixture on dense rows: a pass, the M step, and the two in turn.

One pass does it all while a strip of rows is in cache: log-densities, log-sum-exp,
responsibilities, and their weighted sums about the current means, or about the origin where no more
than four digits are lost by that. Neither an n x K nor an n x d array exists unless the caller asks
for responsibilities. What a covariance structure needs of a strip, and its M step, are a subclass's
business.

Means are kept less the frame's shift, in which the rows are read.
"""
from cpython.exc cimport PyErr_CheckSignals
from libc.math cimport INFINITY, fabs
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

import numpy as np

from .convergence cimport gain_to_come
from ..core.passes cimport Pass
from .responsibilities cimport likeliest, measure_reach, normalise
from ..rows.dense_rows cimport DenseRows
from ..core.simd cimport CACHE_LINE, cache_line
from ..rows.strips cimport load_strip, strip_unit

cdef extern from "<float.h>":
    const double DBL_MAX

cdef enum:
    EXPECT = 0          # responsibilities, summed
    GIVEN = 1           # given responsibilities, summed
    LABEL = 2           # likeliest component
    SCORE = 3           # log-probability
    RESP = 4            # responsibilities, written
    MAX_UNITS = 16          # strip units of a strip
    PATIENCE = 16           # iterations between two looks for Ctrl-C, where passes are too short

# Sums leave out a row where what it would add is below this share of the component's size: less
# than the rounding of the sum.
cdef double NEGLIGIBLE = 1e-17

# A floor of at least this share of the usual one keeps enough digits in every covariance.
cdef double SAFE_FLOOR = 1e-3

# By how much of one plus its size a bound may fall, in nats, and have fallen by rounding alone.
cdef double ROUNDING = 1e-10


cdef class Mixture(Pass):
    """A mixture on dense rows: its buffers and parameters, for any number of runs.

    Parameters
    ----------
    rows : DenseRows
        Float64 arithmetic reads them less the frame's shift; the scale is not used.
    n_components : int
    shard_bounds, map_tasks
        As for `Pass`.
    total_weight : float
        Of all rows.
    """

    def __init__(
        self, DenseRows rows, Py_ssize_t n_components, shard_bounds, map_tasks, double total_weight
    ):
        cdef Py_ssize_t d = rows.n_features, K = n_components
        cdef double[::1] small
        cdef double[:, ::1] both
        if K < 1 or d < 1:
            raise ValueError("a mixture needs a component and a feature")
        Pass.__init__(self, rows.n_samples, shard_bounds, map_tasks)
        self.rows = rows
        self.n_features = d
        self.n_components = K
        self.total_weight = total_weight
        # An integer weight counts as so many rows; weights may be shares of one, too.
        self._one_row = 1
        if rows.weights != NULL:
            n_present = np.count_nonzero(<const double[:rows.n_samples]>rows.weights)
            self._one_row = min(1.0, total_weight / max(1, n_present))
        # With its weighted copies a strip stays in the first cache or, where that would leave too
        # few rows to be worth a tile, in the second.
        unit = strip_unit()
        n_rows = min(max(1600 // d, min(96, 8192 // d)), rows.n_samples + unit - 1)
        self.height = unit * max(1, min(MAX_UNITS, n_rows // unit))
        # One array for all that is small: to score a row costs about as much as to make the arrays.
        small = np.zeros(self.n_shards + 4 * K + 4 * d)
        self._log_likelihoods, small = small[:self.n_shards], small[self.n_shards:]
        self._weights, self._nk = small[:K], small[K:2 * K]
        self._constants, self._thresholds = small[2 * K:3 * K], small[3 * K:4 * K]
        small = small[4 * K:]
        self._floor, self._limit = small[:d], small[d:2 * d]
        self._rescue, self._rounding = small[2 * d:3 * d], small[3 * d:]
        self._weights[:] = 1.0 / K
        both = np.zeros((2 * K, d + 2))
        self._means, self._centers = both[:K], both[K:]
        self._collapsed = np.zeros(K, dtype=np.int32)

    cdef int make_tables(self) except -1:
        """Make room for sums, at the first pass that takes any: `n_sums` numbers a shard."""
        self._tables = np.empty((self.n_shards, self.n_sums))
        self._sums = np.empty(self.n_sums)
        self._has_tables = True
        return 0

    def set_floor(
        self, const double[::1] floor, const double[::1] limit, const double[::1] rescue,
        const double[::1] rounding,
    ):
        """Set what keeps variances from zero.

        Parameters
        ----------
        floor : ndarray of shape (n_features,), float64
            Added to every variance, in squared units of X.
        limit : ndarray of shape (n_features,), float64
            A component has collapsed where its variance in some direction is no more than that of
            independent features of these variances.
        rescue : ndarray of shape (n_features,), float64
            Added, and ten times as much again, where a covariance cannot be factorised and the
            component never had one that could.
        rounding : ndarray of shape (n_features,), float64
            A variance of no more is nothing but rounding.
        """
        cdef Py_ssize_t j
        self._floor[:] = floor
        self._limit[:] = limit
        self._rescue[:] = rescue
        self._rounding[:] = rounding
        self._is_watchful = False
        for j in range(self.n_features):
            self._is_watchful |= self._floor[j] < SAFE_FLOOR * self._rescue[j]

    # ------------------------------------------------------------------ runs

    def start(self, labels=None, resp=None):
        """Take the parameters from given responsibilities: of labels, or of a row each.

        Sums are about zero, the frame's origin; again about the means where these are far off.

        Parameters
        ----------
        labels : ndarray of shape (n_samples,), int32, or None
            Component of each row; negative for none.
        resp : ndarray of shape (n_samples, n_components), float64, contiguous, or None

        Returns
        -------
        n_collapsed : int
        """
        cdef Py_ssize_t n_collapsed
        if (labels is None) == (resp is None):
            raise ValueError("pass either labels or resp")
        self._given_labels, self._given_resp = labels, resp
        given = labels if resp is None else resp
        if len(given) != self.n_samples:
            raise ValueError("labels or resp must have a row a sample")
        if resp is not None and resp.shape[1] != self.n_components:
            raise ValueError("resp must have a column a component")
        with nogil:
            self.forget()
            self.one_pass(GIVEN)
            n_collapsed = self.maximise()
        self._given_labels = self._given_resp = None
        return n_collapsed

    def run(
        self, Py_ssize_t max_iter, double tol, history=(), bint stop_at_collapse=False,
        callback=None, bint resume=False,
    ):
        """Iterate: a pass, then the M step.

        Without a floor of variances worth the name, covariances may lose all their digits. The
        bound is watched then: where it falls by more than rounding, the run ends with the
        parameters of the iteration before.

        Parameters
        ----------
        max_iter : int
        tol : float
            Converged when the mean log-likelihood of a row has less to gain, in nats: see
            `convergence`.
        history : sequence of float
            That mean in the iterations before these, where they belong to the same run.
        stop_at_collapse : bool
            Return after an iteration in which a component collapsed.
        callback : callable or None
            ``callback(iteration, lower_bound)`` after every iteration; true stops the run.
        resume : bool
            Whether the bound may not fall below that of the last run of this mixture either.

        Returns
        -------
        lower_bounds : list of float
            Mean log-likelihood of a row under the parameters before each iteration.
        converged : bool
        n_collapsed : int
            In the last iteration.
        """
        cdef Py_ssize_t i, n_collapsed = 0, n_before = len(history)
        cdef double bound
        cdef bint converged = False, has_callback = callback is not None
        cdef double[::1] bounds = np.empty(n_before + max(1, max_iter))
        for i in range(n_before):
            bounds[i] = history[i]
        self.n_iter = 0
        self.fell = 0
        self.gain_to_come = INFINITY
        if not resume:
            self._kept_bound = -INFINITY
        with nogil:
            while self.n_iter < max_iter:
                self.one_pass(EXPECT)
                bound = self.log_likelihood() / self.total_weight
                if self._is_watchful:
                    if self._falls_to(bound):
                        self.gain_to_come = self.fell
                        converged = self.fell < tol
                        break
                    self._keep(bound)
                n_collapsed = self.maximise()
                bounds[n_before + self.n_iter] = bound
                self.n_iter += 1
                if self.n_iter % PATIENCE == 0:
                    with gil:
                        PyErr_CheckSignals()
                if has_callback:
                    with gil:
                        if callback(self.n_iter, bound):
                            break
                self.gain_to_come = gain_to_come(&bounds[0], n_before + self.n_iter)
                converged = self.gain_to_come < tol
                if converged or (stop_at_collapse and n_collapsed):
                    break
        return np.asarray(bounds[n_before:n_before + self.n_iter]).tolist(), converged, n_collapsed

    def check_last(self):
        """Go back to the parameters before the last M step if they are better.

        Only a mixture that is watched makes the pass that this takes.

        Returns
        -------
        bool
            Whether it went back.
        """
        if not (self._is_watchful and self._kept_bound > -INFINITY):
            return False
        cdef bint fell
        with nogil:
            self.one_pass(EXPECT)
            fell = self._falls_to(self.log_likelihood() / self.total_weight)
        return fell

    cdef bint _falls_to(self, double bound) except -1 nogil:
        """Whether a bound is worse than the one that is kept, by more than rounding and the floor
        explain; goes back to the parameters that are kept if so."""
        cdef double kept = self._kept_bound
        if kept == -INFINITY or bound >= kept - ROUNDING * (1 + fabs(kept)) - self._explained():
            return False
        self.fell = kept - bound
        self._go_back()
        return True

    cdef double _explained(self) noexcept nogil:
        """How far an M step may lower the bound because it adds the floor to variances.

        It raises the likelihood less half the mean of ``tr(covariance^-1 floor)``.
        """
        return max(
            0.0,
            0.5 * (
                self._floor_share(&self._kept_parameters[0]) - self._floor_share(self.factors())
            ),
        )

    # ------------------------------------------------------------------ answers

    def label(self, int32_t[::1] labels):
        """Write the likeliest component of every row."""
        if labels.shape[0] != self.n_samples:
            raise ValueError("labels must have shape (n_samples,)")
        self._labels = labels
        with nogil:
            self.one_pass(LABEL)

    def score(self, double[::1] log_prob):
        """Write the log-probability of every row, in nats."""
        if log_prob.shape[0] != self.n_samples:
            raise ValueError("log_prob must have shape (n_samples,)")
        self._log_prob = log_prob
        with nogil:
            self.one_pass(SCORE)

    def responsibilities(self, double[:, ::1] resp, double[::1] log_prob):
        """Write the responsibilities and the log-probability of every row."""
        if log_prob.shape[0] != self.n_samples or resp.shape[0] != self.n_samples:
            raise ValueError("resp and log_prob must have n_samples rows")
        if resp.shape[1] != self.n_components:
            raise ValueError("resp must have a column a component")
        self._log_prob = log_prob
        self._resp = resp
        with nogil:
            self.one_pass(RESP)

    @property
    def has_lost_rows(self):
        """Whether the last answer met a row without a density: too far off, or not finite."""
        return Mixture.log_likelihood(self) <= -DBL_MAX  # of the rows; a subclass's has more

    @property
    def weights(self):
        """Mixing weights, (n_components,)."""
        return np.array(self._weights)

    @property
    def nk(self):
        """Effective sizes of the components in the last M step, (n_components,)."""
        return np.array(self._nk)

    @property
    def means(self):
        """Means, less the frame's shift, (n_components, n_features)."""
        return np.array(self._means[:, :self.n_features])

    @property
    def collapsed(self):
        """Which components collapsed in the last M step, (n_components,)."""
        return np.array(self._collapsed, dtype=bool)

    # ------------------------------------------------------------------ a pass

    cdef int one_pass(self, int mode) except -1 nogil:
        """Run a pass over all shards, about the current means; merge its sums, in shard order.

        A subclass that need not know about centers sums about the origin.
        """
        self._mode = mode
        if mode <= GIVEN:
            self._centers[:, :] = self._means
        return Mixture.pass_again(self)

    cdef int pass_again(self) except -1 nogil:
        """Run a pass in the last mode, about centers that are set.

        A covariance is the scatter about centers less what the means are off them. Where that is
        far more than what it leaves, an M step has the sums taken again about the new means.
        """
        cdef Py_ssize_t s, i, k
        cdef int mode = self._mode
        if mode <= GIVEN and not self._has_tables:
            with gil:
                self.make_tables()
        for k in range(self.n_components):
            self._thresholds[k] = 0 if mode == GIVEN else NEGLIGIBLE * self._weights[k]
        self.map_shards()
        if mode <= GIVEN:
            for i in range(self.n_sums):
                self._sums[i] = self._tables[0, i]
            for s in range(1, self.n_shards):
                for i in range(self.n_sums):
                    self._sums[i] += self._tables[s, i]
        return 0

    cdef double log_likelihood(self) noexcept nogil:
        """Weighted log-likelihood of all rows, in nats, by the last EXPECT pass."""
        cdef Py_ssize_t s
        cdef double total = 0
        for s in range(self.n_shards):
            total += self._log_likelihoods[s]
        return total

    cdef void begin_shard(self, Py_ssize_t s) noexcept nogil:
        cdef Py_ssize_t i
        self._log_likelihoods[s] = 0
        if self._mode <= GIVEN:
            for i in range(self.n_sums):
                self._tables[s, i] = 0

    cdef int process(self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
        cdef Py_ssize_t H = self.height, n, start = lo, i, k, heaviest = 0
        cdef Py_ssize_t K = self.n_components + self.n_components % 2  # a tile may take two
        # Responsibilities that are written are what they are, whatever the row's weight.
        cdef bint weighted = self.rows.weights != NULL and self._mode <= GIVEN
        cdef double largest = -INFINITY
        cdef void* memory = malloc(
            ((self.n_expanded + self.n_features + K + 5) * H + self.scratch_size) * sizeof(double)
            + CACHE_LINE
        )
        cdef double* strip = <double*>cache_line(memory) + self.n_expanded * H
        cdef int64_t* picked = <int64_t*>malloc(H * sizeof(int64_t))
        cdef double* resp = strip + (self.n_features + 2) * H
        cdef double* weights = resp + K * H
        cdef double* log_prob = weights + H
        cdef double* reach = log_prob + H
        if memory == NULL or picked == NULL:
            free(memory)
            free(picked)
            return -1
        for k in range(self.n_components):
            largest = max(largest, self._constants[k])
            if self._weights[k] > self._weights[heaviest]:
                heaviest = k
        for i in range(H):
            strip[self.n_features * H + i] = weights[i] = reach[i] = 1
            strip[(self.n_features + 1) * H + i] = 0
        while start < hi:
            n = min(H, hi - start)
            load_strip(
                self.rows.row(start), self.rows.row_stride, self.rows.col_stride,
                self.rows.is_double, n, self.n_features, self.rows.shift, H, strip,
            )
            self.expand(strip)
            if weighted:
                for i in range(n):
                    weights[i] = self.rows.weights[start + i]
            for i in range(n, H):
                weights[i] = 0
            if self._mode == GIVEN:
                self._give(start, n, weights, resp)
            else:
                self.log_densities(strip, resp)
                if self._mode == LABEL:
                    self._log_likelihoods[s] += likeliest(
                        resp, self.n_components, H, heaviest, log_prob
                    )
                    for i in range(n):
                        self._labels[start + i] = <int32_t>log_prob[i]
                else:
                    self._log_likelihoods[s] += normalise(
                        resp, self.n_components, H, weights, log_prob
                    )
            if self._mode == EXPECT and self.leaves_rows_out:
                measure_reach(log_prob, weights, H, largest, reach)
            if self._mode <= GIVEN:
                self.add_moments(
                    strip, resp, reach, reach + H, picked, &self._tables[s, 0]
                )
            elif self._mode != LABEL:
                self._write(start, n, resp, log_prob)
            start += n
        free(memory)
        free(picked)
        return 0

    cdef void _give(
        self, Py_ssize_t start, Py_ssize_t n, const double* weights, double* resp
    ) noexcept nogil:
        """Fill a strip's responsibilities from those that were given."""
        cdef Py_ssize_t i, k, H = self.height
        for i in range(self.n_components * H):
            resp[i] = 0
        for i in range(n):
            if self._given_labels is None:
                for k in range(self.n_components):
                    resp[k * H + i] = weights[i] * self._given_resp[start + i, k]
            elif self._given_labels[start + i] >= 0:
                resp[self._given_labels[start + i] * H + i] = weights[i]

    cdef void _write(
        self, Py_ssize_t start, Py_ssize_t n, const double* resp, const double* log_prob
    ) noexcept nogil:
        """Give the caller a strip's log-probabilities and responsibilities."""
        cdef Py_ssize_t i, k, H = self.height
        for i in range(n):
            self._log_prob[start + i] = log_prob[i] if log_prob[i] > -DBL_MAX else -INFINITY
        if self._mode != RESP:
            return
        for i in range(n):
            for k in range(self.n_components):
                # A row infinitely far from all components tells nothing: the prior stands.
                self._resp[start + i, k] = (
                    resp[k * H + i] if log_prob[i] > -DBL_MAX else self._weights[k]
                )

    cdef void forget(self) noexcept nogil:
        """Forget earlier runs: a start finds in a used mixture what it finds in a new one."""
        self._means[:, :] = 0

    cdef int _keep(self, double bound) except -1 nogil:
        """Keep the parameters, which reach a bound."""
        if not self._has_kept:
            with gil:
                self._kept_parameters = np.empty(self._n_kept())
                self._has_kept = True
        self._kept_bound = bound
        self._copy_parameters(False)
        return 0

    cdef int _go_back(self) except -1 nogil:
        """Take the parameters that were kept."""
        self._copy_parameters(True)
        self.use_factors()
        return 0

    cdef Py_ssize_t _n_kept(self) noexcept nogil:
        return self.n_components + self.n_factors + self._means.shape[0] * self._means.shape[1]

    cdef void _copy_parameters(self, bint back) noexcept nogil:
        """Copy factors, means and weights to where they are kept, or back."""
        cdef double* kept = &self._kept_parameters[0]
        kept = copy(kept, self.factors(), self.n_factors, back)
        kept = copy(kept, &self._means[0, 0], self._means.shape[0] * self._means.shape[1], back)
        copy(kept, &self._weights[0], self.n_components, back)

    cdef double _floor_share(self, const double* factors) noexcept nogil:
        """Mean of ``tr(covariance^-1 floor)`` over the components, by their weights."""
        cdef Py_ssize_t k, i, j, d = self.n_features
        cdef Py_ssize_t n_matrices = self.n_factors // (d * self.n_columns)
        cdef double total = 0, share
        for k in range(n_matrices):
            share = 0
            for i in range(d):
                for j in range(self.n_columns):
                    share += self._floor[i] * factors[j] * factors[j]
                factors += self.n_columns
            total += share if n_matrices < self.n_components else self._weights[k] * share
        return total

    cdef double* factors(self) noexcept nogil:
        """Square roots of the precisions: ``n_factors`` numbers, rows of ``n_columns``."""
        return NULL

    cdef int use_factors(self) except -1 nogil:
        """Derive covariances, and what the next pass takes log-densities from."""
        return 0

    cdef void expand(self, double* strip) noexcept nogil:
        """Write what else log-densities are linear in before a strip: `n_expanded` columns."""

    cdef void log_densities(
        self, const double* strip, double* log_density
    ) noexcept nogil:
        """Log-density plus log weight, (n_components, height), of a strip under each component."""

    cdef void add_moments(
        self, const double* strip, const double* resp, const double* reach, double* scratch,
        int64_t* picked, double* sums,
    ) noexcept nogil:
        """Add a strip's sums, weighted by its responsibilities, to a table."""

    # ------------------------------------------------------------------ the M step

    cdef Py_ssize_t maximise(self) except -1 nogil:
        """Take the parameters from the sums; returns the number of collapsed components."""
        return 0

    cdef double all_sizes(self) noexcept nogil:
        """What the components' sizes add up to: the rows' weight, or a little less."""
        cdef Py_ssize_t k
        cdef double total = 0
        for k in range(self.n_components):
            total += self._nk[k]
        return total

    cdef void _set_weights(self) noexcept nogil:
        """Take mixing weights from sizes."""
        cdef Py_ssize_t k
        cdef double total = self.all_sizes()
        for k in range(self.n_components):
            self._weights[k] = self._nk[k] / total if total > 0 else 1.0 / self.n_components

    cdef Py_ssize_t collapse(self, Py_ssize_t k) noexcept nogil:
        """Note whether component k has less than a row's weight; returns 1 if so."""
        self._collapsed[k] = self._nk[k] < self._one_row
        return self._collapsed[k]


cdef double* copy(double* kept, double* own, Py_ssize_t n, bint back) noexcept nogil:
    """Copy n numbers to `kept`, or from there back; returns the place behind them."""
    if back:
        memcpy(own, kept, n * sizeof(double))
    else:
        memcpy(kept, own, n * sizeof(double))
    return kept + n
