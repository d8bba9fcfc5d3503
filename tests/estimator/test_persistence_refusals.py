"""Promise 14: files that are wrong, damaged or malicious raise ValueError when loaded."""

import io
import json
import tracemalloc
import zipfile

import numpy as np
import pytest
from support.samples import assert_same, blobs, saved

from mixclust import GaussianMixture, KMeans

X = blobs(0, 400, 3, 4)
MIXTURE = GaussianMixture(4, random_state=0).fit(X)
KMEANS = KMeans(4, init=X[:4], n_threads=1).fit(X)


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_members(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def npy(array, **options):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array), **options)
    return buffer.getvalue()


def with_header(change):
    """A function that changes the header among the members of a file."""

    def changed(members):
        header = json.loads(members["mixclust.json"])
        change(header)
        return members | {"mixclust.json": json.dumps(header)}

    return changed


def without(name):
    return lambda members: {other: members[other] for other in members if other != name}


def without_parameter(name):
    return with_header(lambda header: header["parameters"].pop(name))


def with_array(name, content):
    return lambda members: members | {name: content}


def deep_list(depth):
    """A list in a list, so many times, as a file holds it."""
    return {"list": [deep_list(depth - 1)] if depth else []}


def npy_header(descr, shape):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header


WRONG = {
    "no header": (without("mixclust.json"), "has no mixclust.json"),
    "header is a list": (with_array("mixclust.json", "[]"), "its header is not of this format"),
    "deep header": (with_array("mixclust.json", "[" * 100_000), "damaged"),
    "newer": (with_header(lambda h: h.update(format=2)), "format 2, written by mixclust"),
    "other class": (with_header(lambda h: h.update({"class": "KMeans"})), "holds a KMeans"),
    "unknown parameter": (
        with_header(lambda h: h["parameters"].update(depth=3)),
        "a parameter 'depth', which GaussianMixture lacks",
    ),
    "nested parameter": (with_header(lambda h: h["parameters"].update(tol=[1])), "tol is of type"),
    "unknown container": (
        with_header(lambda h: h["parameters"].update(tol={"set": [1]})),
        "tol is of an unknown type",
    ),
    "endless range": (
        with_header(lambda h: h["parameters"].update(tol={"range": [0, 10**18, 1]})),
        "tol is of an unknown type",
    ),
    "deep parameter": (
        with_header(lambda h: h["parameters"].update(tol=deep_list(400))),
        "a parameter is wrong",
    ),
    "text is no list": (with_header(lambda h: h.update(text="means_")), "not of this format"),
    "wrong structure": (
        with_header(lambda h: h["parameters"].update(covariance_type="tied")),
        r"covariances_ has shape \(4, 3, 3\) where \(3, 3\)",
    ),
    "no structure": (
        with_header(lambda h: h["parameters"].update(covariance_type=3)),
        "a parameter is wrong: covariance_type must be one of 'full'",
    ),
    "no number of threads": (
        with_header(lambda h: h["parameters"].update(n_threads="x")),
        "a parameter is wrong: n_threads must be an int or None, got 'x' of type str",
    ),
    "no seed": (
        with_header(lambda h: h["parameters"].update(random_state="x")),
        "a parameter is wrong: random_state must be None, an int",
    ),
    "array for a number": (
        lambda members: without_parameter("tol")(members) | {"parameters/tol.npy": npy(np.ones(3))},
        "a parameter is wrong: tol must be a number",
    ),
    "unknown attribute": (
        with_header(lambda h: h["attributes"].update(__class__=3)),
        "__class__ is no fitted attribute",
    ),
    "wrong type": (
        with_header(lambda h: h["attributes"].update(n_iter_="9")),
        "n_iter_ does not match the layout",
    ),
    "huge number of features": (
        with_header(lambda h: h["attributes"].update(n_features_in_=10**30)),
        r"means_ has shape \(4, 3\)",
    ),
    "no features": (
        with_header(lambda h: h["attributes"].update(n_features_in_=0)),
        "n_features_in_ does not match the layout",
    ),
    "names of other features": (
        with_header(lambda h: h["attributes"].update(feature_names_in_=["a", "b"])),
        "feature_names_in_ does not match the layout",
    ),
    "unknown array": (with_array("attributes/hidden_.npy", npy([1.0])), "hidden_ is no fitted"),
    "unknown member": (with_array("setup.py", "raise"), "holds 'setup.py'"),
    "twice": (with_array("attributes/n_iter_.npy", npy(3)), "holds 'attributes/n_iter_.npy'"),
    "missing array": (
        without("attributes/means_.npy"),
        "attribute means_ is missing",
    ),
    "missing number": (
        with_header(lambda h: h["attributes"].pop("n_features_in_")),
        "n_features_in_ is missing",
    ),
    "other sizes": (
        with_array("attributes/means_.npy", npy(np.ones((5, 3)))),
        r"means_ has shape \(5, 3\) where \(4, 3\)",
    ),
    "other dtype": (with_array("attributes/means_.npy", npy(np.ones((4, 3), "i8"))), "dtype int64"),
    "pickle": (
        with_array("attributes/means_.npy", npy(np.array([print]), allow_pickle=True)),
        "is not an array",
    ),
    "code in place of a shape": (
        with_array("attributes/means_.npy", npy_header("<f8", "(4, __import__('os'))")),
        "is not an array",
    ),
    "no array": (with_array("attributes/means_.npy", "4, 3"), "is not an array"),
    "declared huge": (
        with_array("attributes/means_.npy", npy_header("<f8", f"({10**17}, 3)")),
        "contradicts its shape",
    ),
    "longer than declared": (
        with_array("attributes/means_.npy", npy(np.ones((4, 3))) + bytes(8)),
        "contradicts its shape",
    ),
    "NaN": (with_array("attributes/means_.npy", npy(np.full((4, 3), np.nan))), "NaN or infinity"),
    "weights of more than one": (
        with_array("attributes/weights_.npy", npy([5.0, 5, 0, 0])),
        r"weights_ adds up to 10\.0 where 1 is required",
    ),
    "weights of infinity": (
        with_array("attributes/weights_.npy", npy([1e308, 1e308, 0, 0])),
        "weights_ adds up to inf where 1 is required",
    ),
    "no weight": (
        with_array("attributes/weights_.npy", npy(np.zeros(4))),
        r"weights_ adds up to 0\.0 where 1 is required",
    ),
    "negative weight": (with_array("attributes/weights_.npy", npy([2.0, -1, 0, 0])), "holds -1.0"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_files_are_refused(name, tmp_path):
    change, message = WRONG[name]
    path = saved(tmp_path, MIXTURE)
    write_members(path, members_of(path))
    GaussianMixture.load(path)  # the file is good before the change
    write_members(path, change(members_of(path)))
    with pytest.raises(ValueError, match=f"model' cannot be loaded as Gauss.*: .*{message}"):
        GaussianMixture.load(path)


@pytest.mark.parametrize("name", ["covariances_", "precisions_", "precisions_cholesky_"])
@pytest.mark.parametrize("value", [0.0, -1.0])
@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_variances_that_are_not_positive_are_refused(covariance_type, value, name, tmp_path):
    """Holds for variances, precisions and the diagonals of Cholesky factors."""
    mixture = GaussianMixture(4, covariance_type=covariance_type, random_state=0).fit(X)
    path = saved(tmp_path, mixture)
    array = getattr(mixture, name).copy()
    array.flat[-1] = value
    write_members(path, members_of(path) | {f"attributes/{name}.npy": npy(array)})
    with pytest.raises(
        ValueError, match=f"cannot be loaded .*: {name} holds {value} where a positive"
    ):
        GaussianMixture.load(path)
    setattr(mixture, name, array)
    with pytest.raises(ValueError, match=f"cannot be saved: {name} holds {value} where a positive"):
        mixture.save(path)


def test_a_parameter_of_k_means_is_checked_too(tmp_path):
    path = saved(tmp_path, KMEANS)
    change = with_header(lambda header: header["parameters"].update(n_threads=0))
    write_members(path, change(members_of(path)))
    with pytest.raises(ValueError, match="a parameter is wrong: n_threads=0 must be at least 1"):
        KMeans.load(path)


def test_labels_beyond_the_clusters_are_refused(tmp_path):
    path = saved(tmp_path, KMEANS)
    labels = np.full(400, 4, dtype=np.int32)
    write_members(path, members_of(path) | {"attributes/labels_.npy": npy(labels)})
    with pytest.raises(ValueError, match="labels_ holds 4 where n_clusters are fewer"):
        KMeans.load(path)


@pytest.mark.parametrize("content", [b"", b"PK", b"text\n" * 99, b"PK\x05\x06" + bytes(18)])
def test_other_files_are_refused(content, tmp_path):
    path = tmp_path / "model"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="model' cannot be loaded as KMeans: it"):
        KMeans.load(path)


def test_bombs_are_refused_before_they_grow(tmp_path):
    """Members that inflate, claim too many bytes, or share their bytes are never read."""
    path = saved(tmp_path, MIXTURE)
    members = members_of(path) | {"attributes/means_.npy": npy(np.zeros((4_000_000, 3)))}
    write_members(path, members, zipfile.ZIP_DEFLATED)
    deflated = path.read_bytes()
    assert len(deflated) < 1_000_000
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mixclust.json", bytes(1000))
        archive.filelist *= 1000
    shared = path.read_bytes()
    MIXTURE.save(path)
    content = path.read_bytes()
    entry = content.rindex(b"attributes/means_.npy") - 46  # in the directory at the end
    claim = (4 * 10**9).to_bytes(4, "little") * 2  # compressed and whole size
    claims = content[: entry + 20] + claim + content[entry + 28 :]
    messages = {
        "compressed": deflated,
        "members claim 1000000 bytes": shared,
        ", but it has": claims,
    }
    for message, bomb in messages.items():
        path.write_bytes(bomb)
        tracemalloc.start()
        with pytest.raises(ValueError, match=message):
            GaussianMixture.load(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 5_000_000


@pytest.mark.parametrize("model", [KMEANS, MIXTURE])
def test_damaged_files_are_refused_or_do_no_harm(model, tmp_path):
    """Changed, removed or inserted bytes lead to ValueError or to the same model."""
    path = saved(tmp_path, model)
    content = path.read_bytes()
    generator = np.random.default_rng(0)
    outcomes = {"refused": 0, "same": 0}
    for trial in range(400):
        damaged = bytearray(content)
        # Most bytes without a checksum are in the directory at the end.
        low = 0 if trial % 2 else len(content) - 1500
        at = int(generator.integers(low, len(content)))
        if trial % 10 == 0:
            del damaged[at:]
        elif trial % 10 == 1:
            del damaged[at : at + int(generator.integers(1, 9))]
        elif trial % 10 == 2:
            damaged[at:at] = generator.bytes(4)
        else:
            damaged[at] ^= int(generator.integers(1, 256))
        path.write_bytes(damaged)
        try:
            loaded = type(model).load(path)
        except ValueError:
            outcomes["refused"] += 1
        else:
            assert_same(loaded, model)
            outcomes["same"] += 1
    assert min(outcomes.values()) > 5, outcomes
