"""Greedy k-means++ on any rows. See plusplus.pyx."""
from libc.stdint cimport int32_t, uint8_t, uint64_t

from ..core.passes cimport Pass
from ..core.strands cimport sum_in_strands
from ..rows.rows cimport Rows
from .trial_lists cimport TrialLists

cdef enum:
    FIRST = 0       # distances to the first seed
    TRY = 1         # the gain of each candidate: by how much it lowers the potential
    KEEP = 2        # distances after the chosen one
    JOIN = 4        # distances after a seed that is given: all rows are measured
    PIECE_ROWS = 48     # with a sum of their own: a multiple of the height of every panel


cdef class GreedySeeding(Pass):
    cdef Py_ssize_t n_features, n_clusters, n_trials, lanes, n_seeds
    cdef Py_ssize_t buffer_size         # numbers
    cdef Rows rows
    cdef const double* weights
    cdef bint is_double, prune, clears_buffer
    cdef double[:, ::1] _seeds, _trials, _gains
    cdef double[::1] _columns, _totals, _reach
    cdef double[::1] _pieces            # the sum of every PIECE_ROWS rows
    cdef float[::1] _closest_float
    cdef double[::1] _closest_double
    cdef int32_t[::1] _nearest
    cdef uint64_t[::1] _notes
    cdef uint8_t[::1] _prunes           # (n_shards,) whether many rows keep their seed unread
    cdef TrialLists lists
    cdef Py_ssize_t[::1] _trial_rows
    cdef Py_ssize_t _chosen
    cdef int _mode

    # A subclass reads and measures its rows
    cdef double distance_to_newest(self, Py_ssize_t i, double* buffer) noexcept nogil
    cdef void first_look(self, Py_ssize_t lo, Py_ssize_t hi, double* buffer) noexcept nogil
    cdef void prefetch_row(self, Py_ssize_t i) noexcept nogil
    cdef uint64_t screen(
        self, Py_ssize_t i, Py_ssize_t n, uint64_t wanted, double* buffer
    ) noexcept nogil
    cdef void distances_to_trials(
        self, const Py_ssize_t* indices, Py_ssize_t n, double* buffer, double* distances
    ) noexcept nogil
    cdef void draw_trials(self, const double* uniforms) noexcept nogil
    cdef void process_rows(
        self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi, double* buffer
    ) noexcept nogil
    cdef void add_seed(self, Py_ssize_t c, const double* given, Py_ssize_t i) noexcept nogil

    cpdef run(
        self, const double[::1] uniforms, Py_ssize_t[::1] indices, const double[:, ::1] given=*
    )
    cdef int update_shards(self) except -1 nogil
    cdef int _run(
        self, const double* uniforms, Py_ssize_t* indices, Py_ssize_t n_given, const double* given
    ) except -1 nogil
    cdef Py_ssize_t _first_row(self, double uniform) noexcept nogil
    cdef Py_ssize_t _locate(self, double target) noexcept nogil
    cdef Py_ssize_t _best_trial(self) noexcept nogil
    cdef void _try(
        self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi, double* buffer
    ) noexcept nogil
    cdef uint64_t _within_reach(self, Py_ssize_t i, Py_ssize_t n) noexcept nogil
    cdef void _try_all(
        self, Py_ssize_t s, const Py_ssize_t* open, Py_ssize_t n_open, double* buffer
    ) noexcept nogil
    cdef void _try_eight(
        self, Py_ssize_t s, const Py_ssize_t* open, Py_ssize_t n_open, double* buffer
    ) noexcept nogil
    cdef void _keep_listed(self, Py_ssize_t s) noexcept nogil
    cdef void _keep(
        self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi, double* buffer
    ) noexcept nogil
    cdef bint _keep_piece(
        self, Py_ssize_t lo, Py_ssize_t hi, Py_ssize_t last, double* buffer
    ) noexcept nogil

    cdef inline uint8_t* _note(self, Py_ssize_t i) noexcept nogil:
        """Row i's note; eight lie in one word, so that eight can be passed over at once."""
        return <uint8_t*>&self._notes[0] + i

    cdef inline double _weight(self, Py_ssize_t i) noexcept nogil:
        return 1.0 if self.weights == NULL else self.weights[i]

    cdef inline double _closest(self, Py_ssize_t i) noexcept nogil:
        return self._closest_double[i] if self.is_double else self._closest_float[i]

    cdef inline void _set_closest(self, Py_ssize_t i, double value) noexcept nogil:
        if self.is_double:
            self._closest_double[i] = value
        else:
            self._closest_float[i] = <float>value

    cdef inline void sum_piece(self, Py_ssize_t piece) noexcept nogil:
        """Add up weight times squared distance of the rows of a piece."""
        cdef Py_ssize_t i, lo = piece * PIECE_ROWS, hi = min(lo + PIECE_ROWS, self.n_samples)
        cdef double total = 0
        if self.weights == NULL and self.is_double:
            total = sum_in_strands(&self._closest_double[lo], hi - lo)
        elif self.weights == NULL:
            total = sum_in_strands(&self._closest_float[lo], hi - lo)
        else:
            for i in range(lo, hi):
                total += self.weights[i] * self._closest(i)
        self._pieces[piece] = total

    cdef inline void add_pieces(self, Py_ssize_t s, Py_ssize_t lo, Py_ssize_t hi) noexcept nogil:
        """Add the sums of the pieces of rows lo..hi to those of shard s."""
        cdef Py_ssize_t first = lo // PIECE_ROWS, end = (hi + PIECE_ROWS - 1) // PIECE_ROWS
        self._totals[s] += sum_in_strands(&self._pieces[first], end - first)
