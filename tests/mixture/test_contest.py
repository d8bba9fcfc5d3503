"""Runs from several starts in one call, and the sums and responsibilities that they leave."""

import numpy as np
import pytest
from support.samples import blobs

from mixclust import GaussianMixture
from mixclust._mixture.answers import largest, read_resp_and_log_prob
from mixclust._mixture.data import MixtureData
from mixclust._mixture.noise import NoiseBox
from mixclust._mixture.structures import structure_of
from mixclust.kernels.mixture.contest import Contest, merge_overlapping


def described(X, kind, weights=None):
    data = MixtureData(X, weights, structure_of(kind), 1)
    data.describe("auto")
    return data


def groups(n_groups, n_starts, n_rows=300):
    rng = np.random.default_rng(0)
    return [rng.integers(n_groups, size=n_rows).astype(np.int32) for _ in range(n_starts)]


@pytest.mark.parametrize("kind", ["full", "tied", "EVE", "VEE"])
def test_the_best_of_short_runs_goes_on(kind):
    X, starts = blobs(3, 300, 3, 4), groups(3, 4)
    data = described(X, kind)
    bounds = []
    for labels in starts:
        fitter = data.fitter(3)
        fitter.start(labels=labels)
        found, _, _ = fitter.run(4, 1e-9)
        more, _, _ = fitter.run(400, 1e-9, found)
        bounds.append((found[-1], more[-1], len(found) + len(more)))
    _, bound, n_iter = max(bounds)
    contest = Contest(data.fitter(3), 404, 1e-9)
    contest.take_starts(starts, 4)
    contest.run_best()
    assert contest.converged
    assert contest.n_collapsed == 0
    assert contest.bound == pytest.approx(bound, abs=1e-12)
    assert contest.n_iter == pytest.approx(n_iter, abs=2)


def test_a_run_beyond_an_end_is_better_by_the_gain():
    X, starts = blobs(3, 300, 3, 4), groups(3, 3)
    data = described(X, "full")
    contest = Contest(data.fitter(3), 500, 1e-8)
    contest.take_starts(starts)
    assert contest.run_beyond(0, -1e6, 0.0)
    best = contest.bound
    again = Contest(data.fitter(3), 500, 1e-8)
    again.take_starts(starts)
    assert not again.run_beyond(0, best, 1e-4)
    assert again.run_beyond(1, best, 1e-4)  # fewer collapsed components are better
    assert again.n_collapsed == 0


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["full", "tied", "diag", "VVE"])
def test_sums_are_the_ones_of_the_answers(kind, weighted):
    X = blobs(3, 300, 3, 4)
    weights = np.arange(300) % 4 / 2.0 if weighted else None
    data = described(X, kind, weights)
    contest = Contest(data.fitter(3), 50, 1e-6)
    contest.take_starts(groups(3, 2), 2)
    contest.run_best()
    answers, common = contest.answers()
    log_likelihood, certainty = answers.sums()
    resp, log_prob = read_resp_and_log_prob(data.scorer(data.parameters(contest.em)))
    weights = np.ones(300) if weights is None else weights
    assert log_likelihood + common == pytest.approx(weights @ log_prob, rel=1e-10)
    assert certainty == pytest.approx(weights @ np.log(largest(resp)), rel=1e-7, abs=1e-9)
    np.testing.assert_allclose(read_resp_and_log_prob(answers)[0], resp, atol=1e-9)


def test_sums_know_noise():
    X = np.vstack([blobs(2, 200, 2, 4), np.random.default_rng(1).uniform(-20, 20, (60, 2))])
    mixture = GaussianMixture(2, noise=True, random_state=0).fit(X)
    data = described(X, "full")
    parameters = mixture._parameters()
    assert isinstance(parameters.noise_box, NoiseBox)
    log_likelihood, certainty = data.scorer(parameters).sums()
    resp = mixture.predict_proba(X)
    assert log_likelihood == pytest.approx(mixture.score_samples(X).sum(), rel=1e-12)
    assert certainty == pytest.approx(np.log(resp.max(axis=1)).sum(), rel=1e-9)


@pytest.mark.parametrize("n_of_noise", [0, 1])
def test_the_pair_that_shares_most_rows_is_merged(n_of_noise):
    rng = np.random.default_rng(3)
    resp = rng.dirichlet(np.full(5 + n_of_noise, 0.3), size=200)
    shared = np.tril(resp[:, :5].T @ resp[:, :5], -1)
    i, j = np.unravel_index(shared.argmax(), shared.shape)
    merged = merge_overlapping(resp, 5)
    expected = resp.copy()
    expected[:, i] += expected[:, j]
    np.testing.assert_allclose(merged, np.delete(expected, j, axis=1), rtol=1e-15)
    with pytest.raises(ValueError, match="at least two components"):
        merge_overlapping(resp, 1)


def test_runs_need_starts():
    data = described(blobs(3, 300, 3, 4), "full")
    contest = Contest(data.fitter(3), 50, 1e-6)
    for run in (contest.run_best, lambda: contest.run_beyond(0, 0.0, 0.0)):
        with pytest.raises(ValueError, match="call take_starts first"):
            run()


@pytest.mark.parametrize("max_iter", [1, 2, 3, 5])
def test_runs_make_no_more_iterations_than_allowed(max_iter):
    X, starts = blobs(3, 300, 3, 4), groups(3, 3)
    data = described(X, "full")
    contest = Contest(data.fitter(3), max_iter, 0.0)
    contest.take_starts(starts, 3)
    contest.run_best()
    assert contest.n_iter == max_iter
    contest.run_beyond(0, -1e6, 0.0)
    assert contest.n_iter == max_iter
