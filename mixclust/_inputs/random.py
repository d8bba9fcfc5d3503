"""Sources of random numbers: checks of `random_state`, and generators that are lent."""

import numbers
from contextlib import contextmanager

import numpy as np


def check_random_state(random_state):
    """Return the source of random numbers that a `random_state` stands for.

    Parameters
    ----------
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator
        None is NumPy's global RandomState, as in scikit-learn; an int seeds a new RandomState.

    Returns
    -------
    random_state : numpy.random.RandomState or numpy.random.Generator
        What was passed, if it is one of the two.

    Raises
    ------
    TypeError
        If `random_state` is of another type.
    ValueError
        If an int lies outside 0 to 2**32 - 1.
    """
    if check_seed(random_state):
        return np.random.RandomState(random_state)
    if random_state is None or random_state is np.random:
        return np.random.mtrand._rand
    return random_state


def check_seed(random_state):
    """Return whether a `random_state` is a number that seeds a source, rather than a source.

    Parameters
    ----------
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator
        As for `check_random_state`.

    Returns
    -------
    is_seed : bool

    Raises
    ------
    TypeError, ValueError
        As `check_random_state` does.
    """
    if random_state is None or random_state is np.random:
        return False
    if isinstance(random_state, (np.random.RandomState, np.random.Generator)):
        return False
    if not isinstance(random_state, numbers.Integral):
        raise TypeError(
            "random_state must be None, an int, a numpy.random.RandomState or a "
            f"numpy.random.Generator, got {random_state!r}."
        )
    if not 0 <= random_state < 2**32:
        raise ValueError(f"random_state={random_state} must lie between 0 and 2**32 - 1.")
    return True


_idle_sources = []  # RandomStates to be seeded anew: to make one costs as much as a small fit


@contextmanager
def lent_random_state(random_state, kept=False):
    """``check_random_state(random_state)``, to be given back unless it may be `kept`."""
    if kept or not check_seed(random_state):
        yield check_random_state(random_state)
        return
    try:
        source = _idle_sources.pop()
    except IndexError:
        source = np.random.RandomState(0)
    source.seed(random_state)
    try:
        yield source
    finally:
        _idle_sources.append(source)


def draw_uniforms(random_state, size):
    """Draws from [0, 1): ``check_random_state(random_state).uniform(size=size)``."""
    with lent_random_state(random_state) as source:
        return source.uniform(size=size)
