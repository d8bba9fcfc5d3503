"""Dithering by blue noise: the mask, its spectrum, and mixtures that have the right mean."""

import subprocess
import sys

import numpy as np
import pytest

from mixclust.images import dither, quantize
from mixclust.images._blue_noise import SIDE, threshold_ranks

BLACK_AND_WHITE = np.uint8([[0, 0, 0], [255, 255, 255]])
MASK = "a494b7589332899c9598d8a0315897efe5599f12a47481163295b0f0d49191ee"


@pytest.mark.parametrize("share", [0.05, 0.1, 0.25, 0.5, 0.75, 0.9])
def test_the_mask_has_no_low_frequencies(share):
    ranks = threshold_ranks()
    np.testing.assert_array_equal(np.sort(ranks, axis=None), np.arange(SIDE * SIDE))
    pattern = (ranks < share * SIDE * SIDE).astype(float)
    power = np.abs(np.fft.fft2(pattern - pattern.mean())) ** 2
    frequency = np.fft.fftfreq(SIDE) * SIDE  # waves a side
    radius = np.hypot(frequency[:, np.newaxis], frequency)
    # Points that are as far apart as they can be have waves of about this number a side.
    principal = SIDE * np.sqrt(min(share, 1 - share))
    low = power[(radius > 0) & (radius < principal / 3)].mean() / power.mean()
    assert low < 0.1
    white = np.random.default_rng(0).permutation(SIDE * SIDE).reshape(SIDE, SIDE)
    pattern = (white < share * SIDE * SIDE).astype(float)
    power = np.abs(np.fft.fft2(pattern - pattern.mean())) ** 2
    assert power[(radius > 0) & (radius < principal / 3)].mean() / power.mean() > 0.5


def test_the_mask_is_the_same_in_every_process():
    code = (
        "from mixclust.images._blue_noise import threshold_ranks as f; import hashlib; "
        "print(hashlib.sha256(f().astype('<i4').tobytes()).hexdigest())"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()
    assert found == MASK
    assert threshold_ranks() is threshold_ranks()  # it is made once
    assert not threshold_ranks().flags.writeable


@pytest.mark.parametrize("level", [0, 3, 64, 127, 200, 254, 255])
def test_areas_keep_their_mean(level):
    image = np.full((128, 192), level, np.uint8)
    recolored = dither(image, BLACK_AND_WHITE, method="blue-noise").recolored
    assert abs(recolored.mean() - level) <= 255 / 64
    halves = recolored[:64, :64, 0].reshape(8, 8, 8, 8).mean(axis=(1, 3))
    assert halves.std() < 12  # blocks of 8 pixels are as bright as each other


def test_pixels_depend_on_their_own_colour_and_place_alone():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (70, 130, 3), dtype=np.uint8)
    palette = quantize(image, 12, random_state=0).palette
    labels = dither(image, palette, method="blue-noise").labels
    other = image.copy()
    other[20:40] = 255 - other[20:40]
    changed = dither(other, palette, method="blue-noise").labels
    np.testing.assert_array_equal(
        np.delete(changed, np.s_[20:40], 0), np.delete(labels, np.s_[20:40], 0)
    )
    assert (changed != labels).any()


def test_a_colour_of_the_palette_stays_and_one_colour_is_taken_everywhere():
    palette = np.uint8([[10, 20, 30], [200, 100, 50], [0, 255, 0]])
    labels = np.random.default_rng(0).integers(0, 3, (66, 70))
    recolored = dither(palette[labels], palette, method="blue-noise").recolored
    np.testing.assert_array_equal(recolored, palette[labels])
    alone = dither(palette[labels], palette[:1], method="blue-noise").labels
    assert not alone.any()


def test_unknown_method():
    with pytest.raises(ValueError, match="method='bayer'"):
        dither(np.zeros((2, 2), np.uint8), BLACK_AND_WHITE, method="bayer")
