"""A pass that reads rows strip by strip, and evaluates a density on each strip in cache.

A strip holds features side by side: lanes of a vector are rows. Neither an n x K nor an n x d array
exists.
"""
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport free, malloc

from ..core.memory cimport Doubles
from ..core.passes cimport Pass
from ..core.simd cimport CACHE_LINE, cache_line
from ..rows.rows cimport Frame, Rows
from ..rows.strips cimport strip_unit

cdef enum:
    MAX_UNITS = 16          # strip units of a strip
    FIRST_CACHE = 1600      # numbers of a strip, so that its weighted copies fit the first cache
    SECOND_CACHE = 8192     # the same for the second cache
    MIN_ROWS = 96           # of a strip, if it fits the second cache
    FEW_STRIPS = 4          # in a shard, so that it pays to make the last one lower


cdef class StripPass(Pass):
    """A pass over strips.

    A subclass works on a strip in `take_strip`.

    Parameters
    ----------
    rows : Rows
    frame : Frame
        Rows are read less its shift; its scale is not used.
    n_components, n_features : int
        Of the mixture.
    shard_bounds, map_tasks
        As for `Pass`.
    """

    def __cinit__(self, *_args, **_options):
        self._memory, self._n_bytes = NULL, 0

    def __dealloc__(self):
        free(self._memory)

    def __init__(
        self, Rows rows not None, Frame frame not None, Py_ssize_t n_components,
        Py_ssize_t n_features, shard_bounds, map_tasks,
    ):
        cdef Py_ssize_t d = rows.n_features, unit = strip_unit()
        if not d == frame.n_features == n_features:
            raise ValueError(
                "rows of %d features do not fit a frame of %d and a mixture of %d"
                % (d, frame.n_features, n_features)
            )
        Pass.__init__(self, rows.n_samples, shard_bounds, map_tasks)
        self.rows, self.frame = rows, frame
        self.order = NULL
        self.keep_rows(False)
        self.n_features, self.n_components = d, n_components
        n_rows = min(
            max(FIRST_CACHE // d, min(MIN_ROWS, SECOND_CACHE // d)), rows.n_samples + unit - 1
        )
        self.height = unit * max(1, min(MAX_UNITS, n_rows // unit))
        self._shard_sums = Doubles(self.n_shards)

    cdef double sum_of_shards(self) noexcept nogil:
        """The numbers that `take_strip` returned, added up in the order of shards."""
        cdef Py_ssize_t s
        cdef double total = 0
        for s in range(self.n_shards):
            total += self._shard_sums.at[s]
        return total

    cdef void keep_rows(self, bint keep) noexcept nogil:
        """Say whether rows and weights stay as they are from now on: passes may read them once."""
        self.keeps_rows, self.is_read = keep, False

    cdef void* _room(self, size_t n_bytes) noexcept nogil:
        """Memory for strips; that of the only shard is used again, since no two passes overlap."""
        if self.n_shards > 1:
            return malloc(n_bytes)
        self.is_read = False
        if self._n_bytes < n_bytes:
            free(self._memory)
            self._memory = malloc(n_bytes)
            self._n_bytes = 0 if self._memory == NULL else n_bytes
        return self._memory

    cdef void begin_shard(self, Py_ssize_t s) noexcept nogil:
        self._shard_sums.at[s] = 0

    cdef int process(self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
        cdef Py_ssize_t H = self.height, d = self.n_features, unit = strip_unit(), i
        cdef Py_ssize_t K = self.n_components + self.n_components % 2  # a tile may take two
        cdef Py_ssize_t n_extra = self.density.n_extra
        cdef double* sum_of_shard = self._shard_sums.at + s
        cdef double* plain = NULL
        cdef Strip strip
        cdef void* memory
        cdef int32_t* memory_of_strip
        if self.is_read and self.order == NULL:
            self.density.expand(self._kept.features, self._kept.height)
            sum_of_shard[0] += self.take_strip(s, &self._kept)
            return 0
        memory = self._room(
            (
                (n_extra + d + K + 8 + self.n_scratch + (d if self.order != NULL else 0)) * H
                + self.n_components
            ) * sizeof(double) + CACHE_LINE + H * sizeof(int64_t)
            + self.n_components * sizeof(int32_t)
        )
        if memory == NULL:
            return -1
        strip.picked = <int64_t*>memory
        strip.which = <int32_t*>(strip.picked + H)
        memory_of_strip = strip.which + self.n_components
        for i in range(self.n_components):
            strip.which[i] = <int32_t>i
        strip.start, strip.height, strip.places = lo, 0, NULL
        while strip.start < hi:
            strip.n = min(self.height, hi - strip.start)
            if strip.height == 0 or hi - lo <= FEW_STRIPS * self.height:
                H = (strip.n + unit - 1) // unit * unit
            if H != strip.height:
                strip.height = H
                strip.features = <double*>cache_line(memory_of_strip) + n_extra * H
                strip.resp = strip.features + (d + 2) * H
                strip.weights = strip.resp + K * H
                strip.log_prob = strip.weights + H
                strip.reach = strip.log_prob + H
                strip.scratch = strip.reach + H
                strip.spare = strip.scratch + self.n_scratch * H
                plain = strip.spare + 3 * H
                strip.largest = plain + (d * H if self.order != NULL else 0)
                for i in range(H):
                    strip.features[d * H + i] = strip.weights[i] = strip.reach[i] = 1
                    strip.features[(d + 1) * H + i] = 0
            if self.order == NULL:
                self.rows.read_strip(self.frame, strip.start, strip.n, H, strip.features)
            else:
                strip.places = self.order + strip.start
                self.rows.read_scattered(
                    self.frame, strip.places, strip.n, H, plain, strip.features
                )
            self.density.expand(strip.features, H)
            if self.is_weighted:
                for i in range(strip.n):
                    strip.weights[i] = self.rows.weights[
                        strip.start + i if strip.places == NULL else strip.places[i]
                    ]
            for i in range(strip.n, H):
                strip.weights[i] = 0
            sum_of_shard[0] += self.take_strip(s, &strip)
            if self.keeps_rows and strip.n == self.n_samples and self.order == NULL:
                self._kept, self.is_read = strip, True
            strip.start += strip.n
        if self.n_shards > 1:
            free(memory)
        return 0

    cdef double take_strip(self, Py_ssize_t s, const Strip* strip) noexcept nogil:
        """Work on a strip of shard s, under `density`; returns a number to be added up."""
        return 0
