"""Palettes with kept colours, and palettes of as few colours as an error allows."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mixclust.images import color_difference, quantize

PHOTO = Path(__file__).parents[2] / "examples" / "coffee.png"
SPACES = ["oklab", "lab", "rgb"]
RED_AND_BLUE = np.uint8([[255, 0, 0], [0, 0, 255]])


def photograph():
    """Every fifth pixel of the photograph of a coffee, shape (80, 120, 3)."""
    return np.asarray(Image.open(PHOTO))[::5, ::5]


def rows_of(array):
    return set(map(tuple, array.tolist()))


# --- kept colours --------------------------------------------------------------------------------


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("n_colors", [2, 3, 12])
def test_kept_colours_are_in_the_palette_as_they_are(space, n_colors):
    image = photograph()
    recolored, palette, labels = quantize(
        image, n_colors, space=space, keep=RED_AND_BLUE, random_state=0
    )
    assert palette.shape == (n_colors, 3)
    assert rows_of(RED_AND_BLUE) <= rows_of(palette)
    assert len(rows_of(palette)) == n_colors
    np.testing.assert_array_equal(recolored, palette[labels])
    if space == "rgb":
        squares = ((image[:, :, np.newaxis].astype(int) - palette.astype(int)) ** 2).sum(axis=-1)
        np.testing.assert_array_equal(labels, squares.argmin(axis=-1))
    free = [k for k, color in enumerate(palette.tolist()) if color not in RED_AND_BLUE.tolist()]
    assert set(free) <= set(np.unique(labels))


def test_free_colours_are_as_good_as_without_kept_ones_that_nothing_is_near_to():
    image = photograph()
    plain = quantize(image, 10, random_state=0).recolored
    beside = quantize(image, 12, keep=[[0, 255, 0], [255, 0, 255]], random_state=0, n_init=5)
    assert color_difference(image, beside.recolored) < 1.03 * color_difference(image, plain)


@pytest.mark.parametrize("space", SPACES)
def test_all_colours_beside_kept_ones(space):
    image = photograph() // 64 * 64
    distinct = rows_of(image.reshape(-1, 3))
    keep = [[255, 1, 2], next(iter(distinct))]
    for n_colors in (len(distinct) + 1, len(distinct) + 50):
        recolored, palette, _ = quantize(image, n_colors, space=space, keep=keep)
        np.testing.assert_array_equal(recolored, image)
        assert rows_of(palette) == distinct | {(255, 1, 2)}
    for n_colors in (2, 3, 5):  # more centres than the two colours of the image
        two = np.uint8([[[9, 9, 9], [200, 200, 200]]])
        palette = quantize(two, n_colors, space=space, keep=[[1, 1, 1], [0, 255, 0]]).palette
        assert len(palette) == min(n_colors, 4)


def test_the_seed_decides_and_more_starts_are_no_worse():
    image = photograph()
    options = {"space": "rgb", "keep": RED_AND_BLUE, "random_state": 4}
    first = quantize(image, 9, **options)
    for more in ({}, {"n_threads": 2}):
        again = quantize(image, 9, **options, **more)
        np.testing.assert_array_equal(first.palette, again.palette)
    best = quantize(image, 9, **options, n_init=5)
    errors = [((image - r.recolored.astype(float)) ** 2).mean() for r in (best, first)]
    assert errors[0] < 1.01 * errors[1]


def test_grey_becomes_rgb_and_transparent_pixels_have_their_entry():
    grey = photograph()[..., 1]
    result = quantize(grey, 5, keep=[[255, 0, 0]], random_state=0)
    assert result.recolored.shape == (80, 120, 3)
    assert (255, 0, 0) in rows_of(result.palette)
    rgba = np.dstack([photograph(), np.full((80, 120), 255, np.uint8)])
    rgba[:5, :, 3] = 0
    result = quantize(rgba, 5, keep=[[255, 0, 0]], random_state=0)
    assert result.palette[0].tolist() == [0, 0, 0, 0]
    assert (255, 0, 0, 255) in rows_of(result.palette)
    assert len(result.palette) == 5
    result = quantize(rgba, 5, keep=[[255, 0, 0, 90]], random_state=0)
    assert (255, 0, 0, 90) in rows_of(result.palette)
    rgba[5:, :, 3] = 120
    result = quantize(rgba, 5, keep=[[255, 0, 0]], random_state=0)
    assert rows_of(result.palette) >= {(0, 0, 0, 0), (255, 0, 0, 255)}
    assert set(result.palette[:, 3].tolist()) == {0, 120, 255}
    rgba[..., 3] = 0
    assert len(quantize(rgba, 5, keep=RED_AND_BLUE).palette) == 3
    assert len(quantize(rgba, 5, keep=[[255, 0, 0, 90]]).palette) == 2


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_colors": 1, "keep": RED_AND_BLUE}, ValueError, r"^n_colors=1 is less than the 2 col"),
        (
            {"n_colors": 1, "keep": [[255, 0, 0]], "clear": True},
            ValueError,
            r"^n_colors=1 is less than the 1 colour of keep and the entry of the transparent "
            r"pixels; pass at least 2\.$",
        ),
        ({"keep": [[300, 0, 0]]}, ValueError, r"^keep has levels from 0 to 300; pass integers"),
        ({"keep": [255, 0, 0]}, ValueError, r"^keep has shape \(3,\); pass \(n_colors, 3\) for"),
        ({"keep": np.zeros((0, 3), int)}, ValueError, r"^keep has shape \(0, 3\); .* at least one"),
        ({"keep": [[0.5, 0, 0]]}, TypeError, r"^keep has dtype float64; pass integers from 0"),
        ({"keep": [[1, 2, 3, 0]]}, ValueError, r"^keep holds a fully transparent colour; leave"),
        ({"keep": RED_AND_BLUE, "dtype": np.uint16}, TypeError, r"16-bit levels, and keep 8 bits"),
        ({"max_error": -1}, ValueError, r"^max_error=-1 "),
        ({"max_error": "small"}, TypeError, r"^max_error "),
        ({"max_error": float("nan")}, ValueError, r"^max_error=nan "),
    ],
)
def test_refusals(options, error, message):
    image = photograph().astype(options.pop("dtype", np.uint8))
    if options.pop("clear", False):
        image = np.dstack([image, 255 * (image[..., 0] > image[0, 0, 0])]).astype(np.uint8)
    with pytest.raises(error, match=message):
        quantize(image, options.pop("n_colors", 4), **options)


# --- as few colours as an error allows -----------------------------------------------------------


@pytest.mark.parametrize("keep", [None, RED_AND_BLUE])
@pytest.mark.parametrize("max_error", [4.0, 2.5])
def test_a_largest_error_chooses_the_number_of_colours(max_error, keep):
    image = photograph()
    options = {"keep": keep, "random_state": 0}
    result = quantize(image, 256, max_error=max_error, **options)
    n_found = len(result.palette)
    assert color_difference(image, result.recolored) <= max_error
    same = quantize(image, n_found, **options)
    np.testing.assert_array_equal(result.labels, same.labels)
    fewer = quantize(image, n_found - 1, **options)
    assert color_difference(image, fewer.recolored) > max_error


def test_limits_of_the_search():
    image = photograph()
    assert len(quantize(image, 7, max_error=0.5, random_state=0).palette) == 7
    assert len(quantize(image, 7, max_error=100, random_state=0).palette) == 1
    assert len(quantize(image, 7, max_error=100, keep=RED_AND_BLUE).palette) == 2
    few = image // 64 * 64
    result = quantize(few, 256, max_error=0, random_state=0)
    np.testing.assert_array_equal(result.recolored, few)
    assert len(quantize(np.zeros((2, 2, 4), np.uint8), 5, max_error=1).palette) == 1
