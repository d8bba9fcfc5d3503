"""mixclust.images against plain NumPy."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from mixclust import KMeans
from mixclust.images import _palette, distortion, quantize

PROJECT = Path(__file__).parents[2]
PHOTO = PROJECT / "examples" / "coffee.png"
SHAPES = [(30, 40), (30, 40, 1), (30, 40, 2), (30, 40, 3), (30, 40, 4)]


def photograph():
    """Every fifth pixel of the photograph of a coffee, shape (80, 120, 3)."""
    return np.asarray(Image.open(PHOTO))[::5, ::5]


def noise(shape, seed=0, dtype=np.uint8):
    """Random levels; an alpha channel is 0 or opaque."""
    levels = np.random.default_rng(seed).integers(0, np.iinfo(dtype).max + 1, shape, dtype=dtype)
    if shape[2:] in ((2,), (4,)):
        levels[..., -1] = np.where(levels[..., -1] % 2, np.iinfo(dtype).max, 0)
    return levels


def all_distances(pixels, palette):
    """Squared distances, shape (..., n_colors), in plain integers."""
    return ((pixels[..., np.newaxis, :].astype(int) - palette.astype(int)) ** 2).sum(axis=-1)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, ">u2"])
@pytest.mark.parametrize("shape", SHAPES)
def test_result_has_the_documented_form(shape, dtype):
    image = noise(shape, dtype=np.dtype(dtype).newbyteorder("=")).astype(dtype)
    before = image.copy()
    image.flags.writeable = False
    recolored, palette, labels = quantize(image, 7, random_state=0)
    np.testing.assert_array_equal(image, before)
    assert recolored.shape == shape
    assert labels.shape == shape[:2]
    has_alpha = shape[2:] in ((2,), (4,))
    assert palette.shape == (7, 4 if has_alpha else 3)
    assert recolored.dtype == palette.dtype == image.dtype.newbyteorder("=")
    assert labels.dtype == np.uint8
    assert len(np.unique(palette, axis=0)) == 7
    channels = {1: [0], 2: [0, 3], 3: [0, 1, 2], 4: [0, 1, 2, 3]}[(*shape, 1)[2]]
    np.testing.assert_array_equal(recolored, palette[:, channels][labels].reshape(shape))
    luma = palette[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luma) >= -1e-9).all()


@pytest.mark.parametrize("n_colors", [1, 2, 16, 100])
def test_labels_are_the_nearest_colours_and_ties_go_to_the_first(n_colors):
    image = photograph()
    recolored, palette, labels = quantize(image, n_colors, space="rgb", random_state=0)
    np.testing.assert_array_equal(labels, all_distances(image, palette).argmin(axis=-1))
    np.testing.assert_array_equal(recolored, palette[labels])
    assert len(np.unique(labels)) == n_colors


def test_grey_is_recoloured_in_grey():
    image = noise((30, 40))
    recolored, palette, labels = quantize(image, 5, space="rgb", random_state=0)
    assert (palette == palette[:, :1]).all()
    np.testing.assert_array_equal(recolored, palette[labels][..., 0])
    np.testing.assert_array_equal(
        labels, all_distances(image[..., np.newaxis], palette[:, :1]).argmin(axis=-1)
    )


def test_clustering_counted_colours_is_clustering_every_pixel(monkeypatch):
    fitted = []

    class Recorded(KMeans):
        def fit(self, X, y=None, sample_weight=None):
            fitted.append((self, X, sample_weight))
            return super().fit(X, y, sample_weight=sample_weight)

    # Few colours that occur often, so that weights matter.
    image = photograph() // 32 * 32
    monkeypatch.setattr("mixclust.images._find.KMeans", Recorded)
    palette = quantize(image, 8, space="rgb", random_state=0, n_init=2, n_threads=1).palette
    [(model, colors, weights)] = fitted
    assert (model.n_init, model.n_threads, model.random_state) == (2, 1, 0)
    assert sorted(palette.tolist()) == sorted(np.rint(model.cluster_centers_).tolist())
    pixels = image.reshape(-1, 3).astype(np.float64)
    assert len(colors) < len(pixels) / 20
    assert weights.sum() == len(pixels)
    squares = ((pixels[:, np.newaxis] - model.cluster_centers_) ** 2).sum(axis=-1)
    assert model.inertia_ == pytest.approx(squares.min(axis=-1).sum(), rel=1e-5)

    start = {"init": colors[:8].astype(float), "n_init": 1, "tol": 0}
    counted = KMeans(8, **start).fit(colors.astype(float), sample_weight=weights)
    every_pixel = KMeans(8, **start).fit(pixels)
    assert counted.inertia_ == pytest.approx(every_pixel.inertia_, rel=1e-9)


def test_result_depends_on_the_seed_alone():
    image = photograph()
    first = quantize(image, 16, random_state=3, n_threads=1)
    for n_threads in (1, 2):
        again = quantize(np.asfortranarray(image), 16, random_state=3, n_threads=n_threads)
        for a, b in zip(first, again, strict=True):
            np.testing.assert_array_equal(a, b)


def test_more_starts_are_no_worse():
    image = photograph()
    errors = [
        distortion(image, quantize(image, 8, random_state=0, n_init=n).recolored).psnr
        for n in (1, 10)
    ]
    assert errors[1] >= errors[0] - 0.01  # rounding of the palette


def test_as_many_colours_as_the_image_has_lose_nothing():
    image = photograph() // 64 * 64
    n_distinct = len(np.unique(image.reshape(-1, 3), axis=0))
    recolored, palette, _ = quantize(image, n_distinct, random_state=0)
    np.testing.assert_array_equal(recolored, image)
    assert len(palette) == n_distinct
    assert distortion(image, recolored) == (0, np.inf)


def test_a_single_pixel():
    recolored, palette, labels = quantize(np.uint8([[[1, 2, 3]]]), 1)
    assert recolored.tolist() == [[[1, 2, 3]]]
    assert palette.tolist() == [[1, 2, 3]]
    assert labels.tolist() == [[0]]


def test_labels_use_the_smallest_dtype():
    image = noise((40, 40, 3))
    assert quantize(image, 256, random_state=0).labels.dtype == np.uint8
    assert quantize(image, 257, random_state=0).labels.dtype == np.uint16


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_an_image_of_fewer_colours_keeps_them_all(dtype):
    image = photograph().astype(dtype) // 64 * 64
    n_distinct = len(np.unique(image.reshape(-1, 3), axis=0))
    recolored, palette, labels = quantize(image, n_distinct + 300)
    np.testing.assert_array_equal(recolored, image)
    assert len(palette) == n_distinct
    assert labels.dtype == np.uint8


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (np.zeros((2, 2)), TypeError, r"image has dtype float64; .*np\.uint8\(np\.rint\(255"),
        (np.zeros((2, 2, 3), np.uint32), TypeError, r"dtype uint32; .*image\.astype\(np\.uint16"),
        ([[1, 2], [3, 4]], TypeError, r"dtype int64; .*image\.astype\(np\.uint8"),
        (np.zeros((2, 2), bool), TypeError, r"image has dtype bool; .*np\.uint8\(255\) \* image"),
        (None, TypeError, r"image has dtype object; .*uint8 or uint16\.$"),
        (
            "coffee.png",
            TypeError,
            r"^image='coffee\.png' is a path or text; open the picture first: "
            r"PIL\.Image\.open\('coffee\.png'\)\.$",
        ),
        (
            Path("coffee.png"),
            TypeError,
            r"^image=\w+Path\('coffee\.png'\) is a path .*PIL\.Image\.open",
        ),
        (b"coffee.png", TypeError, r"^image=b'coffee\.png' is a path .*PIL\.Image\.open"),
        (np.ma.masked_less(np.eye(2, dtype=np.uint8), 1), TypeError, "image is a masked array; "),
        ([np.ma.masked_less(np.eye(2, dtype=np.uint8), 1)], ValueError, "image has 2 masked value"),
        (np.zeros(4, np.uint8), ValueError, r"image has shape \(4,\); pass \(height, width\)"),
        (np.zeros((2, 2, 5), np.uint8), ValueError, r"image has shape \(2, 2, 5\); pass "),
        (np.zeros((3, 9, 8), np.uint8), ValueError, r"np\.moveaxis\(image, 0, -1\) moves"),
        (np.zeros((1, 2, 2, 3), np.uint8), ValueError, r"image has shape \(1, 2, 2, 3\); pass "),
        (np.zeros((0, 5, 3), np.uint8), ValueError, r"image has shape \(0, 5, 3\) and no pixels"),
    ],
)
def test_not_an_image(image, error, message):
    with pytest.raises(error, match=message):
        quantize(image, 1)


def test_levels_of_16_bits_keep_their_precision():
    image = np.uint16([[1000, 1002, 1002, 60000]])
    recolored, palette, labels = quantize(image, 2, random_state=0)
    assert palette[:, 0].tolist() == [1001, 60000]
    assert recolored.tolist() == [[1001, 1001, 1001, 60000]]
    assert labels.tolist() == [[0, 0, 0, 1]]
    image = photograph().astype(np.uint16) * 257 + noise((80, 120, 3))
    recolored, palette, labels = quantize(image, 20, space="rgb", random_state=0)
    np.testing.assert_array_equal(labels, all_distances(image, palette).argmin(axis=-1))
    np.testing.assert_array_equal(recolored, palette[labels])


@pytest.mark.parametrize(
    ("n_colors", "error"), [(0, ValueError), (-1, ValueError), (2.0, TypeError), (None, TypeError)]
)
def test_not_a_number_of_colours(n_colors, error):
    with pytest.raises(error, match="n_colors"):
        quantize(noise((4, 4)), n_colors)


def test_centres_that_round_to_one_colour_make_room_for_the_costliest_colour():
    colors = np.uint8([[10, 10, 10], [11, 10, 10], [40, 40, 40], [90, 90, 90]])
    counts = np.array([5, 5, 1, 2])
    rounded = np.uint8([[10, 10, 10], [10, 10, 10], [40, 40, 40]])
    for space in ("oklab", "lab", "rgb"):
        palette, nearest = _palette.complete_palette(rounded, colors, counts, space, colors[:0])
        assert palette.tolist() == [[10, 10, 10], [40, 40, 40], [90, 90, 90]]
        assert nearest.tolist() == [0, 0, 1, 2]


def test_a_centre_without_a_colour_after_rounding_makes_room():
    colors, rounded = np.uint8([[0], [9], [20]]), np.uint8([[0], [200], [9]])
    for space in ("oklab", "lab", "rgb"):
        counts = np.array([1, 1, 1])
        palette, nearest = _palette.complete_palette(rounded, colors, counts, space, colors[:0])
        assert palette.tolist() == [[0], [9], [20]]
        assert nearest.tolist() == [0, 1, 2]


def test_counting_by_table_and_by_sorting_agree(monkeypatch):
    codes = _palette.pack(noise((1100, 1000, 3)) // 8)
    monkeypatch.setattr(_palette, "BLOCK_PIXELS", 300_000)
    assert 16 * codes.size >= 256**3  # counts by table, in blocks
    for got, expected in zip(
        _palette.count(codes, 256**3), np.unique(codes, return_counts=True), strict=True
    ):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape[2:] not in ((2,), (4,))])
def test_distortion_is_numpys(shape, dtype, monkeypatch):
    image, other = noise(shape, 1, dtype), noise(shape, 2, dtype)
    difference = image.astype(float) - other.astype(float)
    monkeypatch.setattr("mixclust.images._pairs.BLOCK_PIXELS", 100)
    got = distortion(image, other)
    assert got.mean_error == pytest.approx(np.abs(difference).mean(), rel=1e-12)
    assert got.psnr == pytest.approx(
        20 * np.log10(np.iinfo(dtype).max / np.sqrt((difference**2).mean())), rel=1e-12
    )


def test_distortion_of_nothing_visible_is_nan():
    assert np.isnan(distortion(*[np.zeros((2, 2, 4), np.uint8)] * 2)).all()


def test_distortion_refuses_other_shapes():
    with pytest.raises(ValueError, match=r"^recolored has shape \(2, 3\) and image \(3, 2\); "):
        distortion(noise((3, 2)), noise((2, 3)))
    with pytest.raises(TypeError, match=r"^recolored has dtype uint16 and image uint8; "):
        distortion(noise((3, 2)), noise((3, 2), dtype=np.uint16))
    with pytest.raises(TypeError, match=r"^recolored='a\.png' is a path"):
        distortion(noise((3, 2)), "a.png")


def test_pillow_is_not_imported_for_arrays(tmp_path):
    code = (
        "import sys, numpy as np, mixclust.images as images; "
        "images.quantize(np.zeros((2, 2), np.uint8), 1); print('PIL' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_the_guide_shows_code_that_runs():
    guide = (PROJECT / "docs" / "images.md").read_text(encoding="utf-8")
    [block] = re.findall(r"^```python\n(.*?)^```", guide, flags=re.M | re.S)
    exec(compile(block, "images.md", "exec"), {})


def test_tables_of_levels_are_grey_images():
    levels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    expected = quantize(levels, 2, random_state=0)
    np.testing.assert_array_equal(quantize(pd.DataFrame(levels), 2, random_state=0)[0], expected[0])
