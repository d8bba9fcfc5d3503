"""The estimators on which every guarantee is tested.

A new estimator is a subclass of `Case` in a module beside this one, and its entries in `CASES`.
The modules import neither scikit-learn nor a library of data frames: the tests that use them run
where these have no wheels.
"""

from .case import Case, fit_on_two_threads
from .classifier import MIXTURE_CLASSIFIERS
from .gaussian import GAUSSIAN_MIXTURES, MODELS, NOISE, PRIOR, SQUAREM
from .gaussian_ic import SELECTIONS
from .kmeans import KMEANS
from .minibatch import MINI_BATCHES

__all__ = [
    "BY_NAME",
    "CASES",
    "FAMILIES",
    "FORMS",
    "MINI_BATCHES",
    "SELECTIONS",
    "STARTLESS",
    "Case",
    "each_case",
    "each_entry",
    "fit_each_family",
]

# Every estimator with every option that chooses other code.
CASES = (
    *KMEANS,
    *GAUSSIAN_MIXTURES,
    *MODELS,
    SQUAREM,
    *NOISE,
    *PRIOR,
    *MIXTURE_CLASSIFIERS,
)

# One case for each form of the fitted parameters: answers depend on the form alone.
FORMS = (KMEANS[0], MINI_BATCHES[0], *GAUSSIAN_MIXTURES, NOISE[0], *MIXTURE_CLASSIFIERS)

# With the estimators that take no given start, for guarantees that need none.
STARTLESS = (*CASES, *SELECTIONS, *MINI_BATCHES)

# One case for each class: where a process has to be started, or the options make no difference.
# MixtureClassifier runs the code of a mixture, and has tests of its contract of its own.
FAMILIES = (KMEANS[0], GAUSSIAN_MIXTURES[0], MINI_BATCHES[0])

BY_NAME = {case.name: case for case in STARTLESS}


def each_case(cases):
    """Arguments of ``pytest.mark.parametrize`` that run a test for each case, under its name."""
    return {"argnames": "case", "argvalues": cases, "ids": [case.name for case in cases]}


def each_entry(cases, table):
    """Arguments of ``pytest.mark.parametrize``: each case with each name in one of its tables.

    Parameters
    ----------
    cases : sequence of Case
    table : str
        Name of an attribute that is a dict.
    """
    pairs = [(case, name) for case in cases for name in getattr(case, table)]
    ids = [f"{case.name}-{name}" for case, name in pairs]
    return {"argnames": ("case", "name"), "argvalues": pairs, "ids": ids}


def fit_each_family(seed):
    """Hashes of a fit of each family, here where the workers of a pool import it."""
    return [fit_on_two_threads(case, seed) for case in FAMILIES]
