"""Weights of rare saturated colours: accents survive, and strength 0 changes no bit."""

import numpy as np
import pytest

from mixclust.images import color_difference, quantize
from mixclust.images._accents import MAX_FACTOR, accent_weights


def scene():
    """A grey and brown picture with a red spot of 0.2 % of the pixels, as a mask too."""
    rng = np.random.default_rng(0)
    noise = rng.normal([8, 0, -8], 4, (60, 100, 3))
    image = rng.normal(110, 45, (60, 100, 1)) + noise
    image = image.clip(0, 255)
    spot = np.zeros((60, 100), bool)
    spot[10:13, 20:24] = True
    image[spot] = [230, 20, 30]
    return np.uint8(image), spot


@pytest.mark.parametrize("space", ["oklab", "lab", "rgb"])
def test_a_rare_spot_gets_a_colour_of_its_own(space):
    image, spot = scene()
    errors = []
    for accents in (0, 1):
        recolored = quantize(image, 4, accents=accents, space=space, random_state=0).recolored
        errors.append(color_difference(image[spot][None], recolored[spot][None]))
    assert errors[0] > 20
    assert errors[1] < 2


def test_strength_0_and_grey_change_no_bit():
    image, _ = scene()
    for picture, accents in ((image, 0), (image[..., 0], 1)):
        plain = quantize(picture, 8, random_state=0)
        same = quantize(picture, 8, accents=accents, random_state=0)
        np.testing.assert_array_equal(plain.palette, same.palette)
        np.testing.assert_array_equal(plain.labels, same.labels)


def test_with_kept_colours_alpha_and_a_largest_error():
    image, spot = scene()
    options = {"accents": 1.0, "random_state": 0}
    kept = quantize(image, 8, keep=[[0, 0, 255]], **options)
    assert [0, 0, 255] in kept.palette.tolist()
    assert color_difference(image[spot][None], kept.recolored[spot][None]) < 2
    rgba = np.dstack([image, np.where(spot, 90, 255).astype(np.uint8)])
    found = quantize(rgba, 8, **options)
    assert color_difference(rgba[spot][None], found.recolored[spot][None]) < 2
    few = quantize(image, 256, max_error=6.0, **options)
    assert color_difference(image, few.recolored) <= 6.0


def test_weights():
    colors = np.uint8([[255, 0, 0], [128, 128, 128], [0, 0, 255], [254, 0, 1]])
    counts = np.array([10, 99_000, 1, 10])
    weights = accent_weights(colors, counts, 1.0, 4)
    assert weights[1] == 99_000  # it is common, and grey
    assert weights[2] == pytest.approx(MAX_FACTOR)
    # Alike colours are rare together: both reds have 20 pixels.
    assert weights[0] == weights[3] == pytest.approx(10 * MAX_FACTOR)
    half = accent_weights(colors, counts, 0.5, 4)
    np.testing.assert_allclose(
        half, counts * [MAX_FACTOR**0.5, 1, MAX_FACTOR**0.5, MAX_FACTOR**0.5]
    )
    many = accent_weights(colors, np.array([4000, 8000, 100, 4000]), 1.0, 4)
    np.testing.assert_allclose(many[[0, 3]], 4000)  # half of the pixels are red
    np.testing.assert_allclose(many[2], 16_100 / 4)
    assert accent_weights(colors[:0], counts[:0], 1.0, 4).shape == (0,)


@pytest.mark.parametrize(
    ("accents", "error", "message"),
    [
        (1.5, ValueError, r"^accents=1\.5 must be at most 1"),
        (-0.1, ValueError, r"^accents=-0\.1 "),
        (float("nan"), ValueError, "^accents=nan "),
        ("much", TypeError, "^accents "),
    ],
)
def test_refusals(accents, error, message):
    with pytest.raises(error, match=message):
        quantize(scene()[0], 8, accents=accents)
