"""Results that come piece by piece: arrays, given arrays and .npy files."""

import re
from pathlib import Path

import numpy as np
import pytest

from mixclust import GaussianMixture, KMeans, chunks
from mixclust._estimator.row_results import check_out, gather


def pieces_of(results, *sizes, fail=False):
    """Yield pieces of an array, and fail in the end if told to."""
    lo = 0
    for size in sizes:
        yield results[lo : lo + size]
        lo += size
    if fail:
        raise OSError("the disk is gone")


SIZES = [(10,), (1, 2, 3, 4), (9, 1)]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("width", [(), (3,)])
@pytest.mark.parametrize("n_rows", [None, 10])
def test_every_kind_of_out_holds_the_results(tmp_path, sizes, width, n_rows):
    results = np.arange(10 * 3.0).reshape(10, 3)[:, : width[0] if width else 0]
    results = results if width else np.arange(10, dtype=np.int32)
    dtype = results.dtype
    for out in (None, np.empty((10, *width), dtype), tmp_path / "out.npy", str(tmp_path / "o")):
        assert check_out(out, width, dtype) is out
        found = gather(pieces_of(results, *sizes), width, dtype, out, n_rows)
        np.testing.assert_array_equal(found, results)
        assert found.dtype == dtype
        if isinstance(out, np.ndarray):
            assert found is out
        elif out is not None:
            np.testing.assert_array_equal(np.load(out), results)
            np.testing.assert_array_equal(np.load(out, mmap_mode="r"), results)


def test_failure_leaves_the_file_of_before(tmp_path):
    path = tmp_path / "out.npy"
    results = np.arange(4)
    with pytest.raises(OSError, match="disk is gone"):
        gather(pieces_of(results, 2, 2, fail=True), (), results.dtype, path)
    assert list(tmp_path.iterdir()) == []
    np.save(path, np.zeros(3))
    with pytest.raises(OSError, match="disk is gone"):
        gather(pieces_of(results, 2, 2, fail=True), (), results.dtype, path)
    assert [p.name for p in tmp_path.iterdir()] == ["out.npy"]
    np.testing.assert_array_equal(np.load(path), np.zeros(3))


def test_generator_is_closed_by_a_failure():
    closed = []

    def pieces():
        try:
            yield np.zeros(3)
        finally:
            closed.append(True)

    with pytest.raises(ValueError, match="out has 2 rows, but there are more in X"):
        gather(pieces(), (), np.float64, np.empty(2))
    assert closed


@pytest.mark.parametrize("extension", [".csv", ".npz", ".parquet", ".npy.gz", ".v2"])
@pytest.mark.parametrize("convert", [str, Path])
def test_paths_of_another_format_are_refused(extension, convert, tmp_path):
    """Before any work, and the message names the extension and the path to pass."""
    X = np.arange(9.0)[:, np.newaxis]
    mixture = GaussianMixture(1).fit(X)
    path = tmp_path / f"lab{extension}"
    suffix = path.suffix
    wanted = str(path.with_suffix(".npy"))
    message = re.escape(f"has the extension {suffix!r}") + ".*" + re.escape(repr(wanted))
    for rows in (X, chunks([X])):
        for answer in (mixture.predict, mixture.predict_proba, KMeans(1).fit(X).transform):
            with pytest.raises(ValueError, match=message):
                answer(rows, out=convert(path))
    assert list(tmp_path.iterdir()) == []


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="out has 4 rows, but there are 3 in X"):
        gather(pieces_of(np.zeros(3), 3), (), np.float64, np.empty(4))
    with pytest.raises(ValueError, match="out has 4 rows, but there are 3 in X"):
        gather(pieces_of(np.zeros(3), 3), (), np.float64, np.empty(4), 3)
    with pytest.raises(TypeError, match="out must be None"):
        check_out([1, 2], (), np.float64)
    with pytest.raises(TypeError, match="dtype float32; the results need float64"):
        check_out(np.empty(2, np.float32), (), np.float64)
    with pytest.raises(ValueError, match=r"shape \(2, 2\); .* shape \(n_rows, 3\)"):
        check_out(np.empty((2, 2)), (3,), np.float64)
    with pytest.raises(ValueError, match=r"shape \(n_rows,\)"):
        check_out(np.empty((2, 2)), (), np.float64)
    frozen = np.empty(2)
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        check_out(frozen, (), np.float64)
