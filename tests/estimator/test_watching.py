"""Fits that one watches: states of starts and iterations, logs, bars, interrupts."""

import copy
import io
import logging
import pickle
import re
import sys

import numpy as np
import pytest
from support.samples import blobs, fitted_hash, normal, quiet_fit

import mixclust
from mixclust import (
    GaussianMixture,
    GaussianMixtureIC,
    KMeans,
    MiniBatchKMeans,
    MixtureClassifier,
    MixtureImputer,
    ProgressBar,
)
from mixclust._estimator import clock as clocks

X = blobs(0, 600, 3, 5)
Y = (X[:, 0] > 0).astype(int)

WATCHED = {
    "KMeans": KMeans(5, n_init=3, random_state=0),
    "KMeans, random": KMeans(5, init="random", n_init=2, random_state=0),
    "KMeans, refined": KMeans(8, refine="breathing", random_state=0),
    "MiniBatchKMeans": MiniBatchKMeans(5, n_init=2, random_state=0, batch_size=100, max_iter=5),
    "GaussianMixture": GaussianMixture(3, n_init=2, random_state=0),
    "GaussianMixture, kmeans": GaussianMixture(3, init_params="kmeans", random_state=0),
    "GaussianMixtureIC": GaussianMixtureIC((1, 3), covariance_type="full,EII", random_state=0),
    "GaussianMixtureIC, apart": GaussianMixtureIC(
        (1, 2), covariance_type="EII", starts="independent", random_state=0
    ),
    "MixtureClassifier": MixtureClassifier(2, random_state=0),
    "MixtureClassifier, apart": MixtureClassifier(
        2, covariance_type={0: "diag", 1: "full"}, random_state=0
    ),
    "MixtureImputer": MixtureImputer(2, random_state=0),
}


@pytest.fixture(params=WATCHED)
def estimator(request):
    return copy.deepcopy(WATCHED[request.param])


def fit(estimator, rows=X):
    y = None
    if isinstance(estimator, MixtureClassifier):
        y = Y[: len(rows)].copy()
        if isinstance(estimator.covariance_type, str):
            y[::2] = -1  # of unknown class
    return quiet_fit(estimator, rows, y=y)


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Recorder(list):
    """A callback that keeps its states, and the steps that begin and end."""

    def __init__(self, error_at=None, error=KeyboardInterrupt):
        super().__init__()
        self.steps, self.ends, self._error_at, self._error = [], [], error_at, error

    def __call__(self, state):
        self.append(state)
        if len(self) == self._error_at:
            raise self._error

    def begin(self, text):
        self.steps.append(text)

    def end_fit(self, failed):
        self.ends.append(failed)


# ---------------------------------------------------------------------------- no bit changes


def test_watching_changes_no_bit(estimator, capsys):
    expected = fitted_hash(fit(copy.deepcopy(estimator)))
    for options in ({"verbose": 1}, {"callback": Recorder()}, {"callback": ProgressBar()}):
        watched = fit(copy.deepcopy(estimator).set_params(**options))
        assert fitted_hash(watched) == expected
    assert capsys.readouterr().err


def test_states_have_times_and_texts(estimator):
    seen = Recorder()
    fit(estimator.set_params(callback=seen))
    assert seen
    assert {state.phase for state in seen} <= {"start", "iterations", "refinement", "search"}
    seconds = [state.seconds for state in seen]
    assert 0 <= min(seconds) <= max(seconds) < 60
    for state in seen:
        assert state.seconds_left is None or 0 <= state.seconds_left < 600
        assert re.fullmatch(r"[\w ,:;'()]+", state.message), state.message
    assert any(state.seconds_left is not None for state in seen)
    assert seen.ends in ([False], [False, False])  # the imputer fits a mixture


def test_an_interrupt_leaves_the_estimator_as_it_was(estimator):
    """In any call of the callback, in a start too, and in a bar around it."""
    everything = Recorder()
    fit(estimator.set_params(callback=everything))
    before = dict(vars(estimator))
    for number in {1, 2, len(everything) // 2 + 1, len(everything)}:
        for wrap in (lambda callback: callback, ProgressBar):
            failing = Recorder(number)
            estimator.callback = wrap(failing)
            with pytest.raises(KeyboardInterrupt):
                fit(estimator, X[:500] if number == 1 else X)
            assert vars(estimator) == before | {"callback": estimator.callback}
            assert True in failing.ends or isinstance(estimator.callback, ProgressBar)
            assert getattr(estimator.callback, "_bar", None) is None


# ---------------------------------------------------------------------------- starts


def test_callback_of_k_means_sees_each_seeding():
    seen = Recorder()
    kmeans = KMeans(5, n_init=3, random_state=0, callback=seen).fit(X)
    starts = [state for state in seen if state.phase == "start"]
    assert [state.init for state in starts] == [0, 1, 2]
    assert [state.message for state in starts] == [f"run {i} of 3, seeded" for i in (1, 2, 3)]
    assert all(np.isnan(state.inertia) for state in starts)
    assert starts[1].seconds_left is not None  # a run is known by then
    assert seen.steps == [f"run {i} of 3, seeding" for i in (1, 2, 3)]
    # The first iteration is under the centres of the start.
    assert -KMeans(5, init=starts[0].centers(), n_init=1, max_iter=1).fit(X).score(X) <= (
        seen[1].inertia
    )
    assert kmeans.n_iter_ <= len(seen)


def test_given_starts_have_no_state():
    for estimator in (
        KMeans(5, init=X[:5]),
        MiniBatchKMeans(5, init=X[:5]),
        GaussianMixture(5, means_init=X[:5]),
    ):
        seen = Recorder()
        fit(estimator.set_params(callback=seen))
        assert {state.phase for state in seen} == {"iterations"}


def test_callback_of_a_mixture_sees_the_search():
    seen = Recorder()
    mixture = GaussianMixture(3, random_state=0, callback=seen).fit(X)
    starts = [state for state in seen if state.phase == "start"]
    assert [state.iteration for state in starts] == [0] * len(starts)
    assert re.fullmatch(r"\d+ short runs", starts[0].message)
    assert any(state.message.startswith("moves") for state in starts)
    assert any(state.message.startswith("random moves") for state in starts)
    bounds = [state.lower_bound for state in starts]
    assert max(np.diff(bounds), default=0) >= -1e-9
    assert starts[-1].parameters().means.shape == (3, 3)
    assert bounds[-1] == pytest.approx(mixture.lower_bound_, abs=1e-2)
    parameters = starts[-1].parameters()
    parameters.means[:] = np.nan  # a copy
    assert np.isfinite(starts[-1].parameters().means).all()


@pytest.mark.parametrize("name", ["KMeans", "GaussianMixture", "MiniBatchKMeans"])
def test_a_start_that_is_ended_has_one_iteration(name):
    estimator = copy.deepcopy(WATCHED[name]).set_params(n_init=1, verbose=0)
    seen = Recorder()

    def stop(state):
        seen(state)
        return state.phase == "start"

    fit(estimator.set_params(callback=stop))
    assert [state.phase for state in seen].count("iterations") == 1
    assert [state.phase for state in seen].count("start") == 1


def test_chunks_tell_of_the_search_on_the_sample():
    seen = Recorder()
    rows = mixclust.chunks([X[:200], X[200:]])
    GaussianMixture(3, random_state=0, callback=seen).fit(rows)
    assert {state.phase for state in seen} == {"start", "iterations"}
    seen = Recorder()
    KMeans(3, random_state=0, callback=seen).fit(rows)
    assert [(state.init, state.iteration) for state in seen][:2] == [(0, 0), (0, 1)]
    assert seen.steps == ["runs on a sample"]
    assert seen[0].centers().shape == (3, 3)


def test_noise_rows_are_left_out_of_the_search_that_is_told():
    seen = Recorder()
    mixture = GaussianMixture(3, noise=True, random_state=0, callback=seen)
    mixture.fit(X, noise_init=np.arange(600) < 30)
    assert {state.phase for state in seen} == {"start", "iterations"}


# ---------------------------------------------------------------------------- lines


def test_verbose_shows_seedings_and_starts(capsys):
    KMeans(5, n_init=2, random_state=0, verbose=1).fit(X)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["Seeding run 1 of 2", "Initialization complete"]
    assert "Seeding run 2 of 2" in lines
    GaussianMixture(3, random_state=0, verbose=1).fit(X)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Initialization 0"
    assert lines[1].startswith("  Start: ")
    assert lines[1].endswith(" short runs")
    GaussianMixture(3, random_state=0, verbose=2).fit(X)
    assert re.search(r"  Start: \d+ short runs\t best -\d", capsys.readouterr().out)


def test_lines_of_long_fits_have_the_time_left(capsys, monkeypatch):
    monkeypatch.setattr(clocks, "MIN_SECONDS", 0.0)
    KMeans(5, n_init=2, random_state=0, verbose=1).fit(X)
    MiniBatchKMeans(5, random_state=0, verbose=1, batch_size=100).fit(X)
    options = {"verbose": 1, "verbose_interval": 1, "tol": 1e-9, "random_state": 0}
    GaussianMixture(3, **options).fit(X)
    GaussianMixture(3, init_params="random", **options).fit(normal(0, 300, 2))
    GaussianMixtureIC((1, 2), covariance_type="full", verbose=1, random_state=0).fit(X)
    mixture = GaussianMixture(2, random_state=0).fit(X)
    mixclust.bootstrap(mixture, X, n_resamples=4, verbose=1)
    mixclust.likelihood_ratio_test(mixture, X, max_components=1, n_resamples=19, verbose=1)
    text = capsys.readouterr().out
    for line in (
        r"Seeding run 2 of 2\. About \d+ s left\.",
        r"Iteration 3, .*\d\. About \d+ s left\.",
        r"Minibatch step 3/\d+: .*\d\. About \d+ s left\.",
        r"  Start: \d+ short runs\. About \d+ s left\.",
        r"  Iteration 9\. About \d+ s left\.",
        r"first fits: 2 of 2 mixtures\. About \d+ s left\.",
        r"Replicate 1 of 4\. About \d+ s left\.",
        r"1 or 2: sample 1 of 19\. About \d+ s left\.",
    ):
        assert re.search(f"^{line}$", text, re.M), line


@pytest.fixture
def logger():
    found = logging.getLogger("mixclust")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    found.addHandler(handler)
    found.setLevel(logging.INFO)
    found.propagate = False
    yield stream
    found.removeHandler(handler)
    found.setLevel(logging.NOTSET)
    found.propagate = True


def test_lines_go_to_a_handler_of_the_logger(estimator, capsys, logger):
    fit(copy.deepcopy(estimator).set_params(verbose=1))
    assert logger.getvalue()
    assert capsys.readouterr().out == ""
    logger.truncate(0)
    fit(copy.deepcopy(estimator))
    assert logger.getvalue().strip("\0") == ""


def test_lines_are_printed_without_a_handler_of_the_logger(capsys):
    """The handler of another logger, the root too, does not count: pytest itself sets one."""
    KMeans(5, random_state=0, verbose=1).fit(X)
    assert "Initialization complete" in capsys.readouterr().out


# ---------------------------------------------------------------------------- the bar


@pytest.fixture(params=["tqdm", "plain"])
def terminal(request, monkeypatch):
    if request.param == "plain":
        monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    else:
        pytest.importorskip("tqdm")
    monkeypatch.setattr("mixclust._estimator.progress_bar.SECONDS_BETWEEN_BARS", 0.0)

    def opened():  # in the test itself, since pytest sets the stream between fixtures and test
        stream = Terminal()
        monkeypatch.setattr(sys, "stderr", stream)
        return stream

    return opened


def test_a_bar_shows_each_step(estimator, terminal):
    stream = terminal()
    fit(estimator.set_params(callback=ProgressBar()))
    text = stream.getvalue()
    assert "\r" in text
    assert "%" in text
    assert "left" in text
    assert estimator.callback._bar is None


def test_a_bar_is_closed_after_an_error(terminal):
    stream = terminal()
    bar = ProgressBar(Recorder(2))
    with pytest.raises(KeyboardInterrupt):
        KMeans(5, random_state=0, callback=bar).fit(X)
    assert bar._bar is None
    KMeans(5, n_init=2, random_state=0, callback=ProgressBar(bar.callback)).fit(X)
    assert "run 2 of 2" in stream.getvalue()


def test_an_interrupt_in_the_bar_leaves_the_estimator_as_it_was(terminal, monkeypatch):
    stream = terminal()
    kmeans = KMeans(5, n_init=3, random_state=0).fit(X)
    before = dict(vars(kmeans))
    writes = iter(range(1000))
    write = stream.write

    def interrupt(text):
        if next(writes) == 5:
            raise KeyboardInterrupt
        return write(text)

    monkeypatch.setattr(stream, "write", interrupt)
    kmeans.callback = ProgressBar()
    with pytest.raises(KeyboardInterrupt):
        kmeans.fit(X[:300])
    assert vars(kmeans) == before | {"callback": kmeans.callback}
    assert kmeans.callback._bar is None


def test_a_bar_passes_on_its_callback(terminal):
    terminal()
    stopped = KMeans(5, random_state=0, callback=ProgressBar(lambda state: state.iteration == 1))
    assert stopped.fit(X).n_iter_ == 1


def test_a_bar_of_replicates(terminal):
    stream = terminal()
    mixture = GaussianMixture(2, random_state=0).fit(X)
    seen = []
    bar = ProgressBar(lambda *state: seen.append(state))
    mixclust.bootstrap(mixture, X, n_resamples=5, callback=bar)
    assert seen[-1] == (5, 5)
    mixclust.likelihood_ratio_test(mixture, X, max_components=1, n_resamples=19, callback=bar)
    assert "replicate 19 of 19" in stream.getvalue()
    assert bar._bar is None


def test_without_a_terminal_a_plain_bar_is_silent_at_first(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    KMeans(5, random_state=0, callback=ProgressBar()).fit(X)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("mixclust._estimator.progress_bar.SECONDS_BETWEEN_LINES", 0.0)
    KMeans(5, n_init=2, random_state=0, callback=ProgressBar()).fit(X)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "mixclust: run 1 of 2, seeding"
    assert all(line.startswith("mixclust: run ") for line in lines)


def test_a_bar_without_standard_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr(sys, "stderr", None)
    KMeans(5, random_state=0, callback=ProgressBar()).fit(X)


def test_bars_are_copied_without_what_they_show(terminal):
    terminal()
    bar = ProgressBar(max)
    bar.begin("a step")
    for other in (copy.deepcopy(bar), pickle.loads(pickle.dumps(bar))):
        assert vars(other) == {"callback": max}
    bar.end_fit(True)


def test_import_of_mixclust_imports_nothing_for_watching(tmp_path):
    import subprocess

    code = (
        "import sys, mixclust; mixclust.KMeans(2).fit([[0.0], [1.0], [5.0]]).report_.to_dict();"
        "print([name for name in ('tqdm', 'sklearn', 'html', 'shutil') if name in sys.modules])"
    )
    command = [sys.executable, "-X", "utf8", "-c", f"import numpy, sys\n{code}"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "tqdm" not in found.stdout
    assert "sklearn" not in found.stdout
    assert "html" not in found.stdout
