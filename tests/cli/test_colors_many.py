"""``mixclust colors`` on several pictures, on standard input and output, and with dithering."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.picture_files import png_chunks

from mixclust._cli.main import main
from mixclust.images import (
    apply_palette,
    color_difference,
    dither,
    load_palette,
    quantize,
    save_palette,
)

PHOTO = Path(__file__).parents[2] / "examples" / "coffee.png"


def run(*arguments):
    return main(["colors", *map(str, arguments)])


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGBA" if "transparency" in picture.info else "RGB"))


@pytest.fixture
def album(folder):
    """The photograph, a part in grey, and one with transparent pixels; an empty folder "out"."""
    os.mkdir("album")
    os.mkdir("out")
    with Image.open("photo.png") as picture:
        picture.crop((0, 0, 30, 20)).save("album/a.bmp")
        picture.crop((20, 10, 60, 40)).convert("L").save("album/b.png")
    Path("album/notes.txt").write_text("no picture")
    return folder


# --- several pictures ----------------------------------------------------------------------------


def test_a_palette_for_each(album, capsys):
    assert run("album", "photo.png", "--colors", 4, "-o", "out") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert sorted(os.listdir("out")) == ["a.png", "b.png", "photo.png"]
    assert sorted(os.listdir()) == ["album", "out", "photo.png"]
    for source, name in (("album/a.bmp", "a"), ("album/b.png", "b"), ("photo.png", "photo")):
        assert run(source, "--colors", 4, "-o", "alone.png") == 0
        assert Path(f"out/{name}.png").read_bytes() == Path("alone.png").read_bytes()
    lines = out.splitlines()
    assert lines[0].split() == ["picture", "pixels", "colours", "error", "CIEDE2000", "bytes"]
    assert lines[1].startswith(f"{Path('album/a.bmp')} ")
    assert "30 x 20       4" in lines[1]
    sizes = f"{os.path.getsize('photo.png'):,} -> {os.path.getsize('out/photo.png'):,}"
    assert lines[3].endswith(f"  {sizes}")
    assert lines[-1] == "wrote  3 pictures in out"


@pytest.mark.parametrize("dithered", [False, True])
def test_one_palette_for_all(album, capsys, dithered):
    options = ["--dither"] if dithered else []
    assert run("album", "photo.png", "--shared", "--colors", 6, "-o", "out", "--palette", "p.hex",
               *options) == 0  # fmt: skip
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("3 pictures in 6 colours:\n\n  #")
    assert out.endswith("wrote  3 pictures in out\nwrote  p.hex\n")
    palette = load_palette("p.hex")
    images = [np.asarray(Image.open(p).convert("RGB")) for p in ("album/a.bmp", "album/b.png")]
    images.append(pixels("photo.png"))
    row = np.concatenate([image.reshape(1, -1, 3) for image in images], axis=1)
    found = quantize(row, 6, random_state=0).palette
    assert sorted(palette.tolist()) == sorted(found.tolist())
    for image, name in zip(images, ["a", "b", "photo"], strict=True):
        expected = dither(image, found) if dithered else apply_palette(image, found)
        np.testing.assert_array_equal(pixels(f"out/{name}.png"), expected.recolored)


def test_a_largest_error_that_is_missed_is_noted_for_each(album, capsys):
    assert run("album", "photo.png", "--max-error", 1.5, "--colors", 3, "-o", "out") == 0
    expected = []
    for source, name in (("album/a.bmp", "a"), ("album/b.png", "b"), ("photo.png", "photo")):
        original = np.asarray(Image.open(source).convert("RGB"))
        difference = color_difference(original, pixels(f"out/{name}.png"))
        if difference > 1.5:
            expected.append(
                f"mixclust: note: {Path(source)}: 3 colours leave a mean difference of "
                f"{difference:.2f}, more than --max-error 1.5."
            )
    assert len(expected) == 2
    assert capsys.readouterr().err.splitlines() == expected
    assert run("album", "photo.png", "--max-error", 50, "-o", "out") == 0
    assert capsys.readouterr().err == ""


def test_a_largest_error_of_one_palette_is_of_all_pixels(album, capsys):
    options = ["--shared", "-o", "out"]
    assert run("album", "photo.png", "--max-error", 2, "--colors", 1, *options) == 0
    images = [np.asarray(Image.open(p).convert("RGB")) for p in ("album/a.bmp", "album/b.png")]
    images.append(pixels("photo.png"))
    row = np.concatenate([image.reshape(1, -1, 3) for image in images], axis=1)
    difference = color_difference(row, quantize(row, 1).recolored)
    assert capsys.readouterr().err == (
        f"mixclust: note: 3 pictures: 1 colour leaves a mean difference of {difference:.2f}, more "
        "than --max-error 2.\n"
    )
    assert run("album", "photo.png", "--max-error", 3, *options) == 0
    assert capsys.readouterr().err == ""  # though one of the pictures differs more
    assert color_difference(images[0], pixels("out/a.png")) > 3
    assert run("album", "photo.png", "--max-error", 2, "--colors", 1, "--dither", *options) == 0
    note = f"1 colour leaves a mean difference of {difference:.2f}, more than --max-error 2.\n"
    assert capsys.readouterr().err == f"mixclust: note: 3 pictures: {note}"


def test_a_palette_of_all_without_pictures(album):
    assert run("album", "photo.png", "--shared", "--palette", "p.gpl") == 0
    assert len(load_palette("p.gpl")) == 16
    assert os.listdir("out") == []


def test_one_palette_with_transparent_pixels_in_one_picture(album):
    hole = Image.new("RGBA", (9, 9), (9, 200, 9, 255))
    hole.putpixel((0, 0), (0, 0, 0, 0))
    hole.save("hole.png")
    assert run("photo.png", "hole.png", "--shared", "--colors", 5, "-o", "out") == 0
    assert pixels("out/hole.png")[0, 0].tolist() == [0, 0, 0, 0]
    assert (pixels("out/hole.png")[1:, :, 3] == 255).all()
    assert "tRNS" not in png_chunks("out/photo.png")


def test_a_given_palette_for_all(album):
    save_palette("p.gpl", np.uint8([[0, 0, 0], [200, 100, 50], [255, 255, 255]]))
    assert run("album", "--use", "p.gpl", "-o", "out") == 0
    expected = apply_palette(np.asarray(Image.open("album/b.png")), load_palette("p.gpl"))
    np.testing.assert_array_equal(pixels("out/b.png"), expected.recolored)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("photo.png album -o out.png", "out.png: is not a folder; several pictures need -o FOLDER, "
         "which exists."),
        ("album -o nowhere", "nowhere: is not a folder; several pictures need -o FOLDER, which "
         "exists."),
        ("out -o out", "out: is a folder without pictures; name a picture."),
        ("album -o album", f"{Path('album/b.png')}: is one of the pictures; choose another folder "
         "for the output."),
        ("photo.png - -o out", "- is standard input, which is one picture; name no other beside "
         "it."),
        ("album -o out --compare side.png", "--compare is for one picture; leave it out."),
        ("album -o out --palette p.gpl", "--palette for several pictures needs --shared: one "
         "palette for all."),
        ("album -o out --shared --palette p.txt", "p.txt: the name of the output must end in .gpl "
         "or .hex or .json or .css or .ase or .aco or .png."),
        ("photo.png -o out.png --shared", "--shared is for several pictures; leave it out."),
        ("album -o out --shared --use p.gpl", "--shared and --use exclude each other: a given "
         "palette is shared."),
        ("album photo.png album/notes.txt --shared -o out", f"{Path('album/notes.txt')}: is not an "
         "image that pillow knows; save it as PNG."),
        ("album photo.png photo.png -o out", f"photo.png and photo.png would both be written as "
         f"{Path('out/photo.png')}; rename one."),
        ("album photo.png missing.png -o out --shared", "missing.png: does not exist."),
    ],
)  # fmt: skip
def test_bad_input_of_several_is_one_line_and_status_2(album, capsys, command, message):
    before = sorted(str(path) for path in Path().rglob("*"))
    assert main(["colors", *command.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"mixclust: error: {message}\n"
    assert sorted(str(path) for path in Path().rglob("*")) == before


@pytest.mark.parametrize("options", [[], ["--shared"]])
def test_a_still_picture_among_several_is_named_where_another_frame_is_taken(
    folder, capsys, options
):
    frames = [Image.new("RGB", (4, 3), color) for color in ("red", "blue")]
    frames[0].save("film.gif", save_all=True, append_images=frames[1:])
    os.mkdir("out")
    assert run("film.gif", "photo.png", "--frame", 2, "-o", "out", *options) == 2
    assert capsys.readouterr().err == (
        "mixclust: error: photo.png: has 1 frame; --frame 2 exceeds this number.\n"
    )


def test_a_broken_picture_after_others_keeps_the_others(album, capsys):
    assert run("photo.png", "album/notes.txt", "-o", "out") == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert os.listdir("out") == ["photo.png"]


# --- standard input and output -------------------------------------------------------------------


def test_through_pipes(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mixclust", "colors", "-", "--colors", "4", "-o", "-"],
        cwd=tmp_path,
        input=PHOTO.read_bytes(),
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    with Image.open(io.BytesIO(done.stdout)) as picture:
        assert (picture.mode, picture.size) == ("P", (600, 400))
    (tmp_path / "got.png").write_bytes(done.stdout)
    assert main(["colors", str(PHOTO), "--colors", "4", "-o", str(tmp_path / "file.png")]) == 0
    assert (tmp_path / "file.png").read_bytes() == done.stdout
    assert not os.path.exists(tmp_path / "-")


def feed(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_standard_input_to_a_file(folder, capsys, monkeypatch):
    feed(monkeypatch, Path("photo.png").read_bytes())
    assert run("-", "-o", "out.png") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "standard input, 60 x 40 pixels, in 16 colours:"
    assert f"file   {os.path.getsize('out.png'):,} bytes" in lines


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n"])
def test_standard_input_that_is_no_picture(folder, capsysbinary, monkeypatch, data):
    feed(monkeypatch, data)
    assert run("-", "-o", "-") == 2
    out, err = capsysbinary.readouterr()
    assert out == b""
    assert err.startswith(b"mixclust: error: standard input: ")
    assert err.count(b"\n") == 1


# --- dithering -----------------------------------------------------------------------------------


def test_dithering_of_a_found_and_of_a_given_palette(folder, capsys):
    assert run("photo.png", "--colors", 5, "--dither", "-o", "a.png", "--palette", "p.hex") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "photo.png, 60 x 40 pixels, in 5 colours, dithered:"
    image = pixels("photo.png")
    palette = quantize(image, 5, random_state=0).palette
    np.testing.assert_array_equal(pixels("a.png"), dither(image, palette).recolored)
    assert sorted(load_palette("p.hex").tolist()) == sorted(palette.tolist())
    assert run("photo.png", "--use", "p.hex", "--dither", "-o", "b.png") == 0
    np.testing.assert_array_equal(pixels("b.png"), pixels("a.png"))


def test_blue_noise_and_a_picture_behind_the_option(folder, capsys):
    assert run("photo.png", "--colors", 5, "-o", "plain.png", "--palette", "p.hex") == 0
    palette, image = load_palette("p.hex"), pixels("photo.png")
    for method, options in (
        ("blue-noise", ["--dither", "blue-noise", "photo.png"]),
        ("blue-noise", ["photo.png", "--dither=blue-noise"]),
        ("floyd-steinberg", ["--dither", "photo.png"]),
        ("floyd-steinberg", ["--dither", "--", "photo.png"]),
    ):
        assert run("--use", "p.hex", "-o", "a.png", *options) == 0
        expected = dither(image, palette, method=method).recolored
        np.testing.assert_array_equal(pixels("a.png"), expected)


@pytest.mark.parametrize("method", ["bayer", "bluenoise", "Blue-Noise"])
@pytest.mark.parametrize("separator", ["=", " "])
def test_a_method_that_is_none_is_refused(method, separator, folder, capsys):
    assert run("photo.png", *f"--dither{separator}{method}".split(), "-o", "a.png") == 2
    assert capsys.readouterr().err == (
        f"mixclust: error: argument --dither: '{method}' is none of floyd-steinberg and "
        "blue-noise; see 'mixclust colors --help'.\n"
    )


def test_a_picture_behind_dither_is_none_of_its_methods(folder, capsys):
    Path("photo.png").rename("plain")
    assert run("-o", "a.png", "--colors", 5, "--dither", "plain") == 0
    assert run("-o", "a.png", "--colors", 5, "--dither", "lost.png") == 2
    assert "lost.png: " in capsys.readouterr().err


def test_the_largest_error_is_of_the_colours_without_dithering(folder, capsys):
    assert run("photo.png", "--max-error", 3, "--dither", "-o", "a.png") == 0
    assert capsys.readouterr().err == ""
    n_colors = len(quantize(pixels("photo.png"), 256, max_error=3, random_state=0).palette)
    assert len(png_chunks("a.png")["PLTE"]) == 3 * n_colors
    assert run("photo.png", "--max-error", 2, "--colors", 2, "--dither", "-o", "a.png") == 0
    plain = quantize(pixels("photo.png"), 2, random_state=0).recolored
    difference = color_difference(pixels("photo.png"), plain)
    assert capsys.readouterr().err == (
        f"mixclust: note: photo.png: 2 colours leave a mean difference of {difference:.2f}, more "
        "than --max-error 2.\n"
    )


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("soft.png", "soft.png: has partly transparent pixels, which --dither does not take."),
        ("photo.png --use soft.hex", "--use has partly transparent colours, which --dither does "
         "not take."),
        ("photo.png --keep f008", "--keep has partly transparent colours, which --dither does not "
         "take."),
        ("photo.png --use many.hex", "--use has 300 opaque colours; --dither takes 1 to 256."),
        ("photo.png --use clear.hex", "--use has no opaque colour; --dither takes 1 to 256."),
    ],
)  # fmt: skip
def test_pictures_and_palettes_that_cannot_be_dithered(folder, capsys, command, message):
    Image.new("RGBA", (2, 2), (1, 2, 3, 4)).save("soft.png")
    Path("soft.hex").write_text("ff000080\n")
    Path("clear.hex").write_text("ff000000\n")
    save_palette("many.hex", np.zeros((300, 3), np.uint8))
    assert main(["colors", *command.split(), "--dither", "-o", "out.png"]) == 2
    assert capsys.readouterr().err == f"mixclust: error: {message}\n"
    assert not os.path.exists("out.png")


def test_a_picture_among_several_that_cannot_be_dithered_is_named(folder, capsys):
    Image.new("RGBA", (2, 2), (1, 2, 3, 4)).save("soft.png")
    os.mkdir("out")
    assert run("photo.png", "soft.png", "--shared", "--dither", "-o", "out") == 2
    assert capsys.readouterr().err == (
        "mixclust: error: soft.png: has partly transparent pixels, which --dither does not take.\n"
    )
    assert os.listdir("out") == []
