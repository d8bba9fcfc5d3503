"""M steps under constraints that tie the covariances of components. See constrained.pyx."""
from ..core.memory cimport Doubles
from .model cimport Maximiser
from .parameters cimport Parameters
from .statistics cimport Statistics

cdef class ConstrainedMaximiser(Maximiser):
    cdef readonly bint spherical
    cdef Py_ssize_t n_components, n_features
    cdef Py_ssize_t size                # numbers of a scatter
    cdef double* shares                 # (n_components,) of the count
    cdef double* volumes                # (n_components,)
    cdef double* scatters               # (n_components, size) share times covariance and floor
    cdef double* roots                  # (n_components, size) Cholesky factors of covariances
    cdef double* scratch                # (n_features, n_features)
    cdef double* unsound                # (n_components,) 1 or 0
    cdef Doubles _memory                # owns them

    cdef int prepare(self, Parameters parameters) except -1
    cdef bint constrain(self, Parameters parameters) except -1 nogil
    cdef void begin_volumes(self, Parameters parameters) noexcept nogil

    cdef void _gather(self, Statistics statistics) noexcept nogil
    cdef void _fill_empty(self, Statistics statistics) noexcept nogil
    cdef void _raise_scatters(self, const double* variances, double share) noexcept nogil
    cdef int _mark_singular_scatters(self, Parameters parameters) except -1 nogil
    cdef bint _are_sound(self, Parameters parameters) except -1 nogil
    cdef Py_ssize_t _factorise(
        self, Statistics statistics, Parameters parameters, bint sound
    ) except -1 nogil
    cdef bint _invert_root(self, Parameters parameters, Py_ssize_t k) noexcept nogil
    cdef bint _take_variances(self, Parameters parameters, Py_ssize_t k) noexcept nogil

cdef class SpectralMaximiser(ConstrainedMaximiser):
    cdef readonly bint volume_varies, shape_varies
    cdef Py_ssize_t n_values            # numbers of a spectrum
    cdef double* spectra                # (n_components, n_values)
    cdef double* shape                  # (n_values,)
    cdef Doubles _spectra               # owns them

    cdef bint constrain_spectra(self, Parameters parameters) noexcept nogil
    cdef bint _equal_shapes(self, Parameters parameters) noexcept nogil
    cdef bint _equal_volumes(self) noexcept nogil

cdef Py_ssize_t count_steps(Parameters parameters) noexcept nogil

cdef double geometric_mean(
    const double* values, Py_ssize_t n, Py_ssize_t stride
) noexcept nogil
