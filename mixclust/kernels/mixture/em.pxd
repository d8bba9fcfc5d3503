"""EM for a Gaussian mixture on dense rows. See em.pyx."""
from libc.stdint cimport int32_t, int64_t

from ..core.passes cimport Pass
from ..rows.dense_rows cimport DenseRows

cdef enum:
    FAR = 10000     # squared distance in units of variances: a difference keeps twelve digits

cdef class Mixture(Pass):
    cdef DenseRows rows
    cdef readonly Py_ssize_t n_features, n_components, n_iter
    cdef Py_ssize_t height, n_sums, scratch_size, n_expanded
    cdef double total_weight, _one_row
    cdef double[:, ::1] _tables
    cdef double[::1] _sums, _log_likelihoods
    cdef double[::1] _weights, _nk, _constants, _thresholds
    cdef double[::1] _floor, _limit, _rescue, _rounding
    cdef double[:, ::1] _means          # (n_components, n_features + 2), zeros behind
    cdef double[:, ::1] _centers        # what sums are about: the means, or where they went
    cdef int32_t[::1] _collapsed
    cdef bint leaves_rows_out           # whether sums do, where responsibilities are negligible
    cdef bint _has_tables
    cdef int _mode
    # Parameters of the iteration before, where the bound is watched
    cdef Py_ssize_t n_factors, n_columns    # numbers of all factors; of a row of one
    cdef bint _is_watchful, _has_kept
    cdef double[::1] _kept_parameters       # factors, means, weights
    cdef double _kept_bound
    cdef public double fell                 # how far the bound fell in the last run, or zero
    cdef public double gain_to_come         # after the last run, extrapolated
    # What GIVEN reads and what the others write
    cdef const int32_t[::1] _given_labels
    cdef const double[:, ::1] _given_resp
    cdef int32_t[::1] _labels
    cdef double[::1] _log_prob
    cdef double[:, ::1] _resp

    cdef int make_tables(self) except -1
    cdef double all_sizes(self) noexcept nogil
    cdef void _set_weights(self) noexcept nogil
    cdef void _give(
        self, Py_ssize_t start, Py_ssize_t n, const double* weights, double* resp
    ) noexcept nogil
    cdef void _write(
        self, Py_ssize_t start, Py_ssize_t n, const double* resp, const double* log_prob
    ) noexcept nogil
    cdef int one_pass(self, int mode) except -1 nogil
    cdef int pass_again(self) except -1 nogil
    cdef double log_likelihood(self) noexcept nogil
    cdef Py_ssize_t collapse(self, Py_ssize_t k) noexcept nogil

    cdef bint _falls_to(self, double bound) except -1 nogil
    cdef double _explained(self) noexcept nogil
    cdef int _keep(self, double bound) except -1 nogil
    cdef int _go_back(self) except -1 nogil
    cdef Py_ssize_t _n_kept(self) noexcept nogil
    cdef void _copy_parameters(self, bint back) noexcept nogil
    cdef double _floor_share(self, const double* factors) noexcept nogil

    # What a subclass says of its structure
    cdef double* factors(self) noexcept nogil
    cdef int use_factors(self) except -1 nogil
    cdef void forget(self) noexcept nogil
    cdef void expand(self, double* strip) noexcept nogil
    cdef void log_densities(
        self, const double* strip, double* log_density
    ) noexcept nogil
    cdef void add_moments(
        self, const double* strip, const double* resp, const double* reach, double* scratch,
        int64_t* picked, double* sums,
    ) noexcept nogil
    cdef Py_ssize_t maximise(self) except -1 nogil
