"""Palettes in files: every format is written and read, the binary ones byte for byte."""

import errno
import io
import json
import os
import struct

import numpy as np
import pytest
import swatch
from PIL import GimpPaletteFile, Image, ImageColor

from mixclust.images import apply_palette, dither, load_palette, save_palette
from mixclust.images._css_names import NAMES, css_names

PALETTE = np.uint8([[255, 0, 51], [0, 0, 0], [128, 255, 1]])
SHARES = [0.5, 0.375, 0.125]
READABLE = [".gpl", ".hex", ".json", ".css", ".ase", ".aco"]
WITH_ALPHA = [".hex", ".json", ".css"]

# One colour, red, green and blue of 1, 0 and 0.2, made by hand from the descriptions of the
# formats: "Adobe Photoshop File Formats Specification" (ACO), and "ASE file format" of selapa.net.
NAME = "00720065006400200035 0030002e00300030002000250000"  # "red 50.00 %" in UTF-16, and 0
ASE = bytes.fromhex(
    "41534546"  # ASEF
    "0001 0000"  # version 1.0
    "00000001"  # one block
    "0001"  # a colour
    "0000002c"  # 44 bytes
    f"000c {NAME}"  # 12 units of the name
    "52474220"  # "RGB "
    "3f800000 00000000 3e4ccccd"  # 1, 0, 0.2 as floats of 32 bits
    "0002"  # neither global nor spot
)
ACO = bytes.fromhex(
    "0001 0001"  # version 1, one colour
    "0000 ffff 0000 3333 0000"  # RGB, three levels, no fourth
    "0002 0001"  # version 2, one colour
    "0000 ffff 0000 3333 0000"
    f"0000 000c {NAME}"  # 0, 12 units of the name
)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())


# --- every format --------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", READABLE)
@pytest.mark.parametrize("n_colors", [1, 3, 300])
def test_a_palette_comes_back(here, suffix, n_colors):
    palette = np.random.default_rng(0).integers(0, 256, (n_colors, 3), dtype=np.uint8)
    for name, shares in (("a", None), ("b", np.full(n_colors, 1 / n_colors))):
        save_palette(name + suffix.upper(), palette, shares=shares, title="a */ \n title")
        got = load_palette(name + suffix.upper())
        assert got.dtype == np.uint8
        np.testing.assert_array_equal(got, palette)


@pytest.mark.parametrize("suffix", READABLE)
def test_alpha_where_the_format_has_it(here, suffix):
    palette = np.uint8([[0, 0, 0, 0], [9, 8, 7, 255], [1, 2, 3, 100]])
    save_palette("p" + suffix, palette, shares=SHARES)
    got = load_palette("p" + suffix)
    expected = palette if suffix in WITH_ALPHA else palette[1:, :3]
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("suffix", [".gpl", ".ase", ".aco"])
def test_transparent_colours_alone_need_a_format_with_alpha(here, suffix):
    with pytest.raises(ValueError, match=rf"are transparent, and {suffix} has no alpha; choose"):
        save_palette("p" + suffix, np.zeros((1, 4), np.uint8))
    assert os.listdir() == []


def test_text_has_names_and_shares(here):
    for suffix in (".gpl", ".hex", ".json", ".css"):
        save_palette("p" + suffix, PALETTE, shares=SHARES, title="three")
    assert read("p.gpl").decode() == (
        "GIMP Palette\nName: three\nColumns: 0\n#\n"
        "255   0  51\tred 50.00 %\n  0   0   0\tblack 37.50 %\n128 255   1\tchartreuse 12.50 %\n"
    )
    assert read("p.hex") == b"ff0033\n000000\n80ff01\n"
    content = json.loads(read("p.json"))
    assert content["name"] == "three"
    assert content["colors"][0] == {
        "hex": "#ff0033",
        "rgb": [255, 0, 51],
        "name": "red",
        "share": 0.5,
    }
    assert "  --color-2: #000000; /* black 37.50 % */\n" in read("p.css").decode()


def test_binary_formats_byte_for_byte(here):
    write("p.ase", ASE)
    write("p.aco", ACO)
    for suffix, expected in ((".ase", ASE), (".aco", ACO)):
        assert load_palette("p" + suffix).tolist() == [[255, 0, 51]]
        save_palette("q" + suffix, PALETTE[:1], shares=[0.5])
        assert read("q" + suffix) == expected


def test_swatches_are_a_picture(here):
    for n_colors in (1, 2, 5, 7, 16, 300):
        palette = np.random.default_rng(n_colors).integers(0, 256, (n_colors, 4), dtype=np.uint8)
        palette[::2, 3] = 255
        save_palette("p.png", palette, shares=np.full(n_colors, 1 / n_colors))
        with Image.open("p.png") as picture:
            colors = {color for _, color in picture.getcolors(1 << 24)}
        assert {tuple(color) for color in palette[::2, :3].tolist()} <= colors


def test_pillow_reads_the_palette_of_gimp(here):
    save_palette("p.gpl", PALETTE, shares=SHARES)
    levels, mode = GimpPaletteFile.GimpPaletteFile(io.BytesIO(read("p.gpl"))).getpalette()
    assert mode == "RGB"
    assert PALETTE.tobytes() in levels  # old versions count the lines of the header as colours


def test_swatch_reads_the_palette_of_adobe(here):
    save_palette("p.ase", PALETTE, shares=SHARES)
    entries = swatch.parse("p.ase")
    assert [entry["name"] for entry in entries] == [
        "red 50.00 %",
        "black 37.50 %",
        "chartreuse 12.50 %",
    ]
    assert {entry["data"]["mode"] for entry in entries} == {"RGB"}
    levels = [entry["data"]["values"] for entry in entries]
    np.testing.assert_allclose(levels, PALETTE / 255, atol=1e-7)
    swatch.write(entries, "q.ase")
    np.testing.assert_array_equal(load_palette("q.ase"), PALETTE)


def test_names_are_the_ones_of_css():
    pairs = [pair.split(":") for pair in NAMES.split()]
    for name, code in pairs:
        assert ImageColor.getrgb(name) == tuple(bytes.fromhex(code)), name
        assert css_names(np.uint8([list(bytes.fromhex(code))])) == [name]
    known = {ImageColor.getrgb(name) for name in ImageColor.colormap}
    assert {tuple(bytes.fromhex(code)) for _, code in pairs} == known
    assert css_names(np.uint8([[250, 2, 3, 255], [0, 0, 0, 0]])) == ["red", "transparent"]


# --- files of other programs ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.gpl", "GIMP Palette\r\n#c\r\n\r\n1 2 3\r\n4\t5\t6\tName: x", [[1, 2, 3], [4, 5, 6]]),
        ("a.gpl", "GIMP Palette\nChannels: RGBA\n1 2 3 4 name\n", [[1, 2, 3, 4]]),
        (
            "a.hex",
            "\ufeff#FF0000\n\n0f0\n12345678\n",
            [[255, 0, 0, 255], [0, 255, 0, 255], [18, 52, 86, 120]],
        ),
        ("a.json", '["#ff0000", "00f"]', [[255, 0, 0], [0, 0, 255]]),
        ("a.json", '{"colors": [{"hex": "#010203", "x": 1}, "040506"]}', [[1, 2, 3], [4, 5, 6]]),
        ("a.css", ":root{--a:#010203;--b : #fff}/* --c: #000; */", [[1, 2, 3], [255, 255, 255]]),
        (
            "a.aco",
            struct.pack(">HH10H", 1, 2, 8, 10_000, 0, 0, 0, 0, 257, 0, 65535, 0),
            [[255] * 3, [1, 0, 255]],
        ),
        ("a.aco", ACO[14:], [[255, 0, 51]]),  # version 2 alone
    ],
)
def test_forms_that_other_programs_write(here, name, data, expected):
    write(name, data)
    assert load_palette(name).tolist() == expected


def test_swatches_in_groups_and_in_grey(here):
    grey = struct.pack(">H4s4sfH", 2, "g\0".encode("utf-16-be"), b"Gray", 0.5, 0)
    blocks = [(0xC001, struct.pack(">H4s", 2, "G\0".encode("utf-16-be"))), (1, grey), (0xC002, b"")]
    body = b"".join(struct.pack(">HI", kind, len(part)) + part for kind, part in blocks)
    write("a.ase", ASE[:8] + struct.pack(">I", 4) + body + ASE[12:])
    assert load_palette("a.ase").tolist() == [[128, 128, 128], [255, 0, 51]]


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.gpl", "", "begins with nothing; a .gpl file begins with 'GIMP Palette'"),
        ("a.gpl", "JASC-PAL\n", "begins with 'JASC-PAL'; a .gpl file begins with 'GIMP Palette'"),
        ("a.gpl", "GIMP Palette\n#\n", "holds no colours; required is at least 1"),
        (
            "a.gpl",
            "GIMP Palette\n300 0 0 x\n",
            "line 2 is '300 0 0 x'; required are 3 whole numbers from 0 to 255 and a name",
        ),
        (
            "a.gpl",
            "GIMP Palette\n1 2\n",
            "line 2 is '1 2'; required are 3 whole numbers from 0 to 255 and a name",
        ),
        ("a.hex", "", "holds no colours; required is at least 1"),
        (
            "a.hex",
            "ff0000\nred\n",
            "line 2 is 'red'; required is a hexadecimal code like #b02e11 or, with alpha, "
            "#b02e11ff",
        ),
        ("a.hex", b"\xff\xfe", "is not text in UTF-8: byte 1 does not fit"),
        (
            "a.json",
            "[1",
            "is not JSON (Expecting ',' delimiter: line 1 column 3 (char 2))",
        ),
        (
            "a.json",
            '{"a": 1}',
            'holds no list of colours; required is {"colors": [{"hex": "#b02e11"}]}',
        ),
        (
            "a.json",
            "[[1, 2, 3]]",
            "colour 1 is [1, 2, 3]; required is a hexadecimal code like #b02e11 or, with alpha, "
            "#b02e11ff",
        ),
        ("a.json", "[]", "holds no colours; required is at least 1"),
        ("a.css", "a { color: red }", "holds no colours; required is at least 1"),
        (
            "a.css",
            "a { --x: red; }",
            "--x is 'red'; required is a hexadecimal code like #b02e11 or, with alpha, #b02e11ff",
        ),
        ("a.ase", b"", "begins with b''; an .ase file begins with b'ASEF'"),
        ("a.ase", b"ASE", "begins with b'ASE'; an .ase file begins with b'ASEF'"),
        ("a.ase", ASE[:6], "ends within the header: 6 bytes where 12 are required"),
        ("a.ase", ASE[:8] + bytes(4), "holds no colours; required is at least 1"),
        ("a.ase", ASE[:-1], "ends within block 1 of 1: 61 bytes where 62 are required"),
        (
            "a.ase",
            ASE.replace(b"RGB ", b"CMYK"),
            "colour 1 is of model 'CMYK'; convert the swatches to RGB",
        ),
        (
            "a.ase",
            ASE.replace(b"\x3f\x80", b"\x7f\xc0"),
            "colour 1 has levels (nan, 0.0, 0.20000000298023224); required are numbers from 0 to 1",
        ),
        ("a.aco", b"", "ends within the header: 0 bytes where 4 are required"),
        ("a.aco", b"\0\x09\0\x01", "has version 9; an .aco file has version 1 or 2"),
        ("a.aco", b"\0\x01\0\0", "holds no colours; required is at least 1"),
        ("a.aco", ACO[:9], "ends within colour 1 of 1: 9 bytes where 14 are required"),
        (
            "a.aco",
            struct.pack(">HH5H", 1, 1, 2, 0, 0, 0, 0),
            "colour 1 of 1 is of space CMYK; convert the swatches to RGB",
        ),
        (
            "a.aco",
            struct.pack(">HH5H", 1, 1, 8, 20_000, 0, 0, 0),
            "colour 1 of 1 has grey 20000; required is 0 to 10000",
        ),
    ],
)
def test_a_broken_file_says_its_fault_and_the_form(here, name, data, message):
    write(name, data)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message follows
        load_palette(name)
    assert str(caught.value) == f"{name}: {message}."


@pytest.mark.parametrize("suffix", READABLE)
def test_damage_never_raises_another_error(here, suffix):
    save_palette("p" + suffix, PALETTE, shares=SHARES)
    data = read("p" + suffix)
    rng = np.random.default_rng(0)
    for trial in range(300):
        damaged = bytearray(data[: rng.integers(len(data) + 1)] if trial % 2 else data)
        for _ in range(3):
            if damaged:
                damaged[rng.integers(len(damaged))] = rng.integers(256)
        write("q" + suffix, bytes(damaged))
        try:
            palette = load_palette("q" + suffix)
        except ValueError as error:
            assert str(error).startswith("q" + suffix)  # noqa: PT017 - many files are valid
        else:
            assert palette.dtype == np.uint8


def test_names_and_palettes_that_are_none(here):
    with pytest.raises(ValueError, match=r"^a\.txt: .* must end in \.gpl, .*, \.aco or \.png\.$"):
        save_palette("a.txt", PALETTE)
    with pytest.raises(ValueError, match=r"^a\.png: .* must end in \.gpl, .*, \.ase or \.aco\.$"):
        load_palette("a.png")
    with pytest.raises(FileNotFoundError):
        load_palette("missing.gpl")
    with pytest.raises(ValueError, match=r"^palette has shape \(0, 3\); pass \(n_colors, 3\)"):
        save_palette("a.gpl", PALETTE[:0])
    with pytest.raises(TypeError, match=r"^palette has dtype float64; pass integers"):
        save_palette("a.gpl", PALETTE / 255)
    with pytest.raises(ValueError, match=r"^palette has levels from 0 to 510; pass"):
        save_palette("a.gpl", PALETTE.astype(int) * 2)
    with pytest.raises(ValueError, match=r"^shares has shape \(2,\); .* of the 3 colours"):
        save_palette("a.gpl", PALETTE, shares=[0.5, 0.5])
    with pytest.raises(ValueError, match=r"^palette has 65536 colours; .* at most 65535\.$"):
        save_palette("a.hex", np.zeros((65536, 3), np.uint8))
    assert os.listdir() == []


@pytest.mark.parametrize(
    ("shares", "error", "message"),
    [
        ([0.5, float("nan"), 0.5], ValueError, r"^shares\[1\] is nan; pass numbers from 0 to 1\.$"),
        ([0.5, 0.6, -0.1], ValueError, r"^shares\[2\] is -0\.1; pass numbers from 0 to 1\.$"),
        ([50, 30, 20], ValueError, r"^shares\[0\] is 50; pass numbers from 0 to 1\.$"),
        ([float("inf"), 0, 0], ValueError, r"^shares\[0\] is inf; "),
        (
            [1.0],
            ValueError,
            r"^shares has shape \(1,\); pass one share for each of the 3 colours\.$",
        ),
        (0.5, ValueError, r"^shares has shape \(\); "),
        ([[0.5], [0.25], [0.25]], ValueError, r"^shares has shape \(3, 1\); "),
        ([[0.5], 0.25, 0.25], ValueError, r"^shares cannot be read as an array "),
        (["a", "b", "c"], TypeError, r"^shares has dtype <U1; pass numbers from 0 to 1\.$"),
        ("half", TypeError, r"^shares has dtype <U4; "),
        ([1j, 0, 0], ValueError, r"shares has dtype complex128; "),
        ([None, 0, 1], ValueError, r"^shares\[0\] is nan; "),
        ({"a": 1}, TypeError, r"^shares holds a value that is not a number "),
    ],
)
@pytest.mark.parametrize("suffix", [".gpl", ".hex", ".json"])
def test_shares_that_are_none(here, suffix, shares, error, message):
    with pytest.raises(error, match=message):
        save_palette("a" + suffix, PALETTE, shares=shares)
    assert os.listdir() == []


def test_shares_of_any_kind_of_number(here):
    for shares in ([1, 0, 0], np.float32([1, 0, 0]), (True, False, False), [1.0, 0, 0]):
        save_palette("a.css", PALETTE, shares=shares)
        assert "100.00 %" in read("a.css").decode()


@pytest.mark.parametrize("function", [load_palette, lambda path: save_palette(path, PALETTE)])
def test_paths_that_are_none(function):
    for path in (None, 3, b"a.gpl"):
        with pytest.raises(TypeError, match=rf"^path={path!r} is not a path; pass the name of a"):
            function(path)
    with pytest.raises(ValueError, match=r"^path='' names no file; "):
        function("")


def test_a_file_that_cannot_be_written_is_named_as_it_was_given(here, monkeypatch):
    path = os.path.join("nowhere", "z.gpl")
    with pytest.raises(FileNotFoundError) as caught:
        save_palette(path, PALETTE)
    assert caught.value.filename == path
    assert caught.value.filename2 is None

    def disk_full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(OSError, match=r"No space left on device: 'z\.gpl'$"):
        save_palette("z.gpl", PALETTE)
    assert os.listdir() == []


def test_a_palette_that_is_missing():
    with pytest.raises(
        TypeError, match=r"^palette=None; pass colours as an array of shape \(n_col"
    ):
        save_palette("a.gpl", None)
    with pytest.raises(TypeError, match=r"^palette=None; "):
        apply_palette(np.zeros((2, 2), np.uint8), None)
    with pytest.raises(TypeError, match=r"^palette=None; "):
        dither(np.zeros((2, 2), np.uint8), None)
