"""The parts of a mixture: densities, moments, the M step, and how they fit together.

A pass needs a `Density` (parameters to log-densities of a strip of rows) and `Moments` (a strip and
its responsibilities to `Statistics`); an M step is a `Maximiser` (statistics to parameters). None
of them knows the others. A `Model` holds one of each, and exchanges density and moments by quicker
ones while these keep enough digits. Loops over rows and iterations are in `em`.
"""
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy

from ..core.memory cimport Doubles
from .parameters cimport Parameters, VarianceLimits
from .statistics cimport Statistics


cdef int _check_sizes(
    part, Py_ssize_t n_components, Py_ssize_t n_features, Parameters parameters
) except -1:
    """Raise ValueError if a part of a model is made for other parameters."""
    if n_components != parameters.n_components or n_features != parameters.n_features:
        raise ValueError(
            "%s of %d components and %d features do not fit parameters of %d and %d"
            % (part, n_components, n_features, parameters.n_components, parameters.n_features)
        )
    return 0


cdef class Density:
    """Log-densities of a strip of rows under each component.

    A subclass implements `use` and `log_densities`.

    Parameters
    ----------
    n_components, n_features : int

    Attributes
    ----------
    n_columns : int
        Columns of the factors that `use` reads, see `Parameters`; 0 if it reads none.
    n_extra : int
        Columns that `expand` writes before the features of a strip.
    work_per_row : int
        Multiply-adds of a row, of the moments too.
    n_at_a_time : int
        Components of a tile: a list of components holds all or none of 0 .. n - 1, n .. 2 n - 1
        and so on, in this order.
    """

    def __init__(self, Py_ssize_t n_components, Py_ssize_t n_features):
        self.n_components, self.n_features = n_components, n_features
        self.n_columns = self.n_extra = 0
        self.work_per_row = n_components * n_features
        self.n_at_a_time = 1
        self.common = 0
        self._constants = Doubles(n_components)
        self.constants = self._constants.at

    def check(self, Parameters parameters not None):
        """Raise ValueError if `use` would read other numbers than the parameters have."""
        _check_sizes("density", self.n_components, self.n_features, parameters)
        if self.n_columns != 0 and self.n_columns != parameters.n_columns:
            raise ValueError(
                "the density reads factors of %d columns, the parameters have %d"
                % (self.n_columns, parameters.n_columns)
            )

    cdef bint use(self, Parameters parameters) except -1 nogil:
        """Prepare for parameters; returns whether log-densities keep enough digits under them."""
        return True

    cdef void expand(self, double* strip, Py_ssize_t height) noexcept nogil:
        """Write `n_extra` columns, functions of the features, before a strip."""

    cdef void log_densities(
        self,
        const double* strip,        # IN   (n_features, height)
        Py_ssize_t height,
        const int32_t* which,       # IN   (n_which,) components, whole groups of `n_at_a_time`
        Py_ssize_t n_which,
        double* log_density,        # OUT  (n_which, height), and a row that a tile may use
    ) noexcept nogil:
        """Log-density plus log weight. Summed over all rows, `common` is missing in them."""

    cdef void shared_terms(
        self,
        const double* strip,        # IN   (n_features, height)
        Py_ssize_t height,
        double* terms,              # OUT  (height,)
    ) noexcept nogil:
        """Write the term of each row that is missing in all its log-densities: here, zero."""
        cdef Py_ssize_t i
        for i in range(height):
            terms[i] = 0


cdef class Moments:
    """Sums over rows, weighted by responsibilities.

    A subclass implements `add` and `collect`.

    Parameters
    ----------
    n_components, n_features : int
    scatter_shape : tuple of three int, or None
        Shape of the scatters that `collect` writes, as for `Statistics`.

    Attributes
    ----------
    n_sums : int
        Numbers of a table of sums.
    n_scratch : int
        Columns of a strip that `add` needs as scratch.
    skips_rows : bool
        Whether `add` leaves out rows of negligible responsibility.
    needs_all_rows : bool
        Whether the responsibilities of every row have to add up to its weight.
    n_at_a_time : int
        As for `Density`.
    """

    def __init__(self, Py_ssize_t n_components, Py_ssize_t n_features, scatter_shape=None):
        self.n_components, self.n_features = n_components, n_features
        self.scatter_shape = scatter_shape
        self.n_scratch, self.n_at_a_time = 0, 1
        self.skips_rows = self.needs_all_rows = False

    def check(self, Parameters parameters not None, Statistics statistics not None):
        """Raise ValueError if `collect` would write other numbers than the statistics hold."""
        _check_sizes("moments", self.n_components, self.n_features, parameters)
        if self.scatter_shape is not None and self.scatter_shape != statistics.scatter_shape:
            raise ValueError(
                "the moments write scatters of shape %r, the statistics have scatters of shape %r"
                % (self.scatter_shape, statistics.scatter_shape)
            )

    cdef void place_origins(self, Statistics statistics, Parameters parameters) noexcept nogil:
        """Choose the origins of the next pass: here, the current means."""
        cdef Py_ssize_t k
        for k in range(self.n_components):
            memcpy(statistics.origin(k), parameters.mean(k), self.n_features * sizeof(double))

    cdef void add(
        self,
        const double* strip,        # IN   (n_features + 2, height), ones and zeros behind features
        Py_ssize_t height,
        const int32_t* which,       # IN   (n_which,) components, see `Density.log_densities`
        Py_ssize_t n_which,         # IN   the others have no responsibility
        const double* resp,         # IN   (n_which, height), and a row that a tile may use
        const double* reach,        # IN   (height,) see `responsibilities.measure_reach`
        const double* thresholds,   # IN   (n_components,) products of resp and reach that count
        Statistics about,           # IN   its origins
        double* scratch,            # (n_scratch, height)
        int64_t* picked,            # (height,) scratch
        double* sums,               # INOUT (n_sums,)
    ) noexcept nogil:
        """Add the sums of a strip to a table."""

    cdef void collect(self, const double* sums, Statistics statistics) noexcept nogil:
        """Write the counts, sums and scatters of a table that holds the sums of some rows."""

    cdef void complete(self, Statistics statistics) noexcept nogil:
        """Add scatters of all rows that are known before the pass: here, none."""


cdef class Maximiser:
    """The M step: statistics to parameters.

    A compiled subclass implements the C method `maximise`. A subclass in Python implements
    ``step(statistics, parameters)``, which takes the GIL once a pass.

    Parameters
    ----------
    limits : VarianceLimits
    smallest_count : float
        A component with a smaller count is empty: one row, or the weight of a mean row if less.

    Attributes
    ----------
    is_unconstrained : bool
        Whether all factors with a positive diagonal are factors that an M step may return, so that
        parameters may be extrapolated number by number. False here.
    """

    def __init__(self, VarianceLimits limits not None, double smallest_count):
        self.limits = limits
        self.smallest_count = smallest_count
        self.is_unconstrained = False

    def shapes(self, Py_ssize_t n_components, Py_ssize_t n_features):
        """Shapes of the scatters that the M step reads and of the factors that it writes.

        Parameters
        ----------
        n_components, n_features : int

        Returns
        -------
        shapes : tuple of two tuples of int, or None
            As the constructors of `Statistics` and `Parameters` take them. None, as here: any.
        """
        return None

    def check(self, Parameters parameters not None, Statistics statistics not None):
        """Raise ValueError if the M step reads or writes other numbers than there are."""
        if self.limits is None or self.limits.n_features != parameters.n_features:
            raise ValueError("the maximiser needs limits of as many features as the parameters")
        shapes = self.shapes(parameters.n_components, parameters.n_features)
        found = statistics.scatter_shape, (parameters.n_matrices, parameters.n_columns)
        if shapes is not None and shapes != found:
            raise ValueError(
                "the maximiser needs scatters and factors of shapes %r, not %r" % (shapes, found)
            )

    def step(self, statistics, parameters):
        """Change parameters in place.

        Parameters
        ----------
        statistics : Statistics
        parameters : Parameters

        Returns
        -------
        collapsed : ndarray of shape (n_components,), bool
        """
        raise NotImplementedError("a Maximiser needs a method `step`")

    cdef Py_ssize_t maximise(
        self, Statistics statistics, Parameters parameters
    ) except -1 nogil:
        """Write new parameters; returns how many covariances and components have collapsed."""
        cdef Py_ssize_t k, n_collapsed = 0
        with gil:
            collapsed = self.step(statistics, parameters)
            for k in range(parameters.n_components):
                parameters.collapsed[k] = bool(collapsed[k])
                n_collapsed += parameters.collapsed[k]
        return n_collapsed

    cdef double log_prior(self, Parameters parameters) noexcept nogil:
        """The term that the M step maximises beside the likelihood, in nats: none here."""
        return 0

    cdef void take_weights(self, Statistics statistics, Parameters parameters) noexcept nogil:
        """Set the weights, that of noise too, to shares of the count."""
        cdef Py_ssize_t k
        cdef double total = statistics.total_count() + statistics.noise_count
        parameters.noise_weight = statistics.noise_count / total if total > 0 else 0
        for k in range(parameters.n_components):
            parameters.weights[k] = (
                statistics.counts_at[k] / total if total > 0 else 1.0 / parameters.n_components
            )

    cdef bint is_empty(self, Statistics statistics, Py_ssize_t k) noexcept nogil:
        """Whether component k has less than a row's weight."""
        return statistics.counts_at[k] < self.smallest_count


cdef class Model:
    """Parameters, statistics, an M step, and the density and moments in use.

    Parameters
    ----------
    parameters : Parameters
    statistics : Statistics
    maximiser : Maximiser
    make_exact : callable
        Returns a Density and Moments that measure differences from each mean.
    quick : tuple of Density and Moments, or None
        Quicker ones, used while they keep enough digits.
    """

    def __init__(
        self, Parameters parameters not None, Statistics statistics not None,
        Maximiser maximiser not None, make_exact, quick=None,
    ):
        if parameters.covariances == NULL:
            raise ValueError("a model needs parameters with room for covariances")
        _check_sizes("statistics", statistics.n_components, statistics.n_features, parameters)
        maximiser.check(parameters, statistics)
        self.parameters, self.statistics = parameters, statistics
        self.maximiser = maximiser
        self._make_exact = make_exact
        if quick is not None:
            self._quick = self._checked(quick)
            self._quick_density = self._quick[0]
        self.exchange(exact=quick is None)

    def _checked(self, pair):
        """A pair of Density and Moments that read and write the numbers of this model."""
        density, moments = pair
        density.check(self.parameters)
        moments.check(self.parameters, self.statistics)
        return density, moments

    cdef int exchange(self, bint exact) except -1 nogil:
        """Put the exact or the quick density and moments to work; needs the GIL only for that."""
        if self.density is not None and self.is_exact == exact:
            return 0
        with gil:
            if exact and self._exact is None:
                self._exact = self._checked(self._make_exact())
            self.density, self.moments = self._exact if exact else self._quick
            self.is_exact = exact
        return 0

    cdef int forget(self) except -1 nogil:
        """Forget earlier runs: a start in a used model gives the same bits as in a new one."""
        self.parameters.forget()
        return self.exchange(exact=self._quick_density is None)

    cdef int use(self) except -1 nogil:
        """Prepare the next pass, under the current parameters."""
        if self._quick_density is not None and self._quick_density.use(self.parameters):
            return self.exchange(exact=False)
        return self.use_exact()

    cdef int use_exact(self) except -1 nogil:
        """Prepare the next pass, with differences from each mean."""
        self.exchange(exact=True)
        self.density.use(self.parameters)
        return 0
