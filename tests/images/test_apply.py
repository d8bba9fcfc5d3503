"""`apply_palette` against plain NumPy."""

import re

import numpy as np
import pytest

from mixclust.images import apply_palette, dither, quantize

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


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("with_clear_colour", [False, True])
def test_visible_pixels_never_take_a_fully_transparent_colour(space, with_clear_colour):
    image = np.full((20, 20, 4), 200, np.uint8)
    image[..., 3] = 90
    palette = np.uint8([[255, 0, 0, 255], [0, 0, 255, 255], [200, 200, 200, 255]])
    if with_clear_colour:
        palette = np.insert(palette, 1, [200, 200, 200, 0], axis=0)
    without = apply_palette(image, palette, space=space)
    assert (without.recolored[..., 3] == 255).all()
    np.testing.assert_array_equal(without.palette, palette)
    image[0, 0] = 0
    got = apply_palette(image, palette, space=space)
    assert len(got.palette) == 4
    assert got.recolored[0, 0, 3] == 0
    assert got.labels.dtype == np.uint8
    np.testing.assert_array_equal(got.labels.ravel()[1:], without.labels.ravel()[1:])


def test_several_transparent_colours_and_pixels():
    palette = np.uint8([[0, 0, 0, 255], [9, 9, 9, 0], [0, 0, 0, 0], [0, 0, 0, 1]])
    image = np.uint8([[[1, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 2]]])
    assert apply_palette(image, palette).labels.tolist() == [[1, 3, 3]]
    clear = palette[1:3]
    assert apply_palette(image[:, :1], clear).labels.tolist() == [[0]]
    assert apply_palette(image[:, :1], palette[:1]).labels.tolist() == [[1]]
    for pixels in (image, image[..., :3]):
        with pytest.raises(ValueError, match=r"^palette has only fully transparent colours, which"):
            apply_palette(pixels, clear)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("n_channels", [1, 2, 3, 4])
@pytest.mark.parametrize("alpha", ["soft", "faint", "hard", "soft, none clear"])
def test_the_palette_of_a_picture_gives_the_same_picture(space, n_channels, alpha):
    image = noise(30, 40, n_channels)
    if n_channels in (2, 4):
        levels = {"soft": image[..., -1], "faint": image[..., -1] // 64, "hard": 255}
        image[..., -1] = levels.get(alpha, image[..., -1] | 1)
        if "none" not in alpha:
            image[:3, :, -1] = 0
    for n_colors in (2, 5, 60):
        found = quantize(image, n_colors, space=space, random_state=0)
        again = apply_palette(image, found.palette, space=space)
        np.testing.assert_array_equal(again.palette, found.palette)
        np.testing.assert_array_equal(again.labels, found.labels)
        if n_channels > 2:
            np.testing.assert_array_equal(again.recolored, found.recolored)


def test_dithering_follows_the_same_rule():
    image = noise(30, 40, 4)
    image[..., 3] = 255
    image[:3, :, 3] = 0
    palette = quantize(image, 5, random_state=0).palette
    labels = dither(image, palette).labels
    np.testing.assert_array_equal(labels == 0, image[..., 3] == 0)


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
