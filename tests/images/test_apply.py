"""`apply_palette` against plain NumPy."""

import re

import numpy as np
import pytest

from mixclust.images import apply_palette

SPACES = ["oklab", "lab", "rgb"]


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 1), (20, 30, 3)])
def test_opaque_images(space, shape):
    image, palette = noise(*shape), noise(9, 3)
    recolored, got, labels = apply_palette(image, palette, space=space)
    np.testing.assert_array_equal(got, palette)
    np.testing.assert_array_equal(recolored, palette[labels])
    assert recolored.shape == (20, 30, 3)
    if space == "rgb":
        rgb = np.broadcast_to(image.reshape(20, 30, -1), (20, 30, 3)).astype(int)
        distances = ((rgb[:, :, np.newaxis] - palette.astype(int)) ** 2).sum(axis=-1)
        np.testing.assert_array_equal(labels, distances.argmin(axis=-1))


@pytest.mark.parametrize("space", SPACES)
def test_an_image_of_the_palette_is_unchanged(space):
    palette = noise(300, 3)
    image = palette[np.random.default_rng(1).integers(0, 300, (20, 30))]
    recolored, _, labels = apply_palette(image, palette, space=space)
    np.testing.assert_array_equal(recolored, image)
    assert labels.dtype == np.uint16


def test_the_first_of_equal_colours_is_taken():
    palette = np.uint8([[9, 9, 9], [1, 2, 3], [1, 2, 3]])
    assert apply_palette(np.uint8([[[1, 2, 3]]]), palette).labels.tolist() == [[1]]


@pytest.mark.parametrize("space", SPACES)
def test_transparent_pixels_take_the_transparent_colour(space):
    image = np.uint8([[[9, 9, 9, 0], [9, 9, 9, 255], [250, 250, 250, 200]]])
    opaque = np.uint8([[255, 255, 255], [0, 0, 0]])
    recolored, palette, labels = apply_palette(image, opaque, space=space)
    assert palette.tolist() == [[255, 255, 255, 255], [0, 0, 0, 255], [0, 0, 0, 0]]
    assert labels.tolist() == [[2, 1, 0]]
    np.testing.assert_array_equal(recolored, palette[labels])
    own = np.uint8([[7, 7, 7, 0], [255, 255, 255, 255], [0, 0, 0, 255]])
    recolored, palette, labels = apply_palette(image, own, space=space)
    np.testing.assert_array_equal(palette, own)
    assert labels.tolist() == [[0, 2, 1]]
    grey = np.uint8([[[9, 0], [250, 255]]])
    assert apply_palette(grey, opaque, space=space).labels.tolist() == [[2, 0]]
    opaque_image = image[:, 1:2, :3]
    assert apply_palette(opaque_image, own, space=space).recolored.tolist() == [[[0, 0, 0, 255]]]


def test_refusals():
    image, palette = noise(4, 5, 3), noise(3, 3)
    with pytest.raises(TypeError, match=re.escape("16-bit levels, and a palette 8 bits; pass np.")):
        apply_palette(image.astype(np.uint16), palette)
    with pytest.raises(ValueError, match=r"^palette has shape \(0, 3\); pass \(n_colors, 3\) "):
        apply_palette(image, palette[:0])
    with pytest.raises(ValueError, match=r"^palette has shape \(9,\); pass"):
        apply_palette(image, palette.ravel())
    with pytest.raises(ValueError, match=r"^space='hsv' is not a colour space"):
        apply_palette(image, palette, space="hsv")
    with pytest.raises(TypeError, match=r"^image='a\.png' is a path"):
        apply_palette("a.png", palette)
