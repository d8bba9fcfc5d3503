"""Callbacks of scikit-learn 1.9: the tasks that they see, how they end a run, their errors."""

import copy
import pickle
import sys

import numpy as np
import pytest
from support.samples import blobs, fitted_hash, quiet_fit

from mixclust import (
    GaussianMixture,
    GaussianMixtureIC,
    KMeans,
    MiniBatchKMeans,
    MixtureClassifier,
    MixtureImputer,
)

X = blobs(0, 400, 3, 4)
Y = (X[:, 0] > 0).astype(int)

ESTIMATORS = {
    "KMeans": KMeans(4, n_init=2, random_state=0),
    "KMeans, refined": KMeans(6, refine="breathing", random_state=0),
    "MiniBatchKMeans": MiniBatchKMeans(4, random_state=0, max_iter=3),
    "GaussianMixture": GaussianMixture(3, n_init=2, random_state=0),
    "GaussianMixtureIC": GaussianMixtureIC((1, 2), covariance_type="full", random_state=0),
    "MixtureClassifier": MixtureClassifier(2, random_state=0),
    "MixtureClassifier, apart": MixtureClassifier(
        2, covariance_type={0: "diag", 1: "full"}, random_state=0
    ),
    "MixtureImputer": MixtureImputer(2, random_state=0),
}


@pytest.fixture(params=ESTIMATORS)
def estimator(request):
    return copy.deepcopy(ESTIMATORS[request.param])


@pytest.fixture
def callbacks():
    return pytest.importorskip("sklearn.callback", reason="scikit-learn 1.9 or later has callbacks")


def fit(estimator, rows=X):
    y = Y[: len(rows)] if isinstance(estimator, MixtureClassifier) else None
    return quiet_fit(estimator, rows, y=y)


class Recorder:
    """A callback that keeps the tasks that it sees; it may raise an error, or end runs."""

    def __init__(self, error_at=None, stops=()):
        self.told, self.estimators, self.error_at, self.stops = [], [], error_at, stops

    def _tell(self, event, context):
        self.told.append((event, context.task_name, context.max_subtasks))
        if len(self.told) == self.error_at:
            raise KeyboardInterrupt

    def setup(self, estimator, context):
        self._tell("setup", context)

    def teardown(self, estimator, context):
        self.told.append(("teardown", context.task_name, context.max_subtasks))

    def on_fit_task_begin(self, estimator, context, *, X, metadata):
        self.rows, self.metadata = X, metadata
        self._tell("begin", context)

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self._tell("end", context)
        self.estimators.append((context.task_name, fitted_estimator))
        return context.task_name in self.stops

    def count(self, event, name):
        return sum(told[:2] == (event, name) for told in self.told)


def test_tasks_are_a_tree(callbacks, estimator):
    recorder = Recorder()
    expected = fitted_hash(fit(copy.deepcopy(estimator)))
    assert estimator.set_callbacks(recorder) is estimator
    assert fitted_hash(fit(estimator)) == expected
    told = [task[:2] for task in recorder.told]
    assert told[:2] == [("setup", "fit"), ("begin", "fit")]
    assert told[-2:] == [("end", "fit"), ("teardown", "fit")]
    stack = []
    for event, name in told[1:-1]:
        if event == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert not stack
    assert recorder.rows is X
    assert not {"_fit_tasks", "_callback_fit_ctx"} & vars(estimator).keys()


def test_runs_starts_and_iterations(callbacks):
    recorder = Recorder()
    kmeans = KMeans(4, n_init=3, random_state=0, max_iter=50).set_callbacks(recorder)
    kmeans.fit(X, sample_weight=np.ones(400))
    assert recorder.metadata.keys() == {"sample_weight"}
    assert recorder.told[1] == ("begin", "fit", 3)
    assert recorder.told[2] == ("begin", "run", 51)
    assert recorder.count("end", "run") == recorder.count("end", "start") == 3
    found = [at for name, at in recorder.estimators if name == "iteration" and at is not None]
    scores = [at.score(X) for at in found]
    assert max(scores) <= kmeans.score(X) + 1e-9
    assert isinstance(found[0], KMeans)
    assert recorder.estimators[-1][1].inertia_ == kmeans.inertia_


@pytest.mark.parametrize("noise", [False, True])
def test_fitted_mixtures_at_each_iteration(callbacks, noise):
    recorder = Recorder()
    start = {"means_init": X[:3], "max_iter": 4, "tol": 0.0, "noise": noise}
    mixture = quiet_fit(GaussianMixture(3, **start).set_callbacks(recorder), X)
    found = [at for name, at in recorder.estimators if name == "iteration"]
    assert len(found) == 4
    for n_iter, at in enumerate(found, 1):
        expected = quiet_fit(GaussianMixture(3, **start | {"max_iter": n_iter}), X)
        np.testing.assert_array_equal(at.predict_proba(X), expected.predict_proba(X))
    assert found[-1].bic(X) == mixture.bic(X)


@pytest.mark.parametrize("name", ["KMeans", "GaussianMixture", "MiniBatchKMeans"])
@pytest.mark.parametrize("task", ["start", "iteration"])
def test_a_callback_ends_runs(callbacks, name, task):
    estimator = copy.deepcopy(ESTIMATORS[name])
    recorder = Recorder(stops=(task,))
    fit(estimator.set_callbacks(recorder))
    n_runs = recorder.count("end", "run")
    assert recorder.count("begin", "iteration") in (n_runs, 0)


def test_a_callback_ends_a_search(callbacks):
    recorder = Recorder(stops=("first fits",))
    search = copy.deepcopy(ESTIMATORS["GaussianMixtureIC"]).set_callbacks(recorder).fit(X)
    assert recorder.count("end", "exchange") == 0
    assert "by the callback" in repr(search.report_)


def test_an_error_leaves_the_estimator_as_it_was(callbacks, estimator):
    everything = Recorder()
    fit(estimator.set_callbacks(everything))
    before = dict(vars(estimator))
    n_told = len(everything.told) - 1  # but for teardown
    for number in {1, 2, 3, n_told // 2, n_told - 1, n_told}:
        failing = Recorder(error_at=number)
        before["_skl_callbacks"] = [failing]
        estimator.set_callbacks(failing)
        with pytest.raises(KeyboardInterrupt):
            fit(estimator, X[:300] if number == 1 else X)
        assert vars(estimator) == before
        assert failing.count("teardown", "fit") == 1


def test_an_error_before_the_first_task_sets_nothing_up(callbacks):
    recorder = Recorder()
    with pytest.raises(ValueError, match="n_clusters"):
        KMeans(0).set_callbacks(recorder).fit(X)
    assert recorder.told == []


def test_callbacks_are_cloned_pickled_and_removed(callbacks):
    from sklearn.base import clone

    recorder = Recorder()
    kmeans = KMeans(4, random_state=0).set_callbacks(recorder).fit(X)
    cloned = clone(kmeans)
    cloned.fit(X)
    assert recorder.count("setup", "fit") == 2
    assert len(pickle.loads(pickle.dumps(kmeans))._skl_callbacks) == 1
    kmeans.set_callbacks().fit(X)
    assert recorder.count("setup", "fit") == 2
    with pytest.raises(TypeError, match="callback"):
        kmeans.set_callbacks(print)


def test_callbacks_are_not_saved(callbacks, tmp_path):
    kmeans = KMeans(4, random_state=0).set_callbacks(Recorder()).fit(X)
    kmeans.save(tmp_path / "kmeans")
    assert "_skl_callbacks" not in vars(KMeans.load(tmp_path / "kmeans"))


def test_callbacks_of_a_pipeline_reach_the_estimator(callbacks):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    class Everywhere(Recorder):
        max_propagation_depth = None

    recorder = Everywhere()
    pipeline = make_pipeline(StandardScaler(), KMeans(4, n_init=2, random_state=0))
    pipeline.set_callbacks(recorder).fit(X)
    assert recorder.count("begin", "run") == 2
    assert recorder.count("setup", "fit") == recorder.count("teardown", "fit") == 1
    assert "_skl_callbacks" not in vars(pipeline[-1])


def test_the_scores_of_scikit_learns_monitor(callbacks):
    """It needs a y, even if the scores need none."""
    monitor = callbacks.ScoringMonitor(scoring={"nats": lambda found, X, y: found.score(X)})
    mixture = GaussianMixture(3, random_state=0).set_callbacks(monitor).fit(X, Y)
    scores = [row["nats"] for row in monitor.get_logs().data if row["task_name"] == "iteration"]
    assert len(scores) == mixture.n_iter_
    assert scores[-1] == pytest.approx(mixture.score(X))


def test_verbose_and_callback_go_along(callbacks, capsys):
    recorder, seen = Recorder(), []
    kmeans = KMeans(4, random_state=0, verbose=1, callback=seen.append).set_callbacks(recorder)
    kmeans.fit(X)
    assert "Iteration 0" in capsys.readouterr().out
    assert sum(state.phase == "iterations" for state in seen) == kmeans.n_iter_


def test_older_versions_have_no_callbacks(monkeypatch):
    sklearn = pytest.importorskip("sklearn")
    monkeypatch.setitem(sys.modules, "sklearn.callback", None)
    with pytest.raises(ImportError, match=rf"1\.9 or later, and version {sklearn.__version__} is"):
        KMeans(2).set_callbacks()
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match="and scikit-learn is not installed; install it"):
        KMeans(2).set_callbacks()
    KMeans(2, random_state=0).fit(X)
