"""kmeans_plusplus keeps the promises of the estimators: threads, inputs, errors."""

import numpy as np
import pytest
from support.bad_inputs import BAD_ROWS, BAD_WEIGHTS
from support.samples import DTYPES, blobs, layouts

from mixclust import kmeans_plusplus
from mixclust._kmeans import dense_data


@pytest.mark.usefixtures("all_threads")
@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_for_any_number_of_threads(dtype):
    X = blobs(0, 30_000, 6, 20, dtype)
    found = set()
    for n_threads in (1, 2, 3, 4, 7):
        centers, indices = kmeans_plusplus(X, 12, random_state=3, n_threads=n_threads)
        found.add(centers.tobytes() + indices.tobytes())
    assert len(found) == 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_of_any_layout_are_read_and_not_modified(dtype):
    X = blobs(0, 2000, 5, 6, dtype)
    sample_weight = np.random.default_rng(0).uniform(size=2000)
    sample_weight.flags.writeable = False
    options = {"sample_weight": sample_weight, "random_state": 0}
    _, expected = kmeans_plusplus(X, 3, **options)
    for name, rows in layouts(X).items():
        before = rows.tobytes(), sample_weight.tobytes(), rows.flags.writeable
        centers, indices = kmeans_plusplus(rows, 3, **options)
        np.testing.assert_array_equal(indices, expected, err_msg=name)
        np.testing.assert_array_equal(centers, X[expected], err_msg=name)
        assert (rows.tobytes(), sample_weight.tobytes(), rows.flags.writeable) == before, name


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("d", [1, 2, 3, 8])
def test_seeds_in_blocks_are_the_seeds_of_plain_rows(monkeypatch, d, dtype):
    """Of a table that is sorted; with an outlier and features of constant or different extent."""
    X = blobs(0, 6000, d, 20, dtype) * np.linspace(1, 9, d).astype(dtype)
    X[17] *= 1e4
    X[:, -1] = 3 if d == 8 else X[:, -1]
    weights = np.random.default_rng(0).integers(0, 4, 6000).astype(float)
    for sample_weight in (None, weights):
        options = {"sample_weight": sample_weight, "random_state": 0}
        _, found = kmeans_plusplus(X, 25, **options)
        with monkeypatch.context() as patch:
            patch.setattr(dense_data, "MAX_FEATURES", 0)
            _, expected = kmeans_plusplus(X, 25, **options)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", BAD_ROWS)
def test_bad_rows_are_refused(name):
    with pytest.raises((TypeError, ValueError)):
        kmeans_plusplus(BAD_ROWS[name], 1)


@pytest.mark.parametrize("name", BAD_WEIGHTS)
def test_bad_weights_are_refused(name):
    with pytest.raises((TypeError, ValueError), match="sample_weight"):
        kmeans_plusplus([[0.0], [1.0], [3.0]], 2, sample_weight=BAD_WEIGHTS[name])
