"""``mixclust colors --all-frames``: animations and pages with one palette."""

import io
import sys

import numpy as np
import pytest
from PIL import Image, features

from mixclust._cli.main import main
from mixclust.images import load_palette, quantize

N_FRAMES = 4


def run(*arguments):
    return main(["colors", *map(str, arguments)])


def frames_of(path):
    """Pixels (RGBA) of all frames, the durations, and how often pillow says they are repeated."""
    with Image.open(path) as picture:
        pixels, durations = [], []
        for i in range(getattr(picture, "n_frames", 1)):
            picture.seek(i)
            pixels.append(np.asarray(picture.convert("RGBA")))
            durations.append(picture.info.get("duration"))
        return pixels, durations, picture.info.get("loop")


def make_animation(path, clear=False, **options):
    """Write frames of a moving disk of many colours on a gradient, and give their pixels."""
    rows, columns = np.mgrid[:20, :30]
    frames = []
    for i in range(N_FRAMES):
        image = np.stack([8 * columns, 12 * rows, np.full((20, 30), 60 * i)], axis=2)
        alpha = np.full((20, 30, 1), 255)
        if clear:
            alpha[(rows - 10) ** 2 + (columns - 5 - 5 * i) ** 2 < 20] = 0
        frames.append(np.concatenate([image, alpha], axis=2).astype(np.uint8))
    pictures = [Image.fromarray(frame) for frame in frames]
    options = {"duration": [100, 200, 50, 70], "loop": 0} | options
    pictures[0].save(path, save_all=True, append_images=pictures[1:], **options)
    return frames


@pytest.mark.parametrize("clear", [False, True])
@pytest.mark.parametrize("suffix", ["png", "gif", "webp", "tif"])
def test_all_frames_with_one_palette(folder, capsys, suffix, clear):
    if suffix == "webp" and not features.check("webp"):
        pytest.skip("this pillow writes no WebP")
    frames = make_animation("in.png", clear)
    options = ["--colors", 12, "-o", f"out.{suffix}", "--palette", "p.hex"]
    assert run("in.png", "--all-frames", *options) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == f"in.png, {N_FRAMES} frames of 30 x 20 pixels, in 12 colours:"
    found, durations, _ = frames_of(f"out.{suffix}")
    assert len(found) == N_FRAMES
    whole = np.concatenate(frames)[np.newaxis].reshape(1, -1, 4)
    expected = quantize(whole, 12, random_state=0).recolored.reshape(N_FRAMES, 20, 30, 4)
    visible = expected[..., 3] > 0
    np.testing.assert_array_equal(np.array(found)[..., 3], expected[..., 3])
    np.testing.assert_array_equal(np.array(found)[visible], expected[visible])
    palette = load_palette("p.hex")
    assert len(palette) == 12
    if suffix == "tif":
        assert err == "mixclust: note: out.tif: a TIFF holds pages, and no durations of frames.\n"
    else:
        assert err == ""
    if suffix in ("png", "gif"):
        assert durations == [100, 200, 50, 70]


@pytest.mark.parametrize(("loop", "in_gif", "in_png"), [(0, 0, 0), (None, None, 1), (2, 2, 3)])
def test_an_animation_is_played_as_often_as_before(folder, loop, in_gif, in_png):
    options = {} if loop is None else {"loop": loop}
    pictures = [Image.new("RGB", (9, 9), color) for color in ("red", "blue")]
    pictures[0].save("in.gif", save_all=True, append_images=pictures[1:], duration=50, **options)
    for suffix, expected in (("gif", in_gif), ("png", in_png)):
        assert run("in.gif", "--all-frames", "-o", f"out.{suffix}") == 0
        assert frames_of(f"out.{suffix}")[2] == expected
    assert run("out.png", "--all-frames", "-o", "again.gif") == 0
    assert frames_of("again.gif")[2] == in_gif


def test_pages_of_several_sizes_and_one_given_palette(folder, capsys):
    pages = [Image.new("RGB", size, color) for size, color in (((9, 7), "red"), ((5, 6), "navy"))]
    pages[0].save("in.tif", save_all=True, append_images=pages[1:])
    with open("p.hex", "w") as file:
        file.write("ff0000\n000080\n00ff00\n")
    assert run("in.tif", "--all-frames", "--use", "p.hex", "-o", "out.tif") == 0
    assert capsys.readouterr().out.startswith("in.tif, 2 pages of 9 x 7 pixels, in 2 colours")
    found, _, _ = frames_of("out.tif")
    assert [page.shape for page in found] == [(7, 9, 4), (6, 5, 4)]
    assert [page[0, 0].tolist() for page in found] == [[255, 0, 0, 255], [0, 0, 128, 255]]
    assert run("in.tif", "--all-frames", "-o", "out.gif") == 2
    assert capsys.readouterr().err == (
        "mixclust: error: out.gif: the pages have 2 sizes; name a .tif.\n"
    )


@pytest.mark.parametrize("method", ["floyd-steinberg", "blue-noise"])
def test_still_areas_of_dithered_frames(folder, method):
    """By blue noise, pixels that do not change between frames stay as they are."""
    frames = [np.tile(np.arange(0, 240, 4, dtype=np.uint8), (40, 1)) for _ in range(2)]
    frames[1][:20] = 255 - frames[1][:20]
    pages = [Image.fromarray(frame) for frame in frames]
    pages[0].save("in.tif", save_all=True, append_images=pages[1:])
    options = ["--colors", 3, "--dither", method, "-o", "out.png"]
    assert run("in.tif", "--all-frames", *options) == 0
    first, second = frames_of("out.png")[0]
    assert (first[20:] == second[20:]).all() == (method == "blue-noise")
    assert (first[:20] != second[:20]).any()


def test_standard_streams_and_a_file_of_one_frame(folder, capsysbinary, monkeypatch):
    frames = make_animation("in.png")
    with open("in.png", "rb") as file:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(file.read())))
    assert run("-", "--all-frames", "-o", "-") == 0
    found, durations, _ = frames_of(io.BytesIO(capsysbinary.readouterr().out))
    assert len(found) == len(frames)
    assert durations == [100, 200, 50, 70]
    assert run("photo.png", "--all-frames", "-o", "one.gif") == 0
    assert run("photo.png", "-o", "one.png") == 0
    np.testing.assert_array_equal(frames_of("one.gif")[0], frames_of("one.png")[0])


def test_the_default_image_of_an_apng_is_no_frame(folder):
    pictures = [Image.new("RGB", (9, 9), color) for color in ("lime", "red", "blue")]
    pictures[0].save(
        "in.png", save_all=True, append_images=pictures[1:], default_image=True, duration=50
    )
    assert run("in.png", "--all-frames", "-o", "out.gif") == 0
    assert [frame[0, 0].tolist() for frame in frames_of("out.gif")[0]] == [
        [255, 0, 0, 255],
        [0, 0, 255, 255],
    ]


def test_pages_of_16_bits(folder, capsys):
    pages = [Image.fromarray(np.full((4, 4), level, np.uint16)) for level in (1000, 3000)]
    pages[0].save("in.tif", save_all=True, append_images=pages[1:])
    assert run("in.tif", "--all-frames", "-o", "out.tif") == 2
    assert capsys.readouterr().err == (
        "mixclust: error: in.tif: has pages of more than 8 bits; pass --levels LOW HIGH, the range "
        "of all.\n"
    )
    assert run("in.tif", "--all-frames", "--levels", 0, 4000, "-o", "out.gif") == 0
    levels = [int(frame[0, 0, 0]) for frame in frames_of("out.gif")[0]]
    assert levels == [round(255 * 1000 / 4000), round(255 * 3000 / 4000)]
    assert "the pages have no durations; each is shown for 1 second." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("--frame 2 -o out.gif", "--frame and --all-frames exclude each other; leave one out."),
        ("--compare a.png -o b.gif", "--compare and --all-frames exclude each other; leave one "),
        ("in.png -o out", "--all-frames is for one file; name no other picture."),
        ("--shared -o out.gif", "--shared is for several pictures; leave it out."),
        ("-o out.jpg", "out.jpg: the name of the output must end in .png or .gif or .webp or .tif"),
        ("--use many.hex -o out.gif", "out.gif: a GIF holds at most 256 colours, and the frames "),
        ("--use soft.hex -o out.gif", "out.gif: a GIF holds no partly transparent colours; name a"),
    ],
)
def test_refusals_write_nothing(folder, capsys, command, message):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (2, 30, 30, 3), dtype=np.uint8)
    pictures = [Image.fromarray(frame) for frame in pixels]
    pictures[0].save("in.png", save_all=True, append_images=pictures[1:], duration=50)
    with open("many.hex", "w") as file:
        file.write("\n".join(f"{i * 40503 % (1 << 24):06x}" for i in range(300)))
    with open("soft.hex", "w") as file:
        file.write("ff000080\n000000ff\nffffffff\n")
    assert run("in.png", *command.split(), "--all-frames") == 2
    err = capsys.readouterr().err
    assert err.startswith(f"mixclust: error: {message}")
    assert err.count("\n") == 1
    for name in ("out.gif", "b.gif", "out"):
        assert not (folder / name).exists()
