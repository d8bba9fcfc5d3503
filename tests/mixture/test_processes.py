"""Mixtures among threads and signals: parts 4 to 6 of the guarantees."""

import os

import numpy as np
import pytest
from support.mixtures import ANSWERS, COVARIANCE_TYPES, fit_mixture
from support.processes import on_eight_threads, run_code
from support.samples import blobs, fitted_hash, normal

from mixclust import GaussianMixture

# ---------------------------------------------------------------------------- 4 threads


@pytest.mark.usefixtures("all_threads")
def test_eight_threads_fit_at_once():
    X = [blobs(seed, 6000, 5, 6) for seed in range(8)]

    def fit(seed):
        options = {"covariance_type": COVARIANCE_TYPES[seed % 4], "random_state": seed}
        return fitted_hash(GaussianMixture(6, tol=0.1, n_threads=2, **options).fit(X[seed]))

    expected = [fit(seed) for seed in range(8)]

    def fit_three_times(seed):
        return [fit(seed) for _ in range(3)]

    assert on_eight_threads(fit_three_times) == [[digest] * 3 for digest in expected]


@pytest.mark.usefixtures("all_threads")
def test_eight_threads_ask_one_mixture():
    X = blobs(0, 20_000, 5, 6)
    mixture = fit_mixture(X, 6, random_state=0, max_iter=3, n_threads=2)

    def ask(_):
        return mixture.predict(X).tobytes(), mixture.score(X), mixture.icl(X)

    assert (
        on_eight_threads(ask)
        == [(mixture.predict(X).tobytes(), mixture.score(X), mixture.icl(X))] * 8
    )


# ---------------------------------------------------------------------------- 5 Ctrl-C


INTERRUPT = """
import signal, time
import numpy as np
from mixclust import GaussianMixture

def interrupt(signum, frame):
    global heard
    heard = time.monotonic()
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
X = np.random.default_rng(0).standard_normal((300_000, 16), dtype=np.float32)
wide = np.random.default_rng(0).standard_normal((2000, 400))
many = np.concatenate([X] * 7)
mixture = GaussianMixture(2, random_state=0).fit(X[:500])
mixture.set_params(tol=0, max_iter=10**8, covariance_type="{covariance_type}")
mixture.set_params({options})
before = dict(vars(mixture))
due = time.monotonic() + 0.25
signal.setitimer(signal.ITIMER_REAL, 0.25)
try:
    {what}
    print("not interrupted, after", time.monotonic() - due)
except KeyboardInterrupt:
    late = heard - due
    caught = time.monotonic() - heard
    same = vars(mixture).keys() == before.keys() and all(
        vars(mixture)[name] is value for name, value in before.items()
    )
    print("in time" if late + caught < 0.5 else f"late by {{late + caught}}", same)
"""
LONG_WORK = {
    "few rows": ("mixture.fit(X[:300])", "n_components=3"),
    "many rows": ("mixture.fit(X)", "n_components=64, init_params='random_from_data'"),
    "short runs": ("mixture.fit(X)", "n_components=200"),
    "random": ("mixture.fit(X)", "n_components=200, init_params='random'"),
    "restarts": ("mixture.fit(X[:300])", "n_components=5, n_init=10**6, max_iter=5"),
    "many features": ("mixture.fit(wide)", "n_components=30"),
    "rows drawn": ("mixture.sample(20_000_000)", "n_components=2"),
    "missing values": ("mixture.impute(np.where(many > 1, np.nan, many))", "n_components=2"),
    "entropies": ("[mixture.entropy(many) for _ in range(50)]", "n_components=2"),
}

if os.name == "posix":

    @pytest.mark.parametrize(
        ("work", "covariance_type"),
        [(work, "full") for work in LONG_WORK]
        + [("few rows", "tied"), ("few rows", "diag"), ("many rows", "tied")],
    )
    def test_interrupt_within_half_a_second(work, covariance_type):
        what, options = LONG_WORK[work]
        code = INTERRUPT.format(what=what, options=options, covariance_type=covariance_type)
        assert run_code(code) == "in time True\n"


# ---------------------------------------------------------------------------- 6 nothing global


def test_arithmetic_raises_no_floating_point_error():
    """What NumPy is told to raise is not raised by our own NumPy."""
    with np.errstate(all="raise", under="ignore"):
        for X in (np.zeros((9, 2)), np.ones((9, 2)), normal(0, 50, 3), np.eye(9) * 1e-140):
            for covariance_type in COVARIANCE_TYPES:
                mixture = fit_mixture(X, 2, covariance_type=covariance_type, random_state=0)
                for name in ANSWERS:
                    getattr(mixture, name)(X)
                repr(mixture.report_)


def test_numpys_own_random_state_is_drawn_from_only_if_none_is_given():
    before = np.random.get_state()[1].tolist()
    fit_mixture(normal(0, 100, 2), 2, random_state=0).sample(5)
    assert np.random.get_state()[1].tolist() == before
