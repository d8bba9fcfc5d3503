"""Chunks given to estimators: progress of fits, places of answers, and refusals."""

import time

import numpy as np
import pytest

import mixclust


@pytest.mark.parametrize("name", ["KMeans", "GaussianMixture"])
def test_progress_counts_the_passes_of_a_fit(name):
    X = np.random.default_rng(0).normal(size=(300, 2)) + [[0], [9], [-9]] * 100
    states = []
    rows = mixclust.chunks(X, chunk_rows=100, progress=states.append)
    for _ in range(2):
        states.clear()
        getattr(mixclust, name)(3, random_state=0).fit(rows)
        numbers = [state.pass_number for state in states]
        assert numbers == sorted(numbers)
        assert set(numbers) == set(range(1, max(numbers) + 1))
        assert [state.chunks_done for state in states[:4]] == [1, 2, 3, 1]


@pytest.mark.parametrize("name", ["KMeans", "GaussianMixture"])
@pytest.mark.parametrize("pass_number", [1, 3])
def test_an_error_of_progress_leaves_the_estimator_as_it_was(name, pass_number):
    def stop(state):
        if state.pass_number == pass_number:
            raise RuntimeError("enough")

    X = np.random.default_rng(0).normal(size=(300, 2))
    estimator = getattr(mixclust, name)(3, random_state=0).fit(X)
    before = {name: value for name, value in vars(estimator).items() if name.endswith("_")}
    with pytest.raises(RuntimeError, match="enough"):
        estimator.set_params(tol=0.0).fit(mixclust.chunks(X, chunk_rows=100, progress=stop))
    after = {name: value for name, value in vars(estimator).items() if name.endswith("_")}
    assert after.keys() == before.keys()
    assert all(after[name] is before[name] for name in before)


def refilled():
    """Pieces in one array that is filled again for each."""
    piece, weights = np.empty((50, 2)), np.empty(50)
    for i in range(6):
        piece[:], weights[:] = i, i + 1
        yield piece, weights


def test_memory_that_a_function_fills_again_is_copied():
    for part in mixclust.chunks(refilled).read():
        time.sleep(0.01)  # the thread that reads ahead asks for the next piece
        assert (part.index == part.X).all()
        assert (part.weights == part.index + 1).all()


@pytest.fixture
def npy_file(tmp_path):
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).normal(size=(300, 3)))
    return tmp_path / "rows.npy"


@pytest.mark.parametrize("method", ["predict_proba", "transform"])
def test_answers_never_go_over_the_rows(npy_file, tmp_path, method):
    before = npy_file.read_bytes()
    X = np.load(npy_file)
    name = "KMeans" if method == "transform" else "GaussianMixture"
    answer = getattr(getattr(mixclust, name)(3, random_state=0).fit(X), method)
    link = tmp_path / "link.npy"
    link.symlink_to(npy_file)
    mapped = np.lib.format.open_memmap(npy_file, mode="r+")
    np.save(tmp_path / "weights.npy", np.ones(300))
    weighted = mixclust.chunks(X, sample_weight=tmp_path / "weights.npy", chunk_rows=100)
    for source, out in [
        (mixclust.chunks(npy_file, chunk_rows=100), npy_file),
        (mixclust.chunks(str(npy_file), chunk_rows=100), str(link)),
        (mixclust.chunks(npy_file, chunk_rows=100), mapped),
        (mixclust.chunks([X[:100], X[100:]]), X[::-1]),
        (mixclust.chunks(X, chunk_rows=100), X[:]),
        (weighted, tmp_path / "weights.npy"),
    ]:
        with pytest.raises(ValueError, match="out is memory or a file that rows or weights"):
            answer(source, out=out)
    assert npy_file.read_bytes() == before
    answer(mixclust.chunks(npy_file, chunk_rows=100), out=tmp_path / "answers.npy")
    answer(mixclust.chunks(npy_file, chunk_rows=100), out=tmp_path / "answers.npy")


def test_a_folder_is_no_place_for_answers(npy_file, tmp_path):
    rows = mixclust.chunks(npy_file)
    kmeans = mixclust.KMeans(2, random_state=0).fit(rows)
    with pytest.raises(IsADirectoryError, match=r"out=.* is a directory"):
        kmeans.predict(rows, out=tmp_path)
    with pytest.raises(FileNotFoundError, match=r"out=.* does not exist"):
        kmeans.predict(rows, out=tmp_path / "none" / "labels.npy")


def test_a_relative_path_stays_where_it_was(npy_file, monkeypatch):
    monkeypatch.chdir(npy_file.parent)
    rows = mixclust.chunks("rows.npy")
    monkeypatch.chdir("/")
    assert rows.total(lambda part, request, n_threads: len(part.X), None, 1) == 300


def test_chunks_given_to_others_say_where_they_belong():
    rows = mixclust.chunks(np.zeros((30, 2)))
    for call in (
        mixclust.GaussianMixtureIC().fit,
        mixclust.MiniBatchKMeans(2).partial_fit,
        mixclust.select,
        np.asarray,
    ):
        with pytest.raises(TypeError, match=r"Chunks are no array.*KMeans and GaussianMixture"):
            call(rows)


@pytest.mark.parametrize("name", ["score", "bic", "aic", "icl"])
def test_rows_without_weight_have_no_score(name):
    X = np.random.default_rng(0).normal(size=(300, 3))
    mixture = mixclust.GaussianMixture(2, random_state=0).fit(X)
    with pytest.raises(ValueError, match="sample_weight is zero for every row"):
        getattr(mixture, name)(mixclust.chunks(X, sample_weight=np.zeros(300), chunk_rows=100))
