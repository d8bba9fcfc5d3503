"""``mixclust colors`` with palettes that it writes and reads."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.picture_files import png_chunks

from mixclust._cli.main import main
from mixclust.images import apply_palette, color_difference, load_palette, quantize, save_palette

READABLE = ["gpl", "hex", "json", "css", "ase", "aco"]


def run(*arguments):
    return main(["colors", *map(str, arguments)])


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGBA" if "transparency" in picture.info else "RGB"))


def test_palettes_without_a_picture(folder, capsys):
    names = [f"p.{suffix}" for suffix in (*READABLE, "png")]
    options = [text for name in names for text in ("--palette", name)]
    assert run("photo.png", "--colors", 5, *options) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[-1] == "wrote  " + ", ".join(names)
    assert not any(line.startswith("file") for line in lines)
    assert sorted(os.listdir()) == sorted(["photo.png", *names])
    result = quantize(pixels("photo.png"), 5, random_state=0)
    counts = np.bincount(result.labels.ravel())
    expected = result.palette[np.argsort(-counts, kind="stable")]
    for name in names[:-1]:
        np.testing.assert_array_equal(load_palette(name), expected)
    assert f"{100 * counts.max() / 2400:.2f} %" in Path("p.css").read_text()
    assert "Name: photo.png" in Path("p.gpl").read_text()


@pytest.mark.parametrize("suffix", READABLE)
def test_a_palette_that_was_written_gives_the_same_picture(folder, suffix):
    assert run("photo.png", "-o", "a.png", "--palette", f"p.{suffix}") == 0
    assert run("photo.png", "-o", "b.png", "--use", f"p.{suffix}") == 0
    np.testing.assert_array_equal(pixels("a.png"), pixels("b.png"))


def test_a_soft_picture_and_its_own_palette(folder):
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 4), dtype=np.uint8)
    image[:2, :, 3] = 0
    image[2:4, :, 3] = 1
    Image.fromarray(image).save("soft.png")
    assert run("soft.png", "--colors", 6, "-o", "a.png", "--palette", "p.hex") == 0
    assert run("soft.png", "-o", "b.png", "--use", "p.hex") == 0
    np.testing.assert_array_equal(pixels("b.png"), pixels("a.png"))
    np.testing.assert_array_equal(pixels("b.png")[..., 3] == 0, image[..., 3] == 0)


def test_a_given_palette(folder, capsys):
    found = quantize(pixels("photo.png"), 3, random_state=0).palette
    palette = np.insert(found, 1, [0, 255, 0], axis=0)
    save_palette("p.gpl", palette)
    assert run("photo.png", "--use", "p.gpl", "-o", "out.png", "--space", "rgb") == 0
    expected = apply_palette(pixels("photo.png"), palette, space="rgb")
    np.testing.assert_array_equal(pixels("out.png"), expected.recolored)
    n_used = len(np.unique(expected.labels))
    assert n_used == 3
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "photo.png, 60 x 40 pixels, in 3 colours:"
    assert "used   3 of the 4 colours of p.gpl" in out
    assert len(png_chunks("out.png")["PLTE"]) == 9


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "I;16", "1"])
def test_a_given_palette_on_other_modes(folder, mode):
    palette = np.uint8([[255, 200, 100], [0, 0, 90], [120, 40, 10]])
    save_palette("p.hex", palette)
    with Image.open("photo.png") as picture:
        picture = picture.convert("L" if mode == "I;16" else mode)
        if mode == "I;16":
            picture = Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)
        if mode == "RGBA":
            picture.putpixel((0, 0), (1, 2, 3, 0))
            picture.putpixel((1, 0), (255, 200, 100, 128))
        picture.save("other.png")
    assert run("other.png", "--use", "p.hex", "-o", "out.png") == 0
    got = pixels("out.png")
    assert {*map(tuple, got[..., :3][1:].reshape(-1, 3).tolist())} <= {
        *map(tuple, palette.tolist())
    }
    if mode == "RGBA":
        assert got[0, 0].tolist() == [0, 0, 0, 0]
        assert got[0, 1, 3] == 255


def test_300_colours(folder, capsys):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(image).save("noise.png")
    palette = rng.integers(0, 256, (300, 3), dtype=np.uint8)
    for suffix in READABLE:
        save_palette(f"p.{suffix}", palette)
        assert run("noise.png", "--use", f"p.{suffix}", "-o", "out.png") == 0
        out, err = capsys.readouterr()
        assert "of the 300 colours of p." in out
        assert err.startswith("mixclust: note: out.png: has ")
        assert err.endswith(" written without a palette, which holds at most 256.\n")
        expected = apply_palette(image, palette).recolored
        np.testing.assert_array_equal(pixels("out.png"), expected)
    assert run("photo.png", "--use", "p.gpl", "-o", "out.png") == 0  # takes few of them
    assert "PLTE" in png_chunks("out.png")


def test_alpha_that_a_format_cannot_hold_is_noted(folder, capsys):
    with Image.open("photo.png") as picture:
        picture = picture.convert("RGBA")
        picture.putpixel((0, 0), (0, 0, 0, 0))
        picture.save("hole.png")
    assert run("hole.png", "--colors", 4, "--palette", "p.gpl", "--palette", "p.hex") == 0
    assert capsys.readouterr().err == (
        "mixclust: note: p.gpl: has no alpha: clear colours were left out, and others written as "
        "opaque.\n"
    )
    assert len(load_palette("p.gpl")) == 3
    assert load_palette("p.hex").shape == (4, 4)
    assert run("hole.png", "--use", "p.hex", "-o", "a.png") == 0
    assert run("hole.png", "--use", "p.gpl", "-o", "b.png") == 0
    np.testing.assert_array_equal(pixels("a.png"), pixels("b.png"))


def test_accents(folder):
    assert run("photo.png", "--colors", 4, "--accents", 0.5, "-o", "a.png") == 0
    expected = quantize(pixels("photo.png"), 4, accents=0.5, random_state=0)
    np.testing.assert_array_equal(pixels("a.png"), expected.recolored)
    plain = quantize(pixels("photo.png"), 4, random_state=0)
    assert not np.array_equal(expected.palette, plain.palette)


def test_kept_colours(folder, capsys):
    keep = "#FF0000,00f, #0f08"
    assert run("photo.png", "--colors", 5, "--keep", keep, "-o", "a.png", "--palette", "p.hex") == 0
    out = capsys.readouterr().out
    assert "#ff0000" in out
    assert "#00ff0088" in out
    palette = load_palette("p.hex").tolist()
    assert len(palette) == 5
    assert [255, 0, 0, 255] in palette
    assert [0, 0, 255, 255] in palette
    assert [0, 255, 0, 136] in palette
    assert run("photo.png", "--colors", 5, "--keep", "f00,f00", "-o", "b.png") == 0
    expected = quantize(pixels("photo.png"), 5, keep=[[255, 0, 0]], random_state=0)
    np.testing.assert_array_equal(pixels("b.png"), expected.recolored)


def test_a_kept_colour_beside_transparent_pixels(folder, capsys):
    Image.new("RGBA", (2, 2)).save("hole.png")
    assert run("hole.png", "--colors", 1, "--keep", "f00", "-o", "out.png") == 2
    assert capsys.readouterr().err == (
        "mixclust: error: --colors 1 is less than the 1 colour of --keep and the entry of the "
        "transparent pixels; pass --colors 2 or more.\n"
    )


def test_a_largest_error(folder, capsys):
    assert run("photo.png", "--max-error", 3, "-o", "out.png") == 0
    out, err = capsys.readouterr()
    expected = quantize(pixels("photo.png"), 256, max_error=3, random_state=0)
    np.testing.assert_array_equal(pixels("out.png"), expected.recolored)
    assert f"limit  mean difference 3, {len(expected.palette)} colours taken" in out.splitlines()
    assert err == ""
    assert run("photo.png", "--max-error", 1, "--colors", 4, "-o", "out.png") == 0
    difference = color_difference(pixels("photo.png"), pixels("out.png"))
    assert capsys.readouterr().err == (
        f"mixclust: note: photo.png: 4 colours leave a mean difference of {difference:.2f}, more "
        "than --max-error 1.\n"
    )


def test_a_mistake_in_the_middle_writes_nothing(folder, capsys):
    Image.new("RGBA", (2, 2)).save("clear.png")
    assert run("clear.png", "--palette", "p.gpl") == 2
    assert capsys.readouterr().err == (
        "mixclust: error: p.gpl: all colours of palette are transparent, and .gpl has no alpha; "
        "choose .hex, .json or .css.\n"
    )
    assert sorted(os.listdir()) == ["clear.png", "photo.png"]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            "--palette p.txt",
            "p.txt: the name of the output must end in .gpl or .hex or .json or .css or .ase or "
            ".aco or .png.",
        ),
        ("--palette no/p.gpl", f"{Path('no/p.gpl')}: there is no folder no; create it first."),
        (
            "-o out.png --palette out.png",
            "--palette and --output are both out.png; give two names.",
        ),
        (
            "-o out.png --use good.hex --palette good.hex",
            "good.hex: is the palette of --use itself; choose another name for the output.",
        ),
        (
            "-o out.png --use good.hex --keep f00",
            "--keep and --use exclude each other: a given palette is used whole.",
        ),
        (
            "-o out.png --use good.hex --max-error 2",
            "--max-error and --use exclude each other: a given palette is used whole.",
        ),
        (
            "-o out.png --keep red",
            "argument --keep: a code is 'red'; required is a hexadecimal code like #b02e11 or, "
            "with alpha, #b02e11ff, with commas between them; see 'mixclust colors --help'.",
        ),
        (
            "-o out.png --keep f000",
            "argument --keep: 'f000' has a fully transparent colour; transparent pixels have their "
            "own entry; see 'mixclust colors --help'.",
        ),
        (
            "-o out.png --use good.hex --n-init 1",
            "--n-init and --use exclude each other: a given palette is used whole.",
        ),
        (
            "-o out.png --use good.hex --seed 0",
            "--seed and --use exclude each other: a given palette is used whole.",
        ),
        (
            "-o out.png --use good.hex --accents 0",
            "--accents and --use exclude each other: a given palette is used whole.",
        ),
        (
            "-o out.png --accents 1.5",
            "argument --accents: '1.5' is not a number from 0 to 1; see 'mixclust colors --help'.",
        ),
        (
            "-o out.png --use good.hex --dither --space lab",
            "--space has no effect on --use with --dither, which compares levels; leave it out.",
        ),
        (
            "-o out.png --keep f00,0f0,00f --colors 2",
            "--colors 2 is less than the 3 colours of --keep; pass --colors 3 or more.",
        ),
        *[
            (
                f"-o out.png --max-error {value}",
                f"argument --max-error: '{value}' is not a number of at least 0; see 'mixclust "
                "colors --help'.",
            )
            for value in ("-1", "nan", "inf", "low")
        ],
        (
            "-o out.png --use clear.hex",
            "photo.png: --use clear.hex: palette has only fully transparent colours, which visible "
            "pixels do not take; pass a palette with a visible colour.",
        ),
        ("-o out.png --use missing.gpl", "missing.gpl: does not exist."),
        (
            "-o out.png --use photo.png",
            "photo.png: the name of a palette must end in .gpl, .hex, .json, .css, .ase or .aco.",
        ),
        ("-o out.png --use empty.gpl", "empty.gpl: holds no colours; required is at least 1."),
        (
            "-o out.png --use broken.ase",
            "broken.ase: begins with b'\\x89PNG'; an .ase file begins with b'ASEF'.",
        ),
        ("-o out.png --use folder.gpl", "folder.gpl: is a folder; name a palette."),
        (
            "-o out.png --use good.hex --colors 4",
            "--colors and --use exclude each other: a given palette is used whole.",
        ),
    ],
)
def test_bad_input_is_one_line_and_status_2(folder, capsys, command, message):
    Path("empty.gpl").write_text("GIMP Palette\n")
    Path("broken.ase").write_bytes(Path("photo.png").read_bytes())
    Path("good.hex").write_text("ffffff\n")
    Path("clear.hex").write_text("ffffff00\n")
    os.mkdir("folder.gpl")
    before = sorted(os.listdir())
    assert main(["colors", "photo.png", *command.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"mixclust: error: {message}\n"
    assert sorted(os.listdir()) == before
