"""An estimator with options, and the names of its parameters, methods and attributes by use."""

from typing import NamedTuple

import numpy as np

from support.bad_inputs import HARD_ROWS
from support.samples import blobs, fitted_hash, quiet_fit


class Move(NamedTuple):
    """The affine map ``X @ matrix + offset`` of rows."""

    matrix: np.ndarray
    offset: np.ndarray

    def __call__(self, X):
        return X @ self.matrix + self.offset

    def of_covariances(self, covariances):
        """Covariances of shape (n_groups, n_features, n_features), moved as the rows are."""
        return self.matrix.T @ covariances @ self.matrix

    @property
    def log_volume(self):
        """Logarithm of the factor by which the map changes a volume."""
        return np.linalg.slogdet(self.matrix)[1]


class Case:
    """An estimator and options of its constructor that choose the code to be tested.

    A subclass stands for a class of estimators. It has the attributes below and the methods that
    raise NotImplementedError here.

    Parameters
    ----------
    name : str
        Name in the identifiers of tests.
    **options
        Options of the constructor.
    """

    estimator = None  # the class; its first parameter is the number of groups
    n_groups = ""  # name of that parameter
    takes_sparse = False  # whether CSR matrices are fitted
    answers = ()  # methods that return an entry for each row, or a tuple of arrays that do
    totals = ()  # methods that return a sum over the rows and take `sample_weight`
    least_label = 0  # the smallest label that `predict` gives
    need_two_groups = ()  # answers that a fit of one group cannot give
    calls = {}  # name of every public method: a function of a fitted estimator, X and weights
    fitted = ()  # fitted arrays and numbers, all finite after any fit; the first has a row a group
    centers = ""  # the fitted array that lies among the rows
    save_options = {}  # options of `save` under which the whole fit is kept
    start = ""  # the parameter that says where a run starts; a function may be passed
    starts = ()  # its values that draw from `random_state`
    hooks = ()  # parameters that take a function; its errors must not change the estimator

    # Work to be done with the estimator.
    fits = ()  # pairs of a number of groups and options, for fits of any rows
    hard_rows = HARD_ROWS
    quick = {}  # options of a quick fit of many rows
    edge_options = ({},)  # options under which the edges of the number range are fitted
    drawn = {}  # options with the values among which hypothesis chooses
    workloads = {}  # name: (n_samples, n_features, n_blobs, n_groups, options), of many tasks
    long_work = {}  # name: LongWork, which takes far longer than half a second
    unconverged = {}  # options with which a fit of 2 groups to the next rows does not converge
    unconverged_rows = None

    # Properties to be tested.
    budgets = {}  # name: Budget, of the memory that a fit or an answer takes
    resident = None  # Resident, of the memory that the system counts
    moves = ()  # maps of test_equivariance.py with which fits move; none: order matters, too
    rotated = {}  # options under which a fit moves with a rotation of the rows
    unit_weights_change_no_bit = True
    collapse = None  # category of the warning that groups of 4 distinct rows collapsed
    collapse_message = ""

    def __init__(self, name, **options):
        self.name, self.options = name, options

    def __repr__(self):
        return self.name

    def make(self, n_groups, **options):
        """An estimator that is not fitted."""
        return self.estimator(n_groups, **self.options | options)

    def fit(self, X, n_groups, *, sample_weight=None, **options):
        """A fitted estimator, converged or not."""
        return quiet_fit(self.make(n_groups, **options), X, sample_weight=sample_weight)

    def given_start(self, X, n_groups, seed=0):
        """A start for rows, of the kind that is given as an array."""
        raise NotImplementedError

    def fit_from(self, X, start, *, sample_weight=None, **options):
        """A fit from a given start."""
        raise NotImplementedError

    def start_of_rows(self, start, rows):
        """The start for the rows of an index."""
        raise NotImplementedError

    def start_of_groups(self, start, groups):
        """The start with its groups in the order of an index."""
        raise NotImplementedError

    def start_moved(self, start, move):
        """The start for rows that were moved."""
        raise NotImplementedError

    def objectives(self, X, start, sample_weight):
        """Objectives after 0, 1, 2 ... iterations, signed so that they rise, and their rounding."""
        raise NotImplementedError

    def check_fit(self, fitted, X, sample_weight):
        """Check that the results of a fit are finite and agree with each other."""
        raise NotImplementedError

    def check_score(self, fitted, X):
        """Check that the score of the rows that were fitted is the objective of the fit."""
        raise NotImplementedError

    def check_collapse(self, fitted):
        """Check that a fit of 7 groups to 4 distinct rows says so in its attributes."""
        raise NotImplementedError

    def renumbered(self, found, expected, rows):
        """`found`, its groups numbered as in `expected`, a fit to rows of which it saw `rows`."""
        return found

    def check_same(self, found, expected, *, move=None, rows=None, groups=None, weight=1.0):
        """Check that a fit agrees with one before the rows, features, groups or weights changed.

        Parameters
        ----------
        found, expected : estimator
        move : Move or None
            The map of the rows.
        rows : ndarray or None
            Index of the rows in the order in which `found` saw them.
        groups : ndarray or None
            Index of the groups in the order in which the start of `found` had them.
        weight : float
            Factor of all weights.
        """
        raise NotImplementedError


def answer_arrays(case, fitted, X, names=None):
    """Arrays with an entry for each row, by method, or by method and position in its tuple."""
    found = {}
    for name in case.answers if names is None else names:
        answer = getattr(fitted, name)(X)
        parts = answer if isinstance(answer, tuple) else (answer,)
        found |= {(name, i): part for i, part in enumerate(parts)}
    return found


def fit_on_two_threads(case, seed, n_samples=60_000):
    """The hash of a fit, here where other processes import it; 60,000 rows are worth two threads.

    It may warn that it did not converge: to filter warnings here would change the filters of all
    threads.
    """
    X = blobs(seed, n_samples, 8, 20)
    options = {"n_init": 1, "max_iter": 3, "n_threads": 2, "random_state": 0}
    return fitted_hash(case.make(40, **options | case.quick).fit(X))


class Budget(NamedTuple):
    """Bytes that Python and NumPy may allocate at most, beside the rows."""

    n_samples: int
    n_features: int
    work: object  # function of (case, X) that returns the function to measure
    bytes_a_row: dict  # by dtype of the rows
    slack: int = 2**20  # centres, shards, the interpreter
    layouts: tuple = ("C",)


class Resident(NamedTuple):
    """Code of fits, each with bounds in bytes a row of the memory that the system measures."""

    shape: tuple
    dtype: str
    fits: dict  # name: (expression of an estimator, lowest, highest)


class LongWork(NamedTuple):
    """Code of work that is interrupted after a quarter of a second."""

    prepare: str  # sets `model`, fitted, and further variables
    options: str  # arguments of ``model.set_params``, after which nothing of `model` may change
    call: str
    threads: tuple = (None,)  # values of `n_threads`
