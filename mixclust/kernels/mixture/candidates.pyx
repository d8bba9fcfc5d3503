"""Components that may matter to a strip of rows; the others are left out, exactly to rounding.

A component whose density at a row, without its weight, is below ``2^-60`` of the row's largest
weighted density has a responsibility below ``2^-60`` times its weight. All such components together
add less than ``2^-60`` of the row's density, and all such rows add less than ``2^-60`` of the
number of rows times its weight to a component's count: far less than the rounding of either.

A bound shows it for a whole strip. The least distance of the rows of a strip to each component,
in the metric of the component, is measured when the component is evaluated, and moved down by the
drift of the parameters from pass to pass: see `drift`. A component is left out where

    log normaliser - bound^2 / 2 < least of the rows' largest log-densities - 60 log 2.

To know the right-hand side, the components that the rows are labelled with are evaluated first.

Rows are sorted by label, so that the rows of a strip share their few components. Rows far from
their own component have labels of their own: one would lower the right-hand side for its strip.
A run begins with a look at the rows in their own order. Where too many components matter, rows keep
their order, and are looked at again after some passes. Order and bounds depend on rows and
parameters alone.
"""
from libc.math cimport INFINITY, sqrt
from libc.stdint cimport int32_t
from libc.string cimport memset

import numpy as np

from ..core.memory cimport Doubles
from ..core.simd cimport (
    F64_LANES, f64v, f64v_load, f64v_max, f64v_min, f64v_set, f64v_store, f64v_where_less,
)
from ..rows.strips cimport strip_unit
from .drift cimport Drift
from .first_look cimport FirstLook
from .model cimport Density, Moments
from .parameters cimport Parameters
from .row_classes cimport RowClasses
from .row_order cimport RowOrder
from .strip_pass cimport Strip

cdef extern from "<float.h>":
    const double DBL_MAX

# Nats below the largest density of a row at which a density is less than rounding: 60 log 2, and
# the rounding of bounds.
cdef double NEGLIGIBLE_DEPTH = 41.7

# Share of the pairs of a strip and a component that may matter, up to which rows stay sorted.
cdef double MAX_SHARE = 0.75

# Rows are sorted again if the share has grown by this factor, and by this number.
cdef double GROWTH_OF_SHARE = 1.3
cdef double GROWTH_IN_SHARE = 0.01

# Squared distances of rows to their component that are usual: up to the number of features, this
# many standard deviations of such squares, and this number.
cdef double USUAL_DEVIATIONS = 4
cdef double USUAL_SQUARE = 8

cdef enum:
    MOST_LANES = 8
    ROWS_PER_LABEL = 256    # of a window, so that a strip has few labels
    PASSES_TO_REST = 8      # after which rows are looked at again, the first time

    MIN_COMPONENTS = 24     # below which a pass evaluates all of them for every row
    MIN_ROWS_PER_COMPONENT = 8
    ROWS_OF_STRIP = 96      # about so many may have the same few components
    MAX_ROWS = 2147483647   # their numbers fit 32 bits
    MAX_BYTES_PER_ROW = 32  # of the bounds of components, of which there may be two sets


cdef Candidates make_candidates(
    Parameters parameters, const Py_ssize_t[::1] shard_bounds, Py_ssize_t height, int when
):
    """The candidates of a run over strips of a height; None if all components are evaluated."""
    cdef Py_ssize_t K = parameters.n_components, n_samples = shard_bounds[shard_bounds.shape[0] - 1]
    cdef Py_ssize_t unit = strip_unit()
    cdef Candidates candidates
    height = min(height, max(unit, ROWS_OF_STRIP // unit * unit))
    if when == NEVER or not (
        K >= MIN_COMPONENTS and MIN_ROWS_PER_COMPONENT * K <= n_samples <= MAX_ROWS
        and <Py_ssize_t>sizeof(float) * K <= MAX_BYTES_PER_ROW * height
    ):
        return None
    candidates = Candidates(parameters, shard_bounds, height)
    candidates.never_rests = when == ALWAYS
    return candidates


cdef class Candidates:
    """Which components may matter to which rows, from pass to pass of a run.

    Beyond the bounds it holds 8 bytes a row.

    Parameters
    ----------
    parameters : Parameters
        Of the mixture: their numbers are read in each pass.
    shard_bounds : ndarray of shape (n_shards + 1,), intp
        As for `Pass`.
    height : int
        Rows of a strip.
    """

    def __init__(
        self, Parameters parameters not None,
        const Py_ssize_t[::1] shard_bounds not None, Py_ssize_t height,
    ):
        cdef Py_ssize_t K = parameters.n_components, d = parameters.n_features
        self.n_components, self.n_shards = K, shard_bounds.shape[0] - 1
        self.height = height
        self._order = RowOrder(2 * K, shard_bounds, height)
        self._drift = Drift(parameters)
        self._look = FirstLook(K, self.n_shards)
        self._flags = np.zeros((self.n_shards, K), dtype=np.uint8)
        self._counts = Doubles(2 * self.n_shards)
        self.usual_square = d + USUAL_DEVIATIONS * sqrt(2.0 * d) + USUAL_SQUARE
        self.state, self.share, self.n_passes, self.n_to_rest = LOOK, 1, 0, PASSES_TO_REST

    # ------------------------------------------------------------------ a pass

    cdef int begin_pass(self, Parameters parameters, const int32_t** order) except -1 nogil:
        """Prepare a pass under parameters; writes the order of the rows, or NULL for their own."""
        order[0] = NULL
        if self.state == LOOK:
            self._drift.begin(parameters)
            with gil:
                self._look.begin()
        elif self.state != REST:
            if self.state != SKIP:
                with gil:
                    self._sort()
            self._drift.move(parameters)
            order[0] = &self._order.rows[0]
        return 0

    cdef int _sort(self) except -1:
        """Sort the rows, and bound the new strips as far as the last pass allows."""
        cdef bint is_first = self.state == SORT
        cdef const float[:, ::1] table
        shape = (self._order.n_strips, self.n_components)
        cdef float[:, ::1] bounds = np.zeros(shape, dtype=np.float32)
        self._order.find_places(ROWS_PER_LABEL * self.n_components)
        if not is_first:
            self._order.least_of_strips(self._bounds, bounds)
        elif self._look.tables is not None:
            table = self._look.tables[0]
            self._order.least_of_labels(table, bounds)
        self._bounds = bounds
        self._look.end()
        self._order.sort(is_first)
        self.state, self.n_passes, self.least_share = SKIP, 0, 1
        return 0

    cdef void clear(self, Py_ssize_t s) noexcept nogil:
        """Begin shard s."""
        self._counts.at[2 * s] = self._counts.at[2 * s + 1] = 0

    cdef int end_pass(self) except -1 nogil:
        """Choose what the next pass does, by the pairs that had to be evaluated in this one."""
        cdef Py_ssize_t s
        cdef double mattered = 0, all_pairs = 0
        self.n_passes += 1
        if self.state == REST:
            if self.n_passes >= self.n_to_rest:
                self.state, self.n_to_rest = LOOK, 2 * self.n_to_rest
            return 0
        for s in range(self.n_shards):
            mattered += self._counts.at[2 * s]
            all_pairs += self._counts.at[2 * s + 1]
        self.share = mattered / all_pairs if all_pairs > 0 else 1
        if self.state == LOOK:
            if not self._look.has_found_few():
                return self._rest()
            self.state = SORT
            if self._look.tables is not None:
                self._look.merge(self._drift)
            return 0
        if self.n_passes > 1:  # the first one may know few bounds
            if self.share > MAX_SHARE and not self.never_rests:
                return self._rest()
            if self.share > GROWTH_OF_SHARE * self.least_share + GROWTH_IN_SHARE:
                self.state = SORT_AGAIN
            self.least_share = min(self.least_share, self.share)
        return 0

    cdef int _rest(self) except -1 nogil:
        """Evaluate all components for some passes."""
        self.state, self.n_passes = REST, 0
        with gil:
            self._look.end()
        return 0

    # ------------------------------------------------------------------ a strip

    cdef void look(
        self, Py_ssize_t s, const Strip* strip, Density density, double log_noise
    ) noexcept nogil:
        """Label the rows of a strip by its log-densities, and note how far they are from others.

        A shard stops at its first strip if many of the components matter to the rows of this.
        """
        cdef bint is_first = strip.start == self._order.shard_bounds[s]
        if not is_first and self._look.is_declined[s]:
            return
        density.shared_terms(strip.features, strip.height, strip.spare)
        self._label(strip, self.n_components, log_noise)
        if is_first:
            self._counts.at[2 * s] = self._look.count(s, strip, NEGLIGIBLE_DEPTH)
            self._counts.at[2 * s + 1] = self.n_components * strip.height
            if self.never_rests:
                self._look.is_declined[s] = False
        if self._look.tables is not None and not self._look.is_declined[s]:
            self._look.note(s, strip, &self._order.labels[strip.start])

    cdef Py_ssize_t evaluate(
        self, Py_ssize_t s, const Strip* strip, Density density, Moments moments,
        RowClasses classes, double log_noise,
    ) noexcept nogil:
        """Evaluate the components that may matter to a strip, in place of all.

        Their log-densities are written to ``strip.resp``, in the order that ``strip.which``
        receives; returns their number.
        """
        cdef Py_ssize_t i, n, n_own, first, H = strip.height, K = self.n_components
        cdef Py_ssize_t at = self._order.strip(s, strip.start)
        cdef float* bounds = &self._bounds[at, 0]
        cdef unsigned char* flags = &self._flags[s, 0]
        cdef Py_ssize_t n_at_a_time = max(density.n_at_a_time, moments.n_at_a_time)
        cdef double least
        density.shared_terms(strip.features, H, strip.spare)
        memset(flags, 0, K)
        first = self._order.ranges[at, 0]
        for i in range(first, min(<Py_ssize_t>self._order.ranges[at, 1] + 1, first + K)):
            flags[i % K] = 1
        n_own = _list_flagged(flags, K, n_at_a_time, strip.which)
        self._evaluate(strip, 0, n_own, density, classes)
        least = self._find_best(strip, n_own, log_noise)
        self._flag(least, bounds, flags)
        self._keep(strip, 0, n_own, bounds)
        for i in range(n_own):
            flags[strip.which[i]] = 0
        n = n_own + _list_flagged(flags, K, n_at_a_time, strip.which + n_own)
        self._evaluate(strip, n_own, n, density, classes)
        self._keep(strip, n_own, n, bounds)
        self._label(strip, n, log_noise)
        self._counts.at[2 * s] = self._counts.at[2 * s] + n
        self._counts.at[2 * s + 1] = self._counts.at[2 * s + 1] + K
        return n

    cdef void _evaluate(
        self, const Strip* strip, Py_ssize_t lo, Py_ssize_t hi, Density density, RowClasses classes
    ) noexcept nogil:
        """Write the log-densities of components lo..hi of the list, and their largest ones."""
        cdef Py_ssize_t i, H = strip.height
        if lo == hi:
            return
        density.log_densities(
            strip.features, H, strip.which + lo, hi - lo, strip.resp + lo * H
        )
        for i in range(lo, hi):
            strip.largest[i] = _largest(strip.resp + i * H, strip.spare, H)
        if classes is not None:
            classes.restrict(
                strip.start, strip.places, strip.n, H, strip.which + lo, hi - lo,
                strip.resp + lo * H, strip.log_prob,
            )

    cdef void _keep(
        self, const Strip* strip, Py_ssize_t lo, Py_ssize_t hi,
        float* bounds,              # OUT  (n_components,)
    ) noexcept nogil:
        """Keep the distances to components lo..hi of the list, which were evaluated."""
        cdef Py_ssize_t i
        for i in range(lo, hi):
            bounds[strip.which[i]] = self._drift.distance(strip.which[i], strip.largest[i])

    cdef void _flag(
        self, double least, float* bounds, unsigned char* flags
    ) noexcept nogil:
        """Move the bounds of a strip, and flag the components that may matter to it.

        `least` is the least of the largest log-densities of its rows.
        """
        cdef Py_ssize_t k
        cdef double limit = 2 * (NEGLIGIBLE_DEPTH - least)
        cdef const double* limits = self._drift.limits.at
        cdef const float* shifts = &self._drift.shifts[0]
        cdef const float* shrinks = &self._drift.shrinks[0]
        cdef float bound
        for k in range(self.n_components):
            bound = (bounds[k] - shifts[k]) * shrinks[k]
            bound = bound if bound > 0 else 0
            bounds[k] = bound
            flags[k] = not <double>bound * <double>bound > limits[k] + limit

    cdef double _find_best(
        self, const Strip* strip, Py_ssize_t n_which, double log_noise
    ) noexcept nogil:
        """Write the largest log-density of each row, noise included; returns the least of them."""
        cdef Py_ssize_t i, j, v, H = strip.height, L = F64_LANES
        cdef f64v best, least = f64v_set(DBL_MAX)
        for v in range(H // L):
            i = v * L
            best = f64v_set(max(log_noise, -DBL_MAX))
            for j in range(n_which):
                best = f64v_max(f64v_load(strip.resp + j * H + i), best)
            f64v_store(strip.spare + H + i, best)
            least = f64v_min(best + f64v_load(strip.spare + i), least)
        return _least_lane(least)

    cdef void _label(
        self, const Strip* strip, Py_ssize_t n_which, double log_noise
    ) noexcept nogil:
        """Label the rows of a strip by their largest log-densities, which are written too."""
        cdef Py_ssize_t i, j, k, v, H = strip.height, L = F64_LANES
        cdef f64v best, value, label
        cdef double square
        cdef double* bests = strip.spare + H
        cdef double* labels = bests + H
        for v in range(H // L):
            i = v * L
            best, label = f64v_set(-DBL_MAX), f64v_set(0)
            for j in range(n_which):
                value = f64v_load(strip.resp + j * H + i)
                label = f64v_where_less(best, value, f64v_set(<double>j), label)
                best = f64v_max(value, best)
            f64v_store(bests + i, f64v_max(best, f64v_set(log_noise)))
            f64v_store(labels + i, label)
        for i in range(strip.n):
            j = <Py_ssize_t>labels[i]
            k = strip.which[j]
            square = 2 * (
                self._drift.normalisers.at[k] - strip.resp[j * H + i] - strip.spare[i]
            )
            self._order.labels[strip.start + i] = <int32_t>(
                k if square <= self.usual_square else k + self.n_components
            )


cdef Py_ssize_t _list_flagged(
    const unsigned char* flags, Py_ssize_t n_components, Py_ssize_t n_at_a_time,
    int32_t* which,             # OUT  (n_components,)
) noexcept nogil:
    """List the groups of components in which one is flagged; returns the length of the list."""
    cdef Py_ssize_t k, n = 0
    if n_at_a_time == 1:
        for k in range(n_components):
            if flags[k]:
                which[n] = <int32_t>k
                n += 1
        return n
    for k in range(0, n_components, 2):
        if flags[k] or (k + 1 < n_components and flags[k + 1]):
            which[n] = <int32_t>k
            n += 1
            if k + 1 < n_components:
                which[n] = <int32_t>(k + 1)
                n += 1
    return n


cdef double _largest(
    const double* log_density, const double* terms, Py_ssize_t height
) noexcept nogil:
    """The largest sum of two numbers of a row."""
    cdef Py_ssize_t v, i, L = F64_LANES
    cdef f64v largest = f64v_set(-INFINITY)
    cdef double lanes[MOST_LANES]
    for v in range(height // L):
        largest = f64v_max(f64v_load(log_density + v * L) + f64v_load(terms + v * L), largest)
    f64v_store(lanes, largest)
    for i in range(1, L):
        lanes[0] = max(lanes[0], lanes[i])
    return lanes[0]


cdef double _least_lane(f64v vector) noexcept nogil:
    cdef Py_ssize_t i
    cdef double lanes[MOST_LANES]
    f64v_store(lanes, vector)
    for i in range(1, F64_LANES):
        lanes[0] = min(lanes[0], lanes[i])
    return lanes[0]
