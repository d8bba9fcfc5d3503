"""Promise 14: a saved model comes back bit for bit, or `save` refuses it with a reason."""

import os
import pickle

import numpy as np
import pytest
from scipy import sparse
from support.processes import run_code
from support.samples import assert_same, blobs, saved

from mixclust import GaussianMixture, GaussianMixtureIC, KMeans, MixtureClassifier

X = blobs(0, 400, 3, 4)


class Table:
    """Rows with names, as a DataFrame has them."""

    columns = ("length", "width", "größe")

    def __array__(self, dtype=None, copy=None):
        return X


NAMED = Table()

MODELS = {
    "KMeans": lambda: KMeans(4, random_state=0).fit(X),
    "KMeans float32": lambda: KMeans(4, random_state=0).fit(X.astype(np.float32)),
    "KMeans given centres": lambda: KMeans(4, init=X[:4], n_threads=1).fit(
        NAMED, None, X[:, 0] > 0
    ),
    "not fitted": lambda: GaussianMixture(3, tol=0.5, warm_start=True),
    "full": lambda: GaussianMixture(4, random_state=0).fit(NAMED),
    "tied": lambda: GaussianMixture(4, covariance_type="tied", random_state=0).fit(X),
    "diag": lambda: GaussianMixture(4, covariance_type="diag", random_state=0).fit(X),
    "spherical": lambda: GaussianMixture(4, covariance_type="spherical", means_init=X[:4]).fit(X),
    "dropped": lambda: GaussianMixture(
        9, on_collapse="drop", random_state=0, tol=0.1, covariance_type="diag"
    ).fit(np.repeat([[0.0], [1.0], [5.0], [9.0]], 5, axis=0)),
    "implied by KMeans": lambda: KMeans(4, random_state=0).fit(NAMED).to_gaussian_mixture("tied"),
    "no iteration": lambda: GaussianMixture(4, max_iter=0, random_state=0).fit(X),
}


@pytest.mark.parametrize("name", MODELS)
def test_same_bits_come_back(name, tmp_path):
    model = MODELS[name]()
    loaded = type(model).load(saved(tmp_path, model))
    assert_same(loaded, model)
    assert os.listdir(tmp_path) == ["model"]
    if name != "not fitted":
        new = NAMED if hasattr(model, "feature_names_in_") else X[:, : model.n_features_in_]
        np.testing.assert_array_equal(loaded.predict(new), model.predict(new))
        assert loaded.score(new) == model.score(new)
    if isinstance(model, GaussianMixture) and name != "not fitted":
        np.testing.assert_array_equal(loaded.predict_proba(new), model.predict_proba(new))


@pytest.mark.parametrize("name", ["KMeans", "KMeans float32", "KMeans given centres"])
def test_labels_are_left_out_unless_asked_for(name, tmp_path):
    model = MODELS[name]()
    model.save(tmp_path / "model")
    loaded = KMeans.load(tmp_path / "model")
    assert vars(model).keys() - vars(loaded).keys() == {"labels_"}
    assert not hasattr(loaded, "labels_")
    with pytest.raises(AttributeError) as error:
        loaded.labels_  # noqa: B018 (reading it raises)
    assert str(error.value) == (
        "'KMeans' object has no attribute 'labels_': it was fitted to chunks, or loaded from a "
        "file without labels; predict(X) labels any rows, and save(path, labels=True) keeps the "
        "labels of a fit to an array"
    )
    new = NAMED if hasattr(model, "feature_names_in_") else X
    np.testing.assert_array_equal(loaded.predict(new), model.labels_)
    np.testing.assert_array_equal(
        loaded.to_gaussian_mixture().means_, model.to_gaussian_mixture().means_
    )
    # It can be saved, copied and fitted like any other.
    loaded.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "model").read_bytes()
    assert_same(pickle.loads(pickle.dumps(loaded)), loaded)
    np.testing.assert_array_equal(loaded.fit(X).labels_, loaded.predict(X))


def test_a_file_of_many_rows_is_as_small_as_one_of_few(tmp_path):
    few = saved_size(KMeans(4, init=X[:4]).fit(X), tmp_path)
    many = saved_size(KMeans(4, init=X[:4]).fit(np.repeat(X, 50, axis=0)), tmp_path)
    assert abs(many - few) < 100  # digits of the inertia
    with_labels = saved_size(KMeans(4, init=X[:4]).fit(X), tmp_path, labels=True)
    # Sizes of clusters follow from the labels, and are an array of their own without them.
    assert with_labels > few + 4 * len(X) - 400


def saved_size(model, tmp_path, **options):
    model.save(tmp_path / "model", **options)
    return os.path.getsize(tmp_path / "model")


def test_labels_of_no_fit(tmp_path):
    assert not hasattr(KMeans, "labels_")
    with pytest.raises(AttributeError, match=r"^'KMeans' object has no attribute 'labels_'$"):
        KMeans().labels_  # noqa: B018 (reading it raises)
    with pytest.raises(TypeError, match=r"^labels must be True or False, got 1"):
        KMeans(2).fit(X).save(tmp_path / "model", labels=1)


def test_loaded_models_go_on_as_the_saved_ones_would(tmp_path):
    model = GaussianMixture(4, random_state=0, warm_start=True, tol=1.0).fit(X)
    loaded = GaussianMixture.load(saved(tmp_path, model))
    for one in (model, loaded):
        one.set_params(tol=1e-3).fit(X)
    assert_same(loaded, model)
    loaded.means_ += 1  # loaded arrays may be written to


def test_parameters_come_back_as_plain_numbers_and_arrays(tmp_path):
    model = GaussianMixture(
        np.int64(2), tol=np.float32(0.5), warm_start=np.bool_(1), means_init=[[1]]
    )
    loaded = GaussianMixture.load(saved(tmp_path, model))
    assert type(loaded.n_components) is int
    assert (loaded.tol, loaded.warm_start) == (0.5, True)
    np.testing.assert_array_equal(loaded.means_init, np.array([[1]]), strict=True)


def test_same_model_same_bytes(tmp_path):
    model = MODELS["full"]()
    model.save(tmp_path / "one")
    model.save(str(tmp_path / "two"))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_another_process_loads(tmp_path):
    path = saved(tmp_path, MODELS["full"]())
    code = f"import mixclust, sys; print(mixclust.GaussianMixture.load({str(path)!r}).means_.sum())"
    assert float(run_code(code)) == GaussianMixture.load(path).means_.sum()


@pytest.mark.parametrize(
    ("model", "named"),
    [
        (GaussianMixture(callback=print), "callback"),
        (GaussianMixture(init_params=len), "init_params"),
        (KMeans(random_state=np.random.RandomState(0)), "random_state"),
        (KMeans(random_state=np.random.default_rng(0)), "random_state"),
        (KMeans(init=[["a", object()]]), "init"),
        (GaussianMixture(means_init=np.ones((1, 2), dtype=np.longdouble)), "means_init"),
    ],
)
def test_parameters_that_a_file_does_not_hold(model, named, tmp_path):
    with pytest.raises(TypeError, match=rf"^{named}(\[\d\])* is of type .*set_params.{named}="):
        model.save(tmp_path / "model")
    assert os.listdir(tmp_path) == []


def test_labels_that_are_not_there_are_not_saved(tmp_path):
    path = tmp_path / "model"
    model = KMeans(2, random_state=0).fit([[0.0], [1.0], [8.0]])
    model.save(path)
    with pytest.raises(ValueError, match=r"labels=True, .* no labels_.*pass labels=False"):
        KMeans.load(path).save(path, labels=True)
    KMeans.load(path).save(path, labels=False)
    KMeans(2).save(path, labels=True)  # not fitted, so there are no labels


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_devices_and_pipes_are_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    before = os.stat(pipe)
    with pytest.raises(OSError, match=r"Not a regular file; .*pipe"):
        KMeans(2).save(pipe)
    assert os.stat(pipe).st_mode == before.st_mode
    assert os.listdir(tmp_path) == ["pipe"]


def test_sparse_centres_are_not_saved(tmp_path):
    model = KMeans(init=sparse.eye(3, format="csr"))
    with pytest.raises(TypeError, match=r"^init is sparse, .*pass init\.toarray\(\)"):
        model.save(tmp_path / "model")


def test_a_model_that_could_not_be_loaded_is_not_saved(tmp_path):
    model = MODELS["full"]().set_params(covariance_type="diag")
    with pytest.raises(ValueError, match=r"cannot be saved: covariances_ has shape \(4, 3, 3\)"):
        model.save(tmp_path / "model")
    assert os.listdir(tmp_path) == []


def test_parameters_that_load_would_refuse_are_not_saved(tmp_path):
    with pytest.raises(TypeError, match=r"^n_threads must be an int or None, got 'x' of type str"):
        GaussianMixture(n_threads="x").save(tmp_path / "model")
    assert os.listdir(tmp_path) == []


def test_files_that_cannot_be_opened(tmp_path):
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(OSError, match=tmp_path.name):
            KMeans.load(path)


@pytest.mark.parametrize(
    "value", [[1, 2], (1, 2), range(1, 3), [np.int64(1), 2], np.array([1, 2])], ids=str
)
def test_parameters_keep_their_type(value, tmp_path):
    search = GaussianMixtureIC(value, covariance_type=["full", "tied"])
    search.fit(np.random.default_rng(0).normal(size=(40, 2))).save(tmp_path / "model")
    loaded = GaussianMixtureIC.load(tmp_path / "model")
    assert type(loaded.n_components) is type(value)
    assert list(loaded.n_components) == list(value)
    assert loaded.covariance_type == ["full", "tied"]


@pytest.mark.parametrize("names", [[0, 1], ["low", "high"], [None, "low"]], ids=str)
def test_parameters_keep_their_keys(names, tmp_path):
    by_class = dict.fromkeys(names, "bic")
    MixtureClassifier("bic", covariance_type=by_class).save(tmp_path / "model")
    assert MixtureClassifier.load(tmp_path / "model").covariance_type == by_class


@pytest.mark.parametrize("dtype", ["U4", object])
def test_classes_keep_their_dtype(dtype, tmp_path):
    X = np.random.default_rng(0).normal(size=(40, 2))
    y = np.array(["low", "high"] * 20, dtype=dtype)
    MixtureClassifier().fit(X, y).save(tmp_path / "model")
    loaded = MixtureClassifier.load(tmp_path / "model")
    assert loaded.classes_.dtype == np.dtype(dtype)
    assert loaded.predict(X).dtype == np.dtype(dtype)
