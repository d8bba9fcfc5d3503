"""Sources of random numbers: checks of `random_state`, and RandomStates that are used again."""

import functools
import numbers
from contextlib import contextmanager

import numpy as np


def check_random_state(random_state):
    """Return the source of random numbers for a `random_state`.

    Parameters
    ----------
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator
        None is NumPy's global RandomState, as in scikit-learn; an int seeds a new RandomState.

    Returns
    -------
    random_state : numpy.random.RandomState or numpy.random.Generator
        `random_state` itself if it is a RandomState or a Generator.

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
    """Return whether a `random_state` is an int, a seed, and not a source of random numbers.

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


_idle_sources = []  # RandomStates to use again: making a new one takes as long as a small fit


@contextmanager
def lent_random_state(random_state, kept=False):
    """Lend ``check_random_state(random_state)`` for the duration of a ``with`` block.

    A RandomState made for a seed is used again after the block, unless `kept` says that the
    caller may keep a reference to it.
    """
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


@contextmanager
def rewound_on_error(random_state):
    """Set a RandomState or Generator back if the ``with`` block fails or is interrupted.

    NumPy's global RandomState, which belongs to no estimator, is left as it is.

    Parameters
    ----------
    random_state : None, int, numpy.random.RandomState or numpy.random.Generator
        As for `check_random_state`.
    """
    if isinstance(random_state, np.random.RandomState):
        before, set_back = random_state.get_state(legacy=False), random_state.set_state
    elif isinstance(random_state, np.random.Generator):
        bits = random_state.bit_generator
        before, set_back = bits.state, functools.partial(setattr, bits, "state")
    else:
        yield
        return
    try:
        yield
    except BaseException:
        set_back(before)
        raise


def draw_seed(source):
    """Draw a seed for a RandomState from a RandomState or Generator."""
    draw = getattr(source, "integers", None) or source.randint
    return int(draw(2**31 - 1))


def draw_uniforms(random_state, size):
    """Return draws from [0, 1): ``check_random_state(random_state).uniform(size=size)``."""
    with lent_random_state(random_state) as source:
        return source.uniform(size=size)
