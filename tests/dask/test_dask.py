"""Fits over Dask on real worker processes: bits, faults, lazy answers, bad input."""

import os
import pickle
import signal
import threading

import numpy as np
import pytest

pytest.importorskip("dask.array")
pytest.importorskip("distributed")

import dask
import dask.array as da
from dask.distributed import Client, LocalCluster, wait
from sklearn.base import clone

import mixclust
from mixclust._kmeans import parted
from mixclust.dask import GaussianMixture, KMeans, _parts
from mixclust.dask._parts import DaskParts
from mixclust.dask._schedulers import LocalScheduler

SECONDS = 60
ESTIMATORS = {
    "kmeans": lambda **options: KMeans(4, n_init=1, random_state=0, tol=0, max_iter=8, **options),
    "mixture": lambda **options: GaussianMixture(3, means_init=X[:3], tol=1e-3, **options),
}


def rows_and_weights(n_rows=3000, n_features=3):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_features)) + 4 * rng.integers(0, 3, size=(n_rows, 1))
    return X, rng.uniform(0.5, 2, size=n_rows)


X, WEIGHTS = rows_and_weights()


def start_cluster(n_workers, threads_per_worker=1, **options):
    return LocalCluster(
        n_workers=n_workers,
        threads_per_worker=threads_per_worker,
        dashboard_address=":0",
        silence_logs=50,
        **options,
    )


@pytest.fixture(autouse=True)
def limited():
    """End a test that hangs."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def end(signum, frame):
        raise TimeoutError(f"a test took more than {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def small_samples(monkeypatch):
    """Samples of fewer rows than there are, so that k-means draws its rows in a pass."""
    monkeypatch.setattr(parted, "MIN_SAMPLE_ROWS", 500)


@pytest.fixture(scope="module")
def client():
    with start_cluster(2) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture
def rows(client):
    return da.from_array(X, chunks=(250, -1))


def bits(estimator):
    """The fitted numbers as bytes."""
    names = ("cluster_centers_", "inertia_", "weights_", "means_", "covariances_", "lower_bound_")
    found = [getattr(estimator, name, None) for name in names]
    return [np.asarray(value).tobytes() for value in found if value is not None]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_bits_depend_on_partitions_alone(name, rows):
    """Two processes, three threads of one process, and schedulers within this process agree."""
    make = ESTIMATORS[name]
    expected = bits(make().fit(rows, sample_weight=WEIGHTS))
    local = da.from_array(X, chunks=(250, -1))
    with (
        start_cluster(1, 3, processes=False) as cluster,
        Client(cluster, set_as_default=False) as other,
    ):
        assert bits(make(client=other).fit(local, sample_weight=WEIGHTS)) == expected
    for scheduler in (LocalScheduler(), ReversedScheduler()):
        parts = DaskParts(local, WEIGHTS, scheduler, 2)
        assert bits(make()._to_plain(fitted=False).fit(parts)) == expected


class ReversedScheduler(LocalScheduler):
    """Computes steps from the last to the first, and then the sum."""

    def compute(self, values, steps=(), done=None, n_bytes=0):
        with dask.config.set(scheduler="sync"):
            for step in reversed(steps):
                step.compute()
            return super().compute(values, steps, done, n_bytes)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_fit_equals_the_fit_to_chunks(name, rows):
    """Twelve partitions are added one by one, as chunks are."""
    pieces = [X[i : i + 250] for i in range(0, len(X), 250)]
    found = ESTIMATORS[name]().fit(rows)
    plain = found._to_plain(fitted=False).fit(mixclust.chunks(pieces))
    assert bits(found) == bits(plain)


def test_frozen_centers_stay(rows):
    frozen = np.array([[0.5, 0.5, 0.5], [99.0, 99.0, 99.0]])
    kmeans = KMeans(5, frozen_centers=frozen, random_state=0).fit(rows)
    assert np.array_equal(kmeans.cluster_centers_[:2], frozen)
    assert np.array_equal(kmeans.to_local().frozen_centers, frozen)
    assert np.bincount(kmeans.labels_.compute(), minlength=5)[1] == 0


def test_many_partitions_are_added_in_groups(client):
    """More partitions than a group, in one order or another of finishing, give the same bits."""
    rows = da.from_array(X, chunks=(25, -1))
    mixture = ESTIMATORS["mixture"]().fit(rows)
    assert bits(ESTIMATORS["mixture"]().fit(rows.persist())) == bits(mixture)
    plain = mixture._to_plain(fitted=False).fit(mixclust.chunks([X]))
    assert np.allclose(mixture.means_, plain.means_, rtol=1e-6)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_tasks_of_several_partitions_change_no_bit(name, client, monkeypatch):
    """Where workers hold the rows, a pass is a task for each; also if requests and sums are large,
    and sums are added in groups of groups."""
    rows = da.from_array(X, chunks=(200, -1))
    n_tasks = []
    cut = _parts.cut_bundles

    def count(*args):
        bundles = cut(*args)
        n_tasks.append(len(bundles))
        return bundles

    monkeypatch.setattr(_parts, "cut_bundles", count)
    monkeypatch.setattr(_parts, "MAX_IN_GROUP", 3)
    expected = bits(ESTIMATORS[name]().fit(rows, sample_weight=WEIGHTS))
    assert not n_tasks
    held = rows.persist()
    wait(held)  # until workers hold it
    assert bits(ESTIMATORS[name]().fit(held, sample_weight=WEIGHTS)) == expected
    assert 5 <= min(n_tasks) <= 10
    monkeypatch.setattr(_parts, "MAX_BYTES_OF_LAST", 1)
    monkeypatch.setattr(_parts, "MAX_BYTES_IN_TASKS", 1)
    assert bits(ESTIMATORS[name]().fit(held, sample_weight=WEIGHTS)) == expected


def test_killed_workers_change_no_bit():
    """SIGKILL in the middle of a fit: the partitions of the worker are computed again."""
    with start_cluster(3) as cluster, Client(cluster) as client:
        rows = da.from_array(X, chunks=(250, -1)).persist()
        killed = []

        def kill():
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[-1], signal.SIGKILL)

        def kill_between_passes(state):
            if state.iteration == 3:
                kill()

        def kill_within_a_pass(number):
            def kill_in_it(state):
                if (state.pass_number, state.chunks_done) == (number, 2):
                    kill()

            return kill_in_it

        hooks = [
            ("kmeans", {"progress": kill_within_a_pass(2)}),  # which draws rows
            ("kmeans", {"callback": kill_between_passes}),
            ("mixture", {"progress": kill_within_a_pass(4)}),
        ]
        expected = {name: bits(make().fit(rows)) for name, make in ESTIMATORS.items()}
        for n_killed, (name, hook) in enumerate(hooks, 1):
            assert bits(ESTIMATORS[name](**hook).fit(rows)) == expected[name]
            assert len(killed) == n_killed


def n_own_tasks(client):
    names = (
        "survey_part",
        "draw_part",
        "expect_part",
        "add_part",
        "add-",
        "request-",
        "count_rows",
    )

    def count(dask_scheduler):
        return sum(any(name in str(key) for name in names) for key in dask_scheduler.tasks)

    return client.run_on_scheduler(count)


def wait_until(condition):
    for _ in range(200):
        if condition():
            return True
        threading.Event().wait(0.05)
    return False


def test_nan_names_partition_and_row(client, rows):
    broken = X.copy()
    broken[517, 1] = np.nan
    mixture = ESTIMATORS["mixture"]().fit(rows)
    before = bits(mixture)
    with pytest.raises(ValueError, match=r"NaN in partition 2 \(rows 500 to 749\), at row 517"):
        mixture.fit(da.from_array(broken, chunks=(250, -1)))
    assert bits(mixture) == before
    assert wait_until(lambda: n_own_tasks(client) == 0)


def test_an_error_in_a_callback_leaves_nothing_behind(client, rows):
    def stop(state):
        raise KeyboardInterrupt

    for options in ({"callback": stop}, {"progress": stop}):
        kmeans = ESTIMATORS["kmeans"](**options)
        with pytest.raises(KeyboardInterrupt):
            kmeans.fit(rows)
        assert not hasattr(kmeans, "n_features_in_")
        assert wait_until(lambda: n_own_tasks(client) == 0)


def test_ctrl_c_cancels_the_tasks(client, rows):
    def slow(block):  # within the test, so that it is sent by value: workers lack this module
        threading.Event().wait(0.05)
        return block

    slow_rows = rows.map_blocks(slow, dtype=rows.dtype)
    kmeans = ESTIMATORS["kmeans"]()
    timer = threading.Timer(0.5, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        kmeans.fit(slow_rows)
    timer.join()
    assert not hasattr(kmeans, "n_features_in_")
    assert wait_until(lambda: n_own_tasks(client) == 0)
    kmeans.fit(rows)


def test_answers_are_lazy_and_equal_the_local_ones(rows):
    rows = rows.astype(np.float32)
    values = X.astype(np.float32)
    kmeans = ESTIMATORS["kmeans"]().fit(rows)
    mixture = GaussianMixture(3, means_init=X[:3], tol=0.01, noise=True).fit(rows)
    cases = [(kmeans, ("predict", "transform"))]
    cases += [(mixture, ("predict", "predict_proba", "score_samples", "uncertainty", "entropy"))]
    for estimator, methods in cases:
        local = estimator.to_local()
        for method in methods:
            lazy, expected = getattr(estimator, method)(rows), getattr(local, method)(values)
            assert isinstance(lazy, da.Array)
            assert (lazy.shape, lazy.dtype) == (expected.shape, expected.dtype)
            found = lazy.compute()
            assert found.dtype == expected.dtype
            assert np.array_equal(found, expected)
    assert np.array_equal(kmeans.labels_.compute(), kmeans.to_local().predict(values))
    assert kmeans.score(rows) == pytest.approx(kmeans.to_local().score(values))
    for criterion in ("score", "bic", "aic", "icl"):
        expected = getattr(mixture.to_local(), criterion)(values)
        assert getattr(mixture, criterion)(rows) == pytest.approx(expected)
    weighted = mixture.to_local().score(values, sample_weight=WEIGHTS)
    assert mixture.score(rows, sample_weight=WEIGHTS) == pytest.approx(weighted)
    drawn, _ = mixture.sample(10, random_state=0)
    assert np.array_equal(drawn, mixture.to_local().sample(10, random_state=0)[0])
    assert mixture.fit_predict(rows).dtype == kmeans.fit_predict(rows).dtype == np.int32
    assert kmeans.fit_transform(rows).shape == (3000, 4)


def test_unknown_and_empty_partitions(client):
    """Rows that a filter leaves, with two partitions empty, as if they were given at once."""
    keep = np.ones(3000, dtype=bool)
    keep[:250] = keep[500:750] = False
    keep[1000:1100] = False
    filtered = da.from_array(X, chunks=(250, -1))[da.from_array(keep, chunks=250)]
    weights = da.from_array(WEIGHTS, chunks=250)[da.from_array(keep, chunks=250)]
    assert np.isnan(filtered.shape[0])
    bounds = [(lo, lo + 250) for lo in range(0, 3000, 250)]
    pieces = [X[lo:hi][keep[lo:hi]] for lo, hi in bounds]
    known = da.concatenate(
        [da.from_array(piece, chunks=(-1, -1)) for piece in pieces if len(piece)]
    )
    for make in ESTIMATORS.values():
        found = make().fit(filtered, sample_weight=weights)
        assert bits(found) == bits(make().fit(known, sample_weight=WEIGHTS[keep]))
        labels = found.predict(filtered)
        assert np.isnan(labels.shape[0])
        assert np.array_equal(labels.compute(), found.to_local().predict(X[keep]))


@pytest.mark.parametrize("cut", [700, (0, 100, 0, 2900)])
def test_weights_that_are_cut_otherwise(cut, rows):
    make = ESTIMATORS["kmeans"]
    expected = bits(make().fit(rows, sample_weight=WEIGHTS))
    weights = da.from_array(WEIGHTS, chunks=(cut,) if isinstance(cut, tuple) else cut)
    assert bits(make().fit(rows, sample_weight=weights)) == expected
    unknown = weights[weights > 0]
    assert bits(make().fit(rows, sample_weight=unknown)) == expected


def test_dataframes(client):
    pd = pytest.importorskip("pandas")
    dd = pytest.importorskip("dask.dataframe")
    table = pd.DataFrame(X, columns=["a", "b", "c"]).assign(w=WEIGHTS)
    frame = dd.from_pandas(table, npartitions=12)
    found = GaussianMixture(3, random_state=0).fit(frame[["a", "b", "c"]], sample_weight=frame["w"])
    assert list(found.feature_names_in_) == ["a", "b", "c"]
    array = da.from_array(X, chunks=(250, -1))
    other = GaussianMixture(3, random_state=0).fit(array, sample_weight=WEIGHTS)
    assert bits(found) == bits(other)
    labels = found.predict(frame[["a", "b", "c"]])
    assert isinstance(labels, da.Array)
    assert np.array_equal(labels.compute(), found.to_local().predict(table[["a", "b", "c"]]))
    assert found.predict_proba(frame[["a", "b", "c"]]).dtype == np.float64
    with pytest.raises(ValueError, match="feature names should match"):
        found.predict(frame[["b", "a", "c"]])
    text = dd.from_pandas(table.assign(a="x"), npartitions=3)
    with pytest.raises((TypeError, ValueError), match="column 'a'"):
        KMeans(2).fit(text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda block: block[:, :2], "partition 3 of X has 2 columns, but X says 3"),
        (lambda block: block.astype(float), "partition 3 of X has dtype float64, but X says float"),
        (lambda block: block[:10], "partition 3 of X has 10 rows now, but had 250"),
    ],
)
def test_partitions_unlike_the_collection(change, message, client):
    def apply(block, block_info=None):
        return change(block) if block_info[0]["chunk-location"][0] == 3 else block

    rows = da.from_array(X.astype(np.float32), chunks=(250, -1))
    rows = rows.map_blocks(apply, dtype=np.float32, meta=np.empty((0, 3), np.float32))
    with pytest.raises(ValueError, match=message):
        KMeans(2).fit(rows)


def test_refusals(rows, client):
    cases = [
        (rows.rechunk((250, 2)), {}, ValueError, r"X\.rechunk\(\{1: -1\}\)"),
        (X, {}, TypeError, r"dask\.array\.from_array\(X"),
        (rows[:, 0], {}, ValueError, "2 dimensions"),
        (rows[:0], {}, ValueError, "0 sample"),
        (rows.astype(complex), {}, ValueError, "[Cc]omplex"),
        (dask.delayed(X), {}, TypeError, "from_delayed"),
        (rows, {"sample_weight": WEIGHTS[:5]}, ValueError, "sample_weight"),
        (rows, {"sample_weight": rows}, ValueError, "1 dimension"),
        (rows, {"sample_weight": rows[:100, 0]}, ValueError, "100 rows, but X has 3000"),
        (
            rows,
            {"sample_weight": rows[:, 0]},
            ValueError,
            r"sample_weight of partition \d+ .* holds -",
        ),
        (rows, {"sample_weight": dask.delayed(X)}, TypeError, "sample_weight must be"),
    ]
    for given, options, error, message in cases:
        with pytest.raises(error, match=message):
            KMeans(2).fit(given, **options)
    for options, message in (
        ({"client": "x"}, "client='x'"),
        ({"progress": 3}, "progress=3"),
        ({"n_threads": 0}, "n_threads"),
        ({"refine": "breathing"}, "refine"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            KMeans(2, **options).fit(rows)
    with pytest.raises(mixclust.NotFittedError):
        KMeans(2).predict(rows)
    kmeans = ESTIMATORS["kmeans"]().fit(rows)
    with pytest.raises(ValueError, match="2 features"):
        kmeans.predict(rows[:, :2])
    with pytest.raises(TypeError, match="from_array"):
        kmeans.predict(X)
    closed = Client(client.scheduler.address, set_as_default=False)
    closed.close()
    with pytest.raises(ValueError, match="closed"):
        KMeans(2, client=closed).fit(rows)


def test_parameters_clones_and_pickles(client, rows, tmp_path):
    for make, plain in zip(
        ESTIMATORS.values(), (mixclust.KMeans, mixclust.GaussianMixture), strict=True
    ):
        estimator = make(client=client).fit(rows)
        own = {"client", "progress"}
        assert set(estimator.get_params()) - own == set(plain().get_params())
        params = inspect_defaults(type(estimator))
        assert {name: params[name] for name in inspect_defaults(plain)} == inspect_defaults(plain)
        assert repr(clone(make(client=client))) == repr(make(client=client))
        loaded = pickle.loads(pickle.dumps(estimator))
        assert loaded.client is None
        assert bits(loaded) == bits(estimator)
        assert not hasattr(loaded, "labels_")
        assert np.array_equal(loaded.predict(rows).compute(), estimator.predict(rows).compute())
        local = estimator.to_local()
        assert type(local) is plain
        assert bits(local) == bits(estimator)
        estimator.set_params(random_state=0)
        estimator.save(tmp_path / "model")
        assert bits(type(estimator).load(tmp_path / "model")) == bits(estimator)
        assert bits(plain.load(tmp_path / "model")) == bits(estimator)
        assert type(estimator.to_sklearn()).__module__.startswith("sklearn")
        for name in plain().get_params():
            assert f"{name} :" in type(estimator).__doc__, name


def inspect_defaults(cls):
    return {name: repr(value) for name, value in cls().get_params().items()}


def test_progress_tells_of_every_partition(rows):
    states = []
    ESTIMATORS["kmeans"](progress=states.append).fit(rows)
    first = [state for state in states if state.pass_number == 1]
    assert [state.chunks_done for state in first] == list(range(1, 13))
    assert {state.n_chunks for state in first} == {12}
    assert [first[-1].rows_done, first[-1].n_rows, first[-1].seconds_left] == [3000, 3000, 0]
    with dask.config.set(scheduler="sync"):
        local = []
        ESTIMATORS["kmeans"](progress=local.append).fit(rows)
    assert len(local) == len(states)


def test_a_warm_start_goes_on(rows):
    options = {"means_init": X[:3], "warm_start": True, "max_iter": 2, "tol": 0}
    mixture = GaussianMixture(3, **options)
    bounds = []
    for _ in range(2):
        with pytest.warns(mixclust.ConvergenceWarning):
            bounds.append(mixture.fit(rows).lower_bound_)
    assert bounds[1] > bounds[0] + 1e-3


def test_a_fit_keeps_no_copy_of_the_rows(client, rows):
    rows = rows.persist()
    KMeans(2, random_state=0).fit(rows, sample_weight=WEIGHTS)

    def kept():
        return {str(key) for keys in client.has_what().values() for key in keys}

    wanted = {str(key) for key in rows.__dask_keys__() for key in key}
    assert wait_until(lambda: kept() <= wanted)


def test_importing_mixclust_imports_no_dask():
    import subprocess
    import sys

    code = "import sys, mixclust; assert not {'dask', 'distributed'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_reports_and_states(client, rows, tmp_path):
    seen = []
    kmeans = ESTIMATORS["kmeans"](callback=seen.append).fit(rows)
    assert {state.phase for state in seen} == {"start", "iterations"}
    counts = np.bincount(kmeans.labels_.compute(), minlength=4)
    np.testing.assert_array_equal(kmeans.report_.sizes, counts)
    mixture = ESTIMATORS["mixture"]().fit(rows)
    assert mixture.report_.icl is None
    gap = mixture.report_.bic - mixture.to_local().bic(X)
    assert -1e-6 <= gap < 2 * mixture.tol * len(X)
    mixture.save(tmp_path / "mixture")
    loaded = GaussianMixture.load(tmp_path / "mixture")
    assert loaded.report_.to_dict() == mixture.report_.to_dict()
    assert clone(kmeans.set_params(callback=None)).fit(rows).report_.sizes.sum() == len(X)


def test_callbacks_of_scikit_learn(client, rows):
    pytest.importorskip("sklearn.callback", reason="scikit-learn 1.9 or later has callbacks")

    class Recorder:
        def __init__(self):
            self.names = []

        def setup(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            self.names.append("teardown")

        def on_fit_task_begin(self, estimator, context):
            self.names.append(context.task_name)

        def on_fit_task_end(self, estimator, context):
            pass

    recorder = Recorder()
    for make in ESTIMATORS.values():
        clone(make().set_callbacks(recorder)).fit(rows)
        assert recorder.names[:4] == ["fit", "run", "start", "iteration"]
        assert recorder.names[-1] == "teardown"
        recorder.names.clear()
