"""The values of tests/typed.py have the types that it states."""

import numpy as np
import pytest
import typed
from numpy.typing import NDArray
from support.typing_values import is_of_type


@pytest.mark.parametrize(
    "function",
    [
        typed.kmeans_answers,
        typed.functions,
        typed.mixture_answers,
        typed.mixture_callbacks,
        typed.watched_fits,
        typed.reports,
        typed.classifier_answers,
        typed.imputer_answers,
        typed.images,
        typed.plots,
    ],
)
def test_values_are_of_their_types(function):
    function()


def test_models_of_onnx_are_of_their_types():
    pytest.importorskip("onnx")
    typed.to_onnx()


def test_values_over_dask_are_of_their_types():
    pytest.importorskip("distributed")
    typed.over_dask()


def test_arguments_are_taken(tmp_path):
    typed.kmeans_arguments(tmp_path / "kmeans.mixclust")
    typed.chunks_of_rows(tmp_path)
    typed.kmeans_over_chunks(tmp_path / "out.npy")
    typed.mini_batch_kmeans(tmp_path / "minibatch.mixclust")


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        (1, int, True),
        (True, int, False),
        (np.float64(1), float, False),
        (np.zeros(2), NDArray[np.float64], True),
        (np.zeros(2), NDArray[np.floating], True),
        (np.zeros(2), NDArray[np.int32], False),
        ((1, np.zeros(2)), tuple[int, NDArray[np.float64]], True),
        ((1, 2.0), tuple[int, int], False),
        ([1.0], list[float], True),
        ([np.float64(1)], list[float], False),
        ({"a": 1}, dict[str, float], False),
        (None, float | None, True),
    ],
)
def test_types_of_values_are_told_apart(value, type_, expected):
    assert is_of_type(value, type_) == expected
