"""`dither` gives the colours of the palette, and areas their mean colour."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mixclust.images import apply_palette, dither, quantize

PHOTO = Path(__file__).parents[2] / "examples" / "coffee.png"


def photograph():
    return np.asarray(Image.open(PHOTO))[100:300, 100:340]


def areas(image):
    """Mean colours of squares of 8 pixels."""
    height, width = image.shape[0] // 8, image.shape[1] // 8
    blocks = image[: 8 * height, : 8 * width].reshape(height, 8, width, 8, -1)
    return blocks.mean(axis=(1, 3))


@pytest.mark.parametrize("method", ["floyd-steinberg", "blue-noise"])
@pytest.mark.parametrize("n_colors", [2, 7, 16, 256])
def test_areas_are_nearer_to_the_image_than_without_dithering(n_colors, method):
    image = photograph()
    palette = quantize(image, n_colors, random_state=0).palette
    recolored, got, labels = dither(image, palette, method=method)
    np.testing.assert_array_equal(got, palette)
    np.testing.assert_array_equal(recolored, palette[labels])
    assert labels.dtype == np.uint8
    plain = apply_palette(image, palette).recolored
    errors = [((areas(image) - areas(each)) ** 2).mean() for each in (recolored, plain)]
    assert errors[0] < 0.9 * errors[1]


def test_grey_and_equal_colours():
    grey = np.repeat(np.arange(256, dtype=np.uint8)[np.newaxis], 64, axis=0)
    palette = np.uint8([[0, 0, 0], [255, 255, 255], [255, 255, 255]])
    recolored, _, labels = dither(grey, palette)
    assert recolored.shape == (64, 256, 3)
    assert labels.max() <= 2
    means = areas(recolored)[..., 0].mean(axis=0)
    np.testing.assert_allclose(means, areas(grey[..., np.newaxis])[0, :, 0], atol=25)


@pytest.mark.parametrize("method", ["floyd-steinberg", "blue-noise"])
def test_transparent_pixels_stay_so_and_pass_no_error_on(method):
    image = np.zeros((20, 30, 4), np.uint8)
    image[:, 10:20] = [255, 255, 255, 255]
    image[:, :10, :3] = 128
    image[:, 20:] = [0, 0, 0, 255]
    black_and_white = np.uint8([[0, 0, 0], [255, 255, 255]])
    recolored, palette, labels = dither(image, black_and_white, method=method)
    assert palette.tolist() == [[0, 0, 0, 255], [255, 255, 255, 255], [0, 0, 0, 0]]
    expected = np.repeat([2, 1, 0], 10)
    np.testing.assert_array_equal(labels, np.broadcast_to(expected, (20, 30)))
    np.testing.assert_array_equal(recolored, palette[labels])
    own = np.uint8([[9, 9, 9, 0], [0, 0, 0, 255], [255, 255, 255, 255]])
    np.testing.assert_array_equal(
        dither(image, own, method=method).labels[0], np.repeat([0, 2, 1], 10)
    )


def test_an_image_without_visible_pixels():
    recolored, palette, labels = dither(np.zeros((3, 4, 4), np.uint8), np.uint8([[9, 9, 9, 0]]))
    assert palette.tolist() == [[9, 9, 9, 0]]
    assert not labels.any()
    assert (recolored == palette[0]).all()


def test_refusals():
    image, palette = photograph(), np.uint8([[0, 0, 0], [255, 255, 255]])
    with pytest.raises(TypeError, match=r"^image has 16-bit levels, and a palette 8 bits; pass np"):
        dither(image.astype(np.uint16), palette)
    half = np.dstack([image, np.full(image.shape[:2], 99, np.uint8)])
    with pytest.raises(ValueError, match=r"^image has partly transparent pixels, .* apply_palette"):
        dither(half, palette)
    with pytest.raises(ValueError, match=r"^palette has partly transparent colours, .* 0 or 255"):
        dither(image, np.uint8([[0, 0, 0, 9]]))
    with pytest.raises(ValueError, match=r"^palette has 257 opaque colours; .* 1 to 256\.$"):
        dither(image, np.zeros((257, 3), np.uint8))
    with pytest.raises(ValueError, match=r"^palette has no opaque colour; .* 1 to 256\.$"):
        dither(image, np.zeros((1, 4), np.uint8))
