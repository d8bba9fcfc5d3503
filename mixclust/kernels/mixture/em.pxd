"""EM: a pass and an M step in turn. See em.pyx."""
from ..core.memory cimport Doubles
from .candidates cimport Candidates
from .given cimport GivenRows
from .model cimport Model
from .parameters cimport Parameters
from .row_classes cimport RowClasses
from .strip_pass cimport Strip, StripPass

cdef enum:      # the source of the responsibilities of a pass
    EXPECT = 0          # the density
    GIVEN = 1           # the caller

cdef class EM(StripPass):
    cdef readonly Model model
    cdef RowClasses _classes            # or None
    cdef readonly Candidates candidates     # of a run; None where all components are evaluated
    cdef public int skips
    cdef readonly Py_ssize_t n_iter
    cdef public double fell, gain_to_come
    cdef double total_weight
    cdef Doubles _tables                # (n_shards, n_sums)
    cdef Py_ssize_t _n_sums             # of the tables
    cdef Doubles _thresholds            # (n_components,)
    cdef Doubles _noise_counts          # (n_shards,)
    cdef double _largest_constant, _log_noise
    cdef int _mode
    cdef const GivenRows* _given        # while they are the source
    cdef Parameters _kept               # of the iteration before, where the bound is watched
    cdef double _kept_bound

    cdef bint iterate(
        self, Py_ssize_t max_iter, double tol, double* bounds, Py_ssize_t n_before,
        bint stop_at_collapse, object callback, double target, Py_ssize_t* n_collapsed,
    ) except -1 nogil
    cdef Py_ssize_t start_given(self, const GivenRows* given) except -1 nogil
    cdef int _sum_given(self, const GivenRows* given) except -1 nogil
    cdef bint goes_back(self) except -1 nogil
    cdef double _bound(self) noexcept nogil
    cdef Py_ssize_t _maximise(self) except -1 nogil
    cdef int _keep(self, double bound) except -1 nogil
    cdef bint _falls_to(self, double bound) except -1 nogil
    cdef int _sum_up(self, int mode) except -1 nogil
    cdef int _pass_over_rows(self) except -1 nogil
    cdef int add_rows(self) except -1 nogil
    cdef int _map_with_candidates(self) except -1 nogil
    cdef int _prepare_tables(self) except -1
    cdef Py_ssize_t _evaluate(self, Py_ssize_t s, const Strip* strip) noexcept nogil
