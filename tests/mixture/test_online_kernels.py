"""`partial_fit`: the compiled kernel that is kept from one batch to the next changes no result."""

import copy
import gc
import pickle
import threading
import weakref

import numpy as np
import pytest
from support.samples import assert_same, blobs
from support.streams import BATCHES, OPTIONS, X, pass_on

from mixclust import GaussianMixture
from mixclust._mixture.kept_step import step_on
from mixclust._mixture.structures import covariance_types
from mixclust.kernels.mixture.online import find_middle
from mixclust.kernels.rows.dense_rows import DenseRows
from mixclust.kernels.rows.rows import Frame

SIZES = (300, 300, 100, 100, 1, 1, 100, 300)


def batches_of(X):
    return np.split(X[: sum(SIZES)], np.cumsum(SIZES)[:-1])


def kept_kernel(mixture):
    """The compiled EM that a mixture keeps, or None."""
    kept = getattr(mixture, "_kept", None)
    return kept[0].kernel.em if kept else None


def keep_nothing(monkeypatch):
    monkeypatch.setattr("mixclust._mixture.online.Online._take_kept", lambda self: None)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"noise": True},
        {"prior": "default"},
        {"forgetting_factor": 0.5, "on_collapse": "drop"},
        {"reg_covar": 0, "forgetting_factor": 1},
    ],
    ids=str,
)
@pytest.mark.parametrize("covariance_type", covariance_types())
def test_a_kept_kernel_changes_no_bit(covariance_type, options, monkeypatch):
    rows = blobs(0, 1202, 1 if covariance_type in ("E", "V") else 3, 3)
    options = options | {"covariance_type": covariance_type, "random_state": 0}
    weights = [np.arange(size) % 3 + 0.5 if size == 100 else None for size in SIZES]
    found = pass_on(GaussianMixture(3, **options), batches_of(rows), weights)
    keep_nothing(monkeypatch)
    expected = pass_on(GaussianMixture(3, **options), batches_of(rows), weights)
    assert_same(found, expected)


@pytest.mark.parametrize(
    ("options", "keeps"),
    [
        ({}, True),
        ({"covariance_type": "diag"}, True),
        ({"covariance_type": "VEE"}, True),
        ({"noise": True}, True),
        ({"covariance_type": "tied"}, False),
        ({"prior": "default"}, False),
    ],
    ids=str,
)
def test_batches_of_one_size_share_a_kernel(options, keeps):
    mixture = GaussianMixture(3, random_state=0, **options)
    kernels = [kept_kernel(mixture.partial_fit(batch)) for batch in np.split(X, 4)]
    assert all((kernel is not None) == keeps for kernel in kernels)
    assert all(kernel is kernels[0] for kernel in kernels)
    model = getattr(kernels[0], "model", None)
    other = kept_kernel(mixture.partial_fit(X[:50]))
    assert getattr(other, "model", None) is model
    assert other is not kernels[0] or not keeps


def test_large_kernels_are_not_kept(monkeypatch):
    monkeypatch.setattr("mixclust._mixture.stream.MAX_KEPT_NUMBERS", 400)
    assert kept_kernel(GaussianMixture(3, random_state=0).partial_fit(X[:50])) is None
    assert kept_kernel(GaussianMixture(2, random_state=0).partial_fit(X[:50])) is not None


@pytest.mark.parametrize("name", OPTIONS)
def test_copies_have_kernels_of_their_own(name):
    mixture = pass_on(GaussianMixture(3, random_state=0, **OPTIONS[name]), BATCHES)
    others = [copy.copy(mixture), copy.deepcopy(mixture), pickle.loads(pickle.dumps(mixture, 0))]
    assert all(kept_kernel(other) is None for other in others)
    for batch in (BATCHES[2], BATCHES[2], BATCHES[0]):
        pass_on(mixture, [batch])
        for other in others:
            assert_same(pass_on(other, [batch]), mixture)


@pytest.mark.parametrize("is_weighted", [True, False])
def test_a_batch_is_not_kept(is_weighted):
    mixture = GaussianMixture(3, random_state=0).partial_fit(X[:400])
    for _ in range(2):
        batch, weights = X[400:800].copy(), np.ones(400)
        alive = weakref.ref(batch), weakref.ref(weights)
        mixture.partial_fit(batch, sample_weight=weights if is_weighted else None)
        del batch, weights
        gc.collect()
        assert [one() for one in alive] == [None, None]


def test_attributes_that_were_changed_are_read():
    """In place, too: the parameters of the next step are those of the attributes."""
    found = pass_on(GaussianMixture(3, random_state=0), [X[:400], X[400:800]])
    expected = pickle.loads(pickle.dumps(found))
    for mixture in (found, expected):
        mixture.means_ = np.asfortranarray(mixture.means_)
        mixture.means_ += 0.25
        mixture.weights_ = np.array([0.5, 0.25, 0.25])
    assert kept_kernel(found) is not None
    for batch in (X[800:], X[:400]):
        assert_same(found.partial_fit(batch), expected.partial_fit(batch))


def test_options_that_were_replaced_are_checked_and_read():
    found, expected = (
        pass_on(GaussianMixture(3, random_state=0), [X[:400], X[400:800]]) for _ in range(2)
    )
    assert kept_kernel(found) is not None
    with pytest.raises(ValueError, match="learning_decay=2"):
        found.set_params(learning_decay=2).partial_fit(X[800:])
    with pytest.raises(TypeError, match="n_threads must be an int"):
        found.set_params(learning_decay=0.6, n_threads="2").partial_fit(X[800:])
    assert_same(
        found.set_params(n_threads=None, learning_decay=1).partial_fit(X[800:]),
        expected.set_params(learning_decay=1).partial_fit(X[800:]),
    )
    for mixture in (found, expected):
        mixture.forgetting_factor = 0.5
    assert_same(
        found.partial_fit(X[:400]), pickle.loads(pickle.dumps(expected)).partial_fit(X[:400])
    )


def test_another_stream_makes_another_kernel():
    """A fit begins another stream, of which floors differ."""
    mixture = pass_on(GaussianMixture(3, random_state=0), [X[:400], X[400:800]])
    kernel = kept_kernel(mixture)
    mixture.fit(10 * X).partial_fit(10 * X[:400])
    assert kept_kernel(mixture) is not kernel
    expected = GaussianMixture(3, random_state=0).fit(10 * X).partial_fit(10 * X[:400])
    assert_same(mixture, expected)


def test_a_kernel_is_taken_by_one_caller():
    mixture = pass_on(GaussianMixture(3, random_state=0), BATCHES)
    assert mixture._take_kept() is not None
    assert mixture._take_kept() is None


def test_a_kernel_refuses_numbers_that_do_not_fit():
    """It would read or write behind the end of arrays, or without rows."""
    em = kept_kernel(GaussianMixture(3, random_state=0).partial_fit(X[:400]))
    with pytest.raises(ValueError, match="a step needs a batch"):
        em.run(1, 0.0)
    frame, weights = Frame(np.zeros(3)), np.ones(400)
    for rows in (X[:399], X[:400, :2]):
        with pytest.raises(ValueError, match="the batch has another shape"):
            em.exchange(DenseRows(rows), frame, 400.0, None)
    em.exchange(DenseRows(X[:400], weights), frame, 400.0, None)
    n_numbers = 3 * (1 + 3 + 9)
    for sums, origins in ((n_numbers - 1, (3, 3)), (n_numbers, (3, 2)), (n_numbers, (2, 3))):
        with pytest.raises(ValueError, match="do not fit the model"):
            em.go_on_from(np.ones(sums), np.zeros(origins), 0.0, 1.0)
    with pytest.raises(ValueError, match="takes no labels"):
        em.sum_given(labels=np.zeros(400, dtype=np.int32))


def count_compiled_steps(monkeypatch):
    """The list that grows by one for each step that one compiled call makes."""
    made = []

    def count(*args):
        found = step_on(*args)
        if found is not None:
            made.append(found)
        return found

    monkeypatch.setattr("mixclust._mixture.online.step_on", count)
    return made


@pytest.mark.parametrize(
    ("options", "n_compiled"),
    [
        ({}, 3),
        ({"covariance_type": "spherical"}, 3),
        ({"covariance_type": "VEE"}, 3),
        ({"noise": True}, 0),
        ({"covariance_type": "tied"}, 0),
        ({"prior": "default"}, 0),
    ],
    ids=str,
)
def test_steps_that_are_alike_are_one_compiled_call(options, n_compiled, monkeypatch):
    made = count_compiled_steps(monkeypatch)
    mixture = pass_on(GaussianMixture(3, random_state=0, **options), np.split(X, 4))
    assert len(made) == n_compiled
    made.clear()
    size = len(X) // 4
    mixture.partial_fit(X[:size], sample_weight=np.ones(size))
    mixture.partial_fit(X[: size - 1])
    mixture.means_ = mixture.means_.copy()
    mixture.partial_fit(X[: size - 1])
    assert not made


@pytest.mark.parametrize("policy", ["floor", "restart", "drop"])
def test_components_that_collapse_in_a_compiled_call(policy, monkeypatch):
    """Two batches of one point: the component there collapses, again and again."""
    batches = [X[:400], X[400:800], *[np.vstack([X[:390], np.full((10, 3), 40.0)])] * 3]
    start = {"means_init": [X[0], X[1], [40.0, 40.0, 40.0]], "on_collapse": policy}
    made = count_compiled_steps(monkeypatch)
    found = pass_on(GaussianMixture(3, random_state=0, **start), batches)
    assert made
    keep_nothing(monkeypatch)
    assert_same(found, pass_on(GaussianMixture(3, random_state=0, **start), batches))


@pytest.mark.parametrize("name", ["weights_", "means_", "covariances_", "precisions_cholesky_"])
def test_parameters_that_are_not_finite_are_named(name):
    mixture = pass_on(GaussianMixture(3, random_state=0), [X[:400], X[400:800]])
    getattr(mixture, name)[0] = np.nan
    with pytest.raises(ValueError, match=f"{name} holds NaN"):
        mixture.partial_fit(X[:400])


def test_a_compiled_step_refuses_numbers_that_do_not_fit():
    mixture = GaussianMixture(3, random_state=0).partial_fit(X[:400])
    em, state = kept_kernel(mixture), mixture._stream
    good = [mixture.weights_, mixture.means_, np.ones(27), np.ones(27), state]
    bad = [np.ones(2), np.zeros((3, 2)), np.ones(26), np.ones(28), state[:20]]
    for i, other in enumerate(bad):
        arguments = [*good[:i], other, *good[i + 1 :]]
        with pytest.raises(ValueError, match="do not fit the model"):
            em.step(DenseRows(X[:400]), None, 0.5, *arguments)
    with pytest.raises(ValueError, match="differ in their number"):
        find_middle(np.ones(2), np.zeros((3, 2)))


def test_threads_that_pass_batches_to_one_mixture():
    """Which steps count is not defined, but the numbers are those of a mixture."""
    mixture = pass_on(GaussianMixture(3, random_state=0, forgetting_factor=1), np.split(X, 3))
    errors = []

    def work():
        try:
            for _ in range(50):
                mixture.partial_fit(X[:400])
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert np.isfinite(mixture.means_).all()
    np.testing.assert_allclose(mixture.weights_.sum(), 1)
