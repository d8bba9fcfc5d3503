"""mixclust.images on pictures with transparency."""

import numpy as np
import pytest

from mixclust.images import _palette, distortion, quantize


def shadow():
    """A dark red disc with a soft black shadow on a transparent ground: shape (60, 80, 4)."""
    y, x = np.mgrid[:60, :80]
    image = np.zeros((60, 80, 4), np.uint8)
    image[..., 3] = (200 - 8 * np.hypot(y - 34, x - 46)).clip(0, 160)
    disc = np.hypot(y - 26, x - 34) < 12
    image[disc] = [160, 20, 30, 255]
    image[disc, 0] += (y[disc] % 7).astype(np.uint8)
    return image


def over(image, background):
    """The colours as they look over a background."""
    color, alpha = image[..., :-1].astype(float), image[..., -1:] / 255
    return color * alpha + background * (1 - alpha)


def seen_distances(pixels, palette):
    """Mean squared distance over black and white of each pixel to each palette colour."""
    return np.mean(
        [
            ((over(pixels, b)[..., np.newaxis, :] - over(palette, b)) ** 2).sum(axis=-1)
            for b in (0, 255)
        ],
        axis=0,
    )


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("n_colors", [2, 3, 16, 60])
def test_entries_hold_their_own_alpha_and_labels_are_the_nearest_as_seen(n_colors, grey):
    image = shadow()[..., 2:] if grey else shadow()
    recolored, palette, labels = quantize(image, n_colors, space="rgb", random_state=0)
    assert palette.shape == (n_colors, 4)
    np.testing.assert_array_equal(recolored, (palette[:, [0, 3]] if grey else palette)[labels])
    hidden = image[..., -1] == 0
    assert palette[0].tolist() == [0, 0, 0, 0]
    np.testing.assert_array_equal(labels == 0, hidden)
    entries = palette[1:, [0, 3]] if grey else palette[1:]
    distances = seen_distances(image[~hidden], entries)
    got = distances[np.arange(len(distances)), labels[~hidden].astype(int) - 1]
    np.testing.assert_allclose(got, distances.min(axis=1), atol=1e-9)
    assert len(np.unique(palette, axis=0)) == len(np.unique(labels)) == n_colors


def test_a_soft_shadow_stays_soft():
    image = shadow()
    recolored = quantize(image, 16, random_state=0).recolored
    for background in (0, 128, 255):
        assert np.abs(over(image, background) - over(recolored, background)).max() < 10
    assert len(np.unique(recolored[..., 3])) > 10


def test_clustering_is_that_of_colours_seen_over_black_and_white():
    rng = np.random.default_rng(3)
    image = rng.integers(0, 256, (20, 20, 4), dtype=np.uint8)
    image[..., 3] |= 1
    palette, labels = quantize(image, 1, space="rgb")[1:]
    alpha = image[..., 3].mean()
    premultiplied = (image[..., :3] * (image[..., 3:] / 255)).reshape(-1, 3).mean(axis=0)
    expected = [*premultiplied / (alpha / 255), alpha]
    np.testing.assert_allclose(palette[0], expected, atol=1.01)
    assert (labels == 0).all()


@pytest.mark.parametrize("shape", [(20, 20, 2), (20, 20, 4)])
def test_pixels_that_are_opaque_or_nothing_give_the_palette_of_the_opaque(shape):
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    image[..., -1] = np.where(image[..., -1] < 128, 0, 255)
    hidden = image[..., -1] == 0
    recolored, palette, labels = quantize(image, 5, random_state=0)
    opaque = image[~hidden][np.newaxis, :, :-1]
    alone = quantize(opaque, 4, random_state=0)
    np.testing.assert_array_equal(palette[1:, :3], alone.palette)
    assert palette[:, 3].tolist() == [0, 255, 255, 255, 255]
    np.testing.assert_array_equal(labels[~hidden], alone.labels[0] + 1)
    assert (recolored[hidden] == 0).all()
    assert distortion(image, recolored) == pytest.approx(
        distortion(opaque, alone.recolored), rel=1e-12
    )
    image[hidden, :-1] = 77  # hidden colours make no difference
    for a, b in zip(quantize(image, 5, random_state=0), (recolored, palette, labels), strict=True):
        np.testing.assert_array_equal(a, b)


def test_alpha_that_is_opaque_everywhere_gives_the_palette_of_rgb():
    image = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    with_alpha = np.dstack([image, np.full((20, 20), 255, np.uint8)])
    plain, result = quantize(image, 9, random_state=0), quantize(with_alpha, 9, random_state=0)
    np.testing.assert_array_equal(result.palette[:, :3], plain.palette)
    np.testing.assert_array_equal(result.labels, plain.labels)
    assert (result.palette[:, 3] == 255).all()


def test_all_256_entries_with_a_transparent_pixel():
    image = np.random.default_rng(0).integers(0, 256, (40, 40, 4), dtype=np.uint8)
    image[..., 3] = 255
    image[0, 0, 3] = 0
    _, palette, labels = quantize(image, 256, random_state=0)
    assert len(palette) == 256
    assert labels.dtype == np.uint8
    np.testing.assert_array_equal(labels == 0, image[..., 3] == 0)


def test_one_alpha_throughout_is_kept():
    image = np.random.default_rng(0).integers(0, 256, (9, 9, 4), dtype=np.uint8)
    image[..., 3] = 100
    recolored, palette, _ = quantize(image, 8, random_state=0)
    assert (palette[:, 3] == 100).all()
    assert (recolored[..., 3] == 100).all()
    np.testing.assert_array_equal(quantize(image, 81).recolored, image)


def test_every_pixel_transparent_is_one_entry():
    image = np.full((3, 3, 4), 9, np.uint8)
    image[..., 3] = 0
    recolored, palette, labels = quantize(image, 7)
    assert palette.tolist() == [[0, 0, 0, 0]]
    assert not labels.any()
    assert not recolored.any()


def test_one_colour_beside_transparent_pixels_is_refused():
    image = np.uint8([[[1, 2, 3, 0], [1, 2, 3, 9]]])
    with pytest.raises(ValueError, match=r"^n_colors=1 leaves no colour beside .*at least 2\.$"):
        quantize(image, 1)


def test_partial_transparency_of_16_bits_is_refused():
    image = np.uint16([[[1, 2, 3, 9]]])
    with pytest.raises(ValueError, match=r"16-bit levels and partial .*np\.rint\(image / 257\)"):
        quantize(image, 1)


def test_faint_colours_round_to_distinct_visible_entries():
    # Colours of alpha 1 and 2 lie closer together than entries of the palette do.
    rng = np.random.default_rng(0)
    image = np.dstack([rng.integers(0, 256, (30, 30, 3)), rng.integers(1, 3, (30, 30))])
    _, palette, labels = quantize(image.astype(np.uint8), 200, random_state=0)
    assert len(np.unique(palette, axis=0)) == len(np.unique(labels)) == 200
    assert palette[:, 3].min() >= 1


def test_looking_up_by_table_and_by_sorting_agree(monkeypatch):
    image = shadow()[..., 2:]
    expected = quantize(image, 12, random_state=0)
    monkeypatch.setattr(_palette, "MAX_TABLE_CODES", 1)
    for got, right in zip(quantize(image, 12, random_state=0), expected, strict=True):
        np.testing.assert_array_equal(got, right)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("n_channels", [2, 4])
def test_distortion_is_the_worse_of_black_and_white(n_channels, dtype, monkeypatch):
    rng, top = np.random.default_rng(1), np.iinfo(dtype).max
    image, other = rng.integers(0, top + 1, (2, 30, 40, n_channels), dtype=dtype)
    image[:7, :, -1] = other[5:9, :, -1] = 0
    visible = (image[..., -1] > 0) | (other[..., -1] > 0)
    differences = []
    for background in (0, 1):
        a, b = (
            x[..., :-1] / top * (x[..., -1:] / top) + background * (1 - x[..., -1:] / top)
            for x in (image.astype(float), other.astype(float))
        )
        differences.append(top * (a - b)[visible])
    monkeypatch.setattr("mixclust.images._pairs.BLOCK_PIXELS", 100)
    got = distortion(image, other)
    mean_errors = [np.abs(d).mean() for d in differences]
    assert mean_errors[0] != pytest.approx(mean_errors[1], rel=1e-6)
    assert got.mean_error == pytest.approx(max(mean_errors), rel=1e-12)
    assert got.psnr == pytest.approx(
        min(20 * np.log10(top / np.sqrt((d**2).mean())) for d in differences), rel=1e-12
    )


def test_distortion_sees_lost_alpha():
    image = np.uint8([[[0, 0, 0, 128]]])
    opaque, clear = np.uint8([[[0, 0, 0, 255]]]), np.uint8([[[0, 0, 0, 0]]])
    assert distortion(image, opaque).mean_error == pytest.approx(127)
    assert distortion(image, clear).mean_error == pytest.approx(128)
    assert distortion(clear, opaque).mean_error == pytest.approx(255)
