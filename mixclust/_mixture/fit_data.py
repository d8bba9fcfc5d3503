"""All that a fit of a mixture asks of its rows, wherever these are: frame, floors, kernels."""

import numpy as np

from .._inputs.errors import warn_collapse
from ..kernels.mixture.parameters import VarianceLimits
from ..kernels.rows.rows import Frame
from .maximiser import parameters_in_units

__all__ = ["FitData"]

ARITHMETIC_ROUNDING = 4 * 2.0**-52
"""Standard deviation, as a share of a feature's largest value, below which it is the rounding of
float64 arithmetic; it does not depend on the dtype of X."""

SQUARABLE = 1e150
"""A number that float64 squares, times the number of features."""

SMALLEST_VARIANCE = 1e-282
"""A variance of which float64 holds the inverse of a millionth, times the number of features."""

RELATIVE_FLOOR = 1e-6
"""Addition to a variance with ``reg_covar="auto"``, as a share of the feature's variance."""


class FitData:
    """Frame, variances and floors of the rows of a fit, and its parameters in units of X.

    A subclass has rows: it sets the attributes, and makes the compiled EM (`fitter`).

    Attributes
    ----------
    structure : type of `Structure`
    n_features : int
    n_present : int
        Rows of positive weight.
    is_weighted : bool
        Whether rows have weights.
    total_weight : float
        Of all rows, as the kernels add them up.
    given_weight : float
        The same in the units that the user gave.
    itemsize : int
        Bytes of a number of X: 4 or 8.
    variances : ndarray of shape (n_features,), float64
        Of all rows.
    scatter : ndarray of shape (n_features, n_features), float64, or None
        Of all rows about their mean; None if the structure does not need it.
    noise_box : NoiseBox or None
        Where noise is: see `describe_noise`.
    prior : Prior or None
        See `describe_prior`.
    show_step : callable or None
        As `MixtureMonitor.show_step`, where somebody watches the search for a start.
    is_in_memory : bool
        Whether the rows are one array, and a pass over them is cheap if they are few.
    weights_vary : bool
        Whether the weights change in place between fits.
    """

    noise_box = prior = None
    show_step = None
    is_in_memory = weights_vary = False

    def set_floors(self, reg_covar, extremes):
        """Set floors and limits of variances, once `variances` are known.

        Parameters
        ----------
        reg_covar : float or "auto"
            Addition to every variance, in squared units of X.
        extremes : ndarray of shape (2, n_features), float64
            Smallest and largest value of each column.

        Raises
        ------
        ValueError
            If a column varies by so little that precisions overflow.
        """
        self.extremes = smallest, largest = extremes
        if self.variances.min() < SMALLEST_VARIANCE:
            self._check_variances(largest - smallest)
        self.rescue = _relative_floor(self.variances)
        self.floor = self.rescue
        if reg_covar != "auto":
            self.floor = np.full(len(self.rescue), float(reg_covar))
        # Only a constant column can hold numbers that are too large to square.
        squares = np.minimum(np.maximum(-smallest, largest), SQUARABLE) ** 2
        # Less the shift, the numbers of a constant column are zero and have no rounding.
        squares[self.variances == 0] = 0
        self.rounding = ARITHMETIC_ROUNDING**2 * squares
        # A component has collapsed where its variance is that of the floor, or of X's rounding.
        of_X = (2.0**-23 if self.itemsize == 4 else 2.0**-52) ** 2 / 12 * squares
        least = np.maximum(2 * self.floor, of_X)
        # A feature that is as small as the floor throughout says nothing about its components.
        self.limit = np.where(self.variances > 5 * least, least, 0.0)
        self._set_limits()

    def _set_limits(self):
        """Make the floors known to the kernels."""
        numbers = np.array([self.floor, self.limit, self.rescue, self.rounding])
        self.limits = VarianceLimits(numbers)
        # An integer weight counts as so many rows; weights may be shares of one, too.
        self.smallest_count = min(1.0, self.total_weight / max(1, self.n_present))

    def _check_variances(self, ranges):
        """Refuse columns that vary by so little that precisions overflow."""
        for j in np.flatnonzero((self.variances < SMALLEST_VARIANCE) & (ranges > 0)):
            raise ValueError(
                f"X spreads over {ranges[j]:.3g} in column {j}, and precisions, the inverses of "
                f"variances, overflow float64 (the limit is about {SMALLEST_VARIANCE**0.5:.3g}); "
                "multiply the column by a constant first, or leave it out."
            )

    @property
    def has_too_few_rows(self):
        """Whether there are no more rows than features, so that covariance matrices are singular.

        Features with a variance of hardly more than the floor do not count: the floor is meant to
        be most of their variance.
        """
        if self.prior is not None:
            return False
        if self.n_present > self.n_features or not self.structure.n_matrices(1):
            return False
        return self.n_present <= np.count_nonzero(self.variances > 10 * self.floor)

    def warn_of_too_few_rows(self):
        """Say before any work that all components will collapse."""
        if self.has_too_few_rows:
            n_rows, n_features = self.n_present, self.n_features
            weighted = "" if not self.is_weighted else " of positive weight"
            warn_collapse(
                f"n_samples={n_rows}{weighted} is too few for n_features={n_features} and "
                f"covariance_type={self.structure.name!r}: covariance matrices of at least as many "
                "features as rows are singular, and all components collapse to the floor that "
                "reg_covar is; pass covariance_type='diag' or fewer features."
            )

    @property
    def scales(self):
        """Standard deviations of the features, (n_features,); 1 where a feature is constant."""
        return np.sqrt(np.where(self.variances > 0, self.variances, 1.0))

    def _take_floors(self, other):
        """Take the floors and the prior of other data, and return these data."""
        self.floor, self.limit = other.floor, other.limit
        self.rescue, self.rounding, self.prior = other.rescue, other.rounding, other.prior
        self._set_limits()
        return self

    def _set_shift(self, shift):
        """Read rows less `shift` from now on."""
        self.shift = np.ascontiguousarray(shift)
        self.frame = Frame(self.shift)

    def factorisation_cost(self, n_components):
        """Work of the factorisations after a pass, in multiply-adds of a pass."""
        n_matrices = self.structure.n_matrices(n_components)
        return n_matrices * self.structure.n_factorisations * self.n_features**3

    def without_rows(self):
        """The frame and the floors alone, which pickle: as `Structure.model` reads them.

        Returns
        -------
        data : FitData
        """
        return SentData(self)

    # Parameters

    def use(self, kernel, parameters):
        """Let a fitter go on from parameters in units of X."""
        n_features = self.n_features
        kernel.set_parameters(
            parameters.weights,
            parameters.means - self.shift,
            self.structure.to_kernel(parameters.precisions_cholesky, n_features),
            self.structure.to_kernel(parameters.covariances, n_features),
            parameters.noise_weight,
        )

    def reset(self, parameters, which):
        """Parameters in which the components of the mask `which` start anew.

        They get an equal share of the weight, and the variances of all rows, scaled down by the
        number of components.
        """
        n_components, n_features = parameters.means.shape
        spread = self.variances / n_components ** (2 / n_features) + self.rescue
        weights = np.where(which, 1 / n_components, parameters.weights)
        covariances, factors = self.structure.reset(
            parameters.covariances, parameters.precisions_cholesky, which, spread
        )
        return parameters._replace(
            weights=weights / weights.sum() * (1 - parameters.noise_weight),
            covariances=covariances,
            precisions_cholesky=factors,
        )

    def parameters(self, kernel):
        """A fitter's parameters, in units of X."""
        return self.in_units(kernel.model.parameters)

    def in_units(self, compiled):
        """Compiled parameters, in units of X."""
        found = parameters_in_units(compiled, self.structure, self.shift)
        return found if self.noise_box is None else found._replace(noise_box=self.noise_box)


class SentData(FitData):
    """The frame and the floors of a fit alone, which pickle.

    Parameters
    ----------
    data : FitData
    """

    def __init__(self, data):
        for name in _SENT:
            setattr(self, name, getattr(data, name))
        self._set_shift(data.shift)
        self._take_floors(data)

    def __reduce__(self):
        return _received, ({name: getattr(self, name) for name in (*_SENT, *_SENT_NUMBERS)},)


_SENT = [
    "structure",
    "n_features",
    "n_present",
    "total_weight",
    "given_weight",
    "variances",
    "scatter",
    "noise_box",
    "weights_vary",
]
_SENT_NUMBERS = ["shift", "floor", "limit", "rescue", "rounding", "prior"]


def _received(attributes):
    """The data of which attributes were sent."""
    data = object.__new__(SentData)
    vars(data).update(attributes)
    data._set_shift(data.shift)
    data._set_limits()
    return data


def _relative_floor(variances):
    """A small share of each variance; of their mean where a feature is constant."""
    mean = variances.sum() / len(variances)
    return RELATIVE_FLOOR * np.where(variances > 0, variances, mean if mean > 0 else 1.0)
