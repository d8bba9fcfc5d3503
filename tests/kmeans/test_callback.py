"""The callback of KMeans: its arguments, how it ends a run, and its errors."""

import numpy as np
import pytest
from support.samples import blobs

from mixclust import KMeans, kmeans_plusplus

X = blobs(0, 3000, 4, 6)


@pytest.mark.parametrize("algorithm", ["lloyd", "auto", "elkan"])
def test_callback_sees_every_iteration(algorithm):
    states = []
    kmeans = KMeans(30, algorithm=algorithm, random_state=0, callback=states.append).fit(X)
    assert [state.iteration for state in states] == list(range(kmeans.n_iter_ + 1))
    assert {state.init for state in states} == {0}
    seeded = states.pop(0)
    assert seeded.phase == "start"
    assert np.isnan([seeded.inertia, seeded.center_shift]).all()
    centers, _ = kmeans_plusplus(X, 30, random_state=0)
    np.testing.assert_array_equal(seeded.centers(), centers)
    inertias = [state.inertia for state in states]
    assert inertias == sorted(inertias, reverse=True)
    assert kmeans.inertia_ <= inertias[-1] * (1 + 1e-12)
    assert all(state.center_shift >= 0 for state in states)
    np.testing.assert_allclose(states[-1].centers(), kmeans.cluster_centers_, rtol=1e-12)


def test_callback_changes_nothing_and_numbers_the_runs():
    inits = []
    watched = KMeans(
        8, n_init=3, random_state=0, callback=lambda state: inits.append(state.init)
    ).fit(X)
    alone = KMeans(8, n_init=3, random_state=0).fit(X)
    assert sorted(set(inits)) == [0, 1, 2]
    assert watched.cluster_centers_.tobytes() == alone.cluster_centers_.tobytes()
    assert watched.labels_.tobytes() == alone.labels_.tobytes()


@pytest.mark.parametrize("stop", [1, 2, 5])
def test_callback_ends_the_run_and_all_agrees(stop):
    kmeans = KMeans(40, tol=0, random_state=0, callback=lambda state: state.iteration == stop).fit(
        X
    )
    assert kmeans.n_iter_ == stop
    np.testing.assert_array_equal(kmeans.predict(X), kmeans.labels_)
    short = KMeans(40, tol=0, max_iter=stop, random_state=0).fit(X)
    np.testing.assert_allclose(kmeans.cluster_centers_, short.cluster_centers_, rtol=1e-12)
    assert kmeans.inertia_ == pytest.approx(short.inertia_, rel=1e-12)


def test_error_in_a_callback_leaves_the_estimator_as_it_was():
    kmeans = KMeans(5, random_state=0).fit(X)
    before = kmeans.cluster_centers_

    def fail(state):
        state.centers()[:] = np.nan  # a copy
        raise RuntimeError("enough")

    kmeans.set_params(callback=fail)
    with pytest.raises(RuntimeError, match="enough"):
        kmeans.fit(X[:100])
    assert kmeans.cluster_centers_ is before
    assert len(kmeans.labels_) == len(X)


def test_callback_that_cannot_be_called_is_refused():
    with pytest.raises(TypeError, match=r"^callback=3 cannot be called; pass a function of one"):
        KMeans(2, callback=3).fit(X)
