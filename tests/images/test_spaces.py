"""Colour spaces and CIEDE2000 against published values, and palettes that are clustered in them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mixclust import KMeans
from mixclust.images import _pairs, color_difference, distortion, quantize
from mixclust.images._ciede2000 import ciede2000
from mixclust.images._spaces import from_srgb, to_srgb

PHOTO = Path(__file__).parents[2] / "examples" / "coffee.png"
PERCEPTUAL = ["oklab", "lab"]

# Table 1 of Sharma, Wu and Dalal (2005): L, a, b of both colours, and their difference.
SHARMA = """
50.0000   2.6772 -79.7751  50.0000   0.0000 -82.7485  2.0425
50.0000   3.1571 -77.2803  50.0000   0.0000 -82.7485  2.8615
50.0000   2.8361 -74.0200  50.0000   0.0000 -82.7485  3.4412
50.0000  -1.3802 -84.2814  50.0000   0.0000 -82.7485  1.0000
50.0000  -1.1848 -84.8006  50.0000   0.0000 -82.7485  1.0000
50.0000  -0.9009 -85.5211  50.0000   0.0000 -82.7485  1.0000
50.0000   0.0000   0.0000  50.0000  -1.0000   2.0000  2.3669
50.0000  -1.0000   2.0000  50.0000   0.0000   0.0000  2.3669
50.0000   2.4900  -0.0010  50.0000  -2.4900   0.0009  7.1792
50.0000   2.4900  -0.0010  50.0000  -2.4900   0.0010  7.1792
50.0000   2.4900  -0.0010  50.0000  -2.4900   0.0011  7.2195
50.0000   2.4900  -0.0010  50.0000  -2.4900   0.0012  7.2195
50.0000  -0.0010   2.4900  50.0000   0.0009  -2.4900  4.8045
50.0000  -0.0010   2.4900  50.0000   0.0010  -2.4900  4.8045
50.0000  -0.0010   2.4900  50.0000   0.0011  -2.4900  4.7461
50.0000   2.5000   0.0000  50.0000   0.0000  -2.5000  4.3065
50.0000   2.5000   0.0000  73.0000  25.0000 -18.0000 27.1492
50.0000   2.5000   0.0000  61.0000  -5.0000  29.0000 22.8977
50.0000   2.5000   0.0000  56.0000 -27.0000  -3.0000 31.9030
50.0000   2.5000   0.0000  58.0000  24.0000  15.0000 19.4535
50.0000   2.5000   0.0000  50.0000   3.1736   0.5854  1.0000
50.0000   2.5000   0.0000  50.0000   3.2972   0.0000  1.0000
50.0000   2.5000   0.0000  50.0000   1.8634   0.5757  1.0000
50.0000   2.5000   0.0000  50.0000   3.2592   0.3350  1.0000
60.2574 -34.0099  36.2677  60.4626 -34.1751  39.4387  1.2644
63.0109 -31.0961  -5.8663  62.8187 -29.7946  -4.0864  1.2630
61.2901   3.7196  -5.3901  61.4292   2.2480  -4.9620  1.8731
35.0831 -44.1164   3.7933  35.0232 -40.0716   1.5901  1.8645
22.7233  20.0904 -46.6940  23.0331  14.9730 -42.5619  2.0373
36.4612  47.8580  18.3852  36.2715  50.5065  21.2231  1.4146
90.8027  -2.0831   1.4410  91.1528  -1.6435   0.0447  1.4441
90.9257  -0.5406  -0.9208  88.6381  -0.8985  -0.7239  1.5381
 6.7747  -0.2908  -2.4247   5.8714  -0.0985  -2.2286  0.6377
 2.0776   0.0795  -1.1350   0.9033  -0.0636  -0.5514  0.9082
"""


def photograph():
    """Every fifth pixel of the photograph of a coffee, shape (80, 120, 3)."""
    return np.asarray(Image.open(PHOTO))[::5, ::5]


def points(colors, space):
    """Colours of 8 bits as points of a space; a and b of OKLab count twice."""
    return from_srgb(colors / 255, space) * ([1, 2, 2] if space == "oklab" else 1)


# --- published values ----------------------------------------------------------------------------


def test_ciede2000_of_the_published_pairs():
    table = np.array([line.split() for line in SHARMA.split("\n") if line], float)
    assert table.shape == (34, 7)
    lab, other, expected = table[:, :3], table[:, 3:6], table[:, 6]
    np.testing.assert_allclose(ciede2000(lab, other), expected, atol=5e-5)
    np.testing.assert_allclose(ciede2000(other, lab), expected, atol=5e-5)
    assert (ciede2000(lab, lab) == 0).all()


@pytest.mark.parametrize(
    ("space", "expected", "atol"),
    [
        # CSS Color Module Level 4, sample conversions of red, lime, blue and white
        (
            "oklab",
            [
                [0.62796, 0.22486, 0.12585],
                [0.86644, -0.23389, 0.17950],
                [0.45201, -0.03246, -0.31153],
                [1, 0, 0],
            ],
            1e-5,
        ),
        # B. Lindbloom's calculator, sRGB with its own white
        (
            "lab",
            [
                [53.2408, 80.0925, 67.2032],
                [87.7347, -86.1827, 83.1793],
                [32.2970, 79.1875, -107.8602],
                [100, 0, 0],
            ],
            1e-4,
        ),
    ],
)
def test_primaries_and_white(space, expected, atol):
    levels = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], float)
    np.testing.assert_allclose(from_srgb(levels, space), expected, atol=atol)


@pytest.mark.parametrize("space", PERCEPTUAL)
def test_every_grey_is_without_chroma_and_conversions_are_inverse(space):
    grey = np.repeat(np.arange(256)[:, np.newaxis], 3, axis=1) / 255
    coordinates = from_srgb(grey, space)
    assert np.abs(coordinates[:, 1:]).max() < 1e-6
    assert (np.diff(coordinates[:, 0]) > 0).all()
    levels = np.random.default_rng(0).random((5000, 3))
    for each in (grey, levels):
        np.testing.assert_allclose(to_srgb(from_srgb(each, space), space), each, atol=1e-7)


@pytest.mark.parametrize("space", PERCEPTUAL)
def test_colours_beyond_srgb_are_clipped(space):
    vivid = from_srgb(np.array([[0, 1, 0]], float), space) * [1, 2, 2]
    levels = to_srgb(vivid, space)
    assert ((levels >= 0) & (levels <= 1)).all()


# --- palettes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("space", PERCEPTUAL)
@pytest.mark.parametrize("n_colors", [1, 16, 100])
def test_labels_are_the_nearest_colours_of_the_space(space, n_colors):
    image = photograph()
    recolored, palette, labels = quantize(image, n_colors, space=space, random_state=0)
    np.testing.assert_array_equal(recolored, palette[labels])
    pixels, entries = points(image.reshape(-1, 3), space), points(palette, space)
    distances = ((pixels[:, np.newaxis] - entries) ** 2).sum(axis=-1)
    got = distances[np.arange(len(pixels)), labels.ravel()]
    np.testing.assert_allclose(got, distances.min(axis=1), rtol=1e-4, atol=1e-9)
    assert len(np.unique(labels)) == n_colors


@pytest.mark.parametrize("space", PERCEPTUAL)
def test_centres_are_means_of_the_space(space):
    image = photograph() // 64 * 64
    palette = quantize(image, 6, space=space, random_state=0).palette
    fitted = KMeans(6, random_state=0, refine="breathing").fit(points(image.reshape(-1, 3), space))
    centers = fitted.cluster_centers_ / ([1, 2, 2] if space == "oklab" else 1)
    expected = np.rint(255 * to_srgb(centers, space))
    assert sorted(palette.tolist()) == sorted(expected.tolist())


@pytest.mark.parametrize("space", PERCEPTUAL)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_is_the_lightness_of_rgb(space, dtype):
    levels = np.random.default_rng(0).integers(0, 256, (30, 40)).astype(dtype)
    if dtype == np.uint16:
        levels *= 257
    grey = quantize(levels, 5, space=space, random_state=0)
    color = quantize(np.dstack([levels] * 3), 5, space=space, random_state=0)
    np.testing.assert_array_equal(grey.palette, color.palette)
    np.testing.assert_array_equal(grey.labels, color.labels)


def test_levels_of_16_bits_that_differ_are_different_points():
    for level in (0, 40_000, 65_534):
        image = np.full((1, 2, 3), level, np.uint16)
        image[0, 1, 2] += 1
        for space in PERCEPTUAL:
            np.testing.assert_array_equal(quantize(image, 2, space=space).recolored, image)


def test_perceptual_spaces_lower_the_difference_to_the_eye_and_rgb_that_of_levels():
    image = photograph()
    results = {
        space: quantize(image, 64, space=space, random_state=0).recolored
        for space in (*PERCEPTUAL, "rgb")
    }
    differences = {space: color_difference(image, result) for space, result in results.items()}
    errors = {space: distortion(image, result).psnr for space, result in results.items()}
    assert differences["oklab"] < 0.97 * differences["rgb"]
    assert errors["rgb"] > max(errors["oklab"], errors["lab"])


@pytest.mark.parametrize("space", PERCEPTUAL)
def test_partial_transparency_is_compared_over_black_and_over_white(space):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (20, 20, 4), dtype=np.uint8)
    image[..., 3] |= 1
    recolored, palette, labels = quantize(image, 12, space=space, random_state=0)
    np.testing.assert_array_equal(recolored, palette[labels])
    halves = []
    for background in (0, 255):
        seen = [
            each[..., :3] * (each[..., 3:] / 255) + background * (1 - each[..., 3:] / 255)
            for each in (image.reshape(-1, 4), palette)
        ]
        pixels, entries = (points(each, space) for each in seen)
        halves.append(((pixels[:, np.newaxis] - entries) ** 2).sum(axis=-1))
    distances = sum(halves)
    got = distances[np.arange(len(distances)), labels.ravel()]
    np.testing.assert_allclose(got, distances.min(axis=1), rtol=1e-4)


@pytest.mark.parametrize("space", ["hsv", "RGB", None, 3, ["lab"]])
def test_not_a_space(space):
    with pytest.raises(ValueError, match=r"^space=.* is not a colour space; pass 'oklab', 'lab' "):
        quantize(np.zeros((2, 2), np.uint8), 1, space=space)


# --- the difference of two images ----------------------------------------------------------------


def test_color_difference_is_the_mean_over_pixels(monkeypatch):
    image = photograph()
    other = np.roll(image, 7, axis=1)
    expected = ciede2000(
        *(from_srgb(each.reshape(-1, 3) / 255, "lab") for each in (image, other))
    ).mean()
    assert color_difference(image, other) == pytest.approx(expected, rel=1e-12)
    monkeypatch.setattr(_pairs, "BLOCK_PIXELS", 500)
    assert color_difference(image, other) == pytest.approx(expected, rel=1e-12)
    as_16_bits = [each.astype(np.uint16) * 257 for each in (image, other)]
    assert color_difference(*as_16_bits) == pytest.approx(expected, rel=1e-12)
    grey = [each[..., 1] for each in (image, other)]
    in_color = [np.dstack([each] * 3) for each in grey]
    assert color_difference(*grey) == pytest.approx(color_difference(*in_color), rel=1e-12)
    assert color_difference(image, image) == 0


def test_pairs_by_table_and_by_sorting_agree(monkeypatch):
    levels = np.random.default_rng(0).integers(0, 256, (40, 50, 2), dtype=np.uint8)
    image, recolored = levels[..., 0], levels[..., 0] // 16 * 16
    [table] = _pairs.color_pairs(image, recolored)
    monkeypatch.setattr(_pairs, "MAX_TABLE_CODES", 1)
    [by_sorting] = _pairs.color_pairs(image, recolored)
    for got, expected in zip(table, by_sorting, strict=True):
        np.testing.assert_array_equal(got, expected)
    monkeypatch.undo()
    [dithered] = _pairs.color_pairs(image, levels[..., 1])  # no function of the old colour
    assert dithered[2].sum() == 2000
    assert len(dithered[2]) > 256


def test_color_difference_with_alpha_is_the_worse_of_black_and_white():
    image, other = np.uint8([[[0, 0, 0, 255]]]), np.uint8([[[0, 0, 0, 0]]])
    assert color_difference(image, other) == pytest.approx(100)  # over white
    white, clear = np.uint8([[[255, 255, 255, 255]]]), np.uint8([[[9, 9, 9, 0]]])
    assert color_difference(white, clear) == pytest.approx(100)  # over black
    assert np.isnan(color_difference(clear, clear))


def test_color_difference_refuses_other_shapes():
    with pytest.raises(ValueError, match=r"^recolored has shape \(2, 3\) and image \(3, 2\); "):
        color_difference(np.zeros((3, 2), np.uint8), np.zeros((2, 3), np.uint8))
