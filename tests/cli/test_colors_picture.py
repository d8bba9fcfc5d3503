"""``mixclust colors`` on transparency, frames, levels of more than 8 bits, and metadata."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import GifImagePlugin, Image, ImageCms, PngImagePlugin
from support.picture_files import png, tiff

from mixclust._cli.colors_picture import read_picture
from mixclust._cli.errors import CommandError
from mixclust._cli.main import main
from mixclust.images import distortion, quantize


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return main(["colors", *map(str, arguments)])


def written(name="out.png"):
    with Image.open(name) as picture:
        assert picture.mode == "P"
        return np.asarray(picture.convert("RGBA"))


def report(capsys):
    """Give the report; standard error is empty."""
    out, err = capsys.readouterr()
    assert err == ""
    return out.splitlines()


def note(capsys):
    """Give the only line on standard error, and the report."""
    out, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert err.startswith("mixclust: note: ")
    return err.removeprefix("mixclust: note: ").rstrip("\n"), out


# --- transparency --------------------------------------------------------------------------------


def shadow():
    """A red square with a soft black shadow on a transparent ground."""
    y, x = np.mgrid[:40, :50]
    image = np.zeros((40, 50, 4), np.uint8)
    image[..., 3] = (220 - 12 * np.hypot(y - 22, x - 28)).clip(0, 160)
    image[8:26, 12:32] = [200, 30, 30, 255]
    return image


@pytest.mark.parametrize("suffix", ["png", "webp", "tif"])
def test_a_soft_shadow_is_written_with_an_alpha_in_each_entry(folder, capsys, suffix):
    image = shadow()
    options = {"lossless": True, "exact": True} if suffix == "webp" else {}
    Image.fromarray(image).save(f"shadow.{suffix}", **options)
    assert run(f"shadow.{suffix}", "--colors", 16, "-o", "out.png") == 0
    expected = quantize(image, 16, random_state=0)
    np.testing.assert_array_equal(written(), expected.recolored)
    lines = report(capsys)
    assert "alpha  1 colour fully transparent, 14 partly" in lines
    mean_error, psnr = distortion(image, expected.recolored)
    assert (
        f"error  mean {mean_error:.2f} of 255, PSNR {psnr:.2f} dB, over black or over white, "
        "the worse of both"
    ) in lines
    shares = {cell for line in lines for cell in line.split() if cell.startswith("#")}
    assert shares == {
        "#" + bytes(entry[:3] if entry[3] == 255 else entry).hex() for entry in expected.palette
    }


def test_256_colours_with_transparent_pixels(folder):
    image = np.random.default_rng(0).integers(0, 256, (40, 40, 4), dtype=np.uint8)
    image[..., 3] = 255
    image[:2, :2, 3] = 0
    Image.fromarray(image).save("hole.png")
    assert run("hole.png", "--colors", 256, "-o", "out.png") == 0
    out = written()
    np.testing.assert_array_equal(out[..., 3], image[..., 3])
    assert len(np.unique(out.reshape(-1, 4), axis=0)) == 256


def test_one_alpha_throughout(folder, capsys):
    Image.new("RGBA", (3, 3), (10, 20, 30, 100)).save("glass.png")
    assert run("glass.png", "-o", "out.png", "--compare", "side.png") == 0
    assert (written() == [10, 20, 30, 100]).all()
    assert "#0a141e64 100.00 %" in " ".join(report(capsys)[2].split())
    with Image.open("side.png") as side:
        assert side.getpixel((0, 0)) == side.getpixel((11, 0)) == (159, 163, 167)  # on white


def test_every_pixel_transparent(folder, capsys):
    Image.new("RGBA", (3, 3)).save("nothing.png")
    assert run("nothing.png", "-o", "out.png", "--colors", 1) == 0
    assert not written().any()
    assert "error  none: every pixel is transparent" in report(capsys)


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_transparent_level_of_a_grey_png(folder, bits):
    level = 2**bits - 1
    Path("grey.png").write_bytes(png([[level, 0]], bits, 0, tRNS=struct.pack(">H", level)))
    assert run("grey.png", "-o", "out.png") == 0
    assert written().tolist() == [[[0, 0, 0, 0], [0, 0, 0, 255]]]


def test_transparent_color_of_a_16_bit_rgb_png(folder, capsys):
    data = png([[[1, 2, 3], [4000, 2, 3]]], 16, 2, tRNS=struct.pack(">3H", 1, 2, 3))
    Path("rgb16.png").write_bytes(data)
    assert run("rgb16.png", "-o", "out.png") == 0
    assert written().tolist() == [[[0, 0, 0, 0], [15, 0, 0, 255]]]
    assert capsys.readouterr().err.splitlines() == [
        "mixclust: note: rgb16.png: 16 bits a channel were read as 8, which is all that pillow "
        "reads.",
        "mixclust: note: rgb16.png: the transparent colour of 16 bits a channel was matched by "
        "its high bytes alone.",
    ]


# --- the number of colours -----------------------------------------------------------------------


def test_fewer_colours_than_were_asked_for(folder, capsys):
    Image.fromarray(np.uint8([[[1, 2, 3], [4, 5, 6], [4, 5, 6]]])).save("two.png")
    assert run("two.png", "--colors", 16, "-o", "out.png") == 0
    assert written()[0, :, :3].tolist() == [[1, 2, 3], [4, 5, 6], [4, 5, 6]]
    lines = report(capsys)
    assert lines[0] == "two.png, 3 x 1 pixels, in 2 colours:"
    assert "found  2 colours in the whole picture; all are kept" in lines
    assert "error  mean 0.00 of 255, PSNR inf dB" in lines


def test_a_result_larger_than_its_source_is_reported(folder, capsys):
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(image).save("noise.jpg", quality=5)
    Image.fromarray(image).save("noise.png")
    line = "note   the result is larger than the picture"
    assert run("noise.jpg", "--colors", 256, "-o", "out.png") == 0
    assert os.path.getsize("out.png") > os.path.getsize("noise.jpg")
    assert line in report(capsys)
    assert run("noise.png", "--colors", 16, "-o", "out.png") == 0
    assert os.path.getsize("out.png") < os.path.getsize("noise.png")
    assert line not in report(capsys)


# --- frames --------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tif"])
def test_frames_that_are_left_out_are_reported(folder, capsys, suffix):
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "lime", "blue")]
    options = {"lossless": True} if suffix == "webp" else {}
    frames[0].save(f"film.{suffix}", save_all=True, append_images=frames[1:], **options)
    for arguments, color in (([], 0), (["--frame", 1], 0), (["--frame", 3], 2)):
        assert run(f"film.{suffix}", "-o", "out.png", *arguments) == 0
        assert written()[4, 4].tolist() == [*np.eye(3, dtype=int)[color] * 255, 255]
        if arguments:
            report(capsys)
        else:
            assert note(capsys)[0] == (
                f"film.{suffix}: 2 of its 3 frames or pages are left out; the first is taken, "
                "--frame N takes another."
            )
    assert run(f"film.{suffix}", "-o", "out.png", "--frame", 4) == 2
    assert capsys.readouterr().err == (
        f"mixclust: error: film.{suffix}: has 3 frames; --frame 4 exceeds this number.\n"
    )


def test_damaged_frames_after_the_first_are_reported(folder, capsys, monkeypatch):
    def fail(picture):
        raise IndexError("index out of range")

    monkeypatch.setattr(GifImagePlugin.GifImageFile, "n_frames", property(fail))
    Image.new("L", (4, 4)).save("film.gif")
    assert run("film.gif", "-o", "out.png") == 0
    assert note(capsys)[0] == (
        "film.gif: its other frames or pages are damaged, and left out; the first is taken."
    )


def test_sizes_that_are_left_out_are_reported(folder, capsys):
    Image.new("RGB", (64, 64), "red").save("app.ico", sizes=[(16, 16), (32, 32), (64, 64)])
    assert run("app.ico", "-o", "out.png") == 0
    assert written().shape == (64, 64, 4)
    assert note(capsys)[0] == ("app.ico: 2 of its 3 sizes are left out; the largest is taken.")


# --- levels of more than 8 bits ------------------------------------------------------------------


def test_12_bit_levels_in_a_16_bit_file_are_scaled(folder, capsys):
    levels = np.linspace(0, 4095, 4096).astype(np.uint16).reshape(64, 64)
    Image.fromarray(levels).save("xray.png")
    assert run("xray.png", "--colors", 256, "-o", "out.png") == 0
    expected = levels * (255 / 4095)
    np.testing.assert_array_equal(written()[..., 0], np.rint(expected))
    line, out = note(capsys)
    assert line == (
        "xray.png: levels 0 to 4095 were taken as the range from black to white, and written "
        "with 8 bits; the picture has 0 to 4095, --levels LOW HIGH sets another range."
    )
    mean_error = np.abs(written()[..., 0] - expected).mean()
    assert f"error  mean {mean_error:.2f} of 255" in out


@pytest.mark.parametrize(
    ("largest", "white"),
    [(1, 255), (255, 255), (256, 1023), (4095, 4095), (4096, 16383), (16384, 65535)],
)
@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.int32, np.uint32])
def test_the_range_is_that_of_the_fewest_usual_bits(folder, largest, white, dtype):
    Path("small.tif").write_bytes(tiff(np.array([[0, largest]], dtype)))
    assert run("small.tif", "-o", "out.png") == 0
    assert written()[0, :, 0].tolist() == [0, round(255 * largest / white)]


def test_levels_that_the_user_gives(folder, capsys):
    levels = np.uint16([[29_000, 30_000, 30_100, 30_255, 30_300]])
    Image.fromarray(levels).save("narrow.png")
    assert run("narrow.png", "-o", "out.png") == 0
    assert np.unique(written()[..., 0]).tolist() == [113, 117, 118]
    assert (
        "found  3 colours in the whole picture, in 8 bits; all are kept" in capsys.readouterr().out
    )
    assert run("narrow.png", "-o", "out.png", "--levels", 30_000, 30_255) == 0
    assert written()[0, :, 0].tolist() == [0, 0, 100, 255, 255]
    err = capsys.readouterr().err.splitlines()
    assert err[0] == (
        "mixclust: note: narrow.png: 2 pixels have levels beyond --levels and were clipped."
    )


def test_colours_of_16_bits_that_round_to_one_are_one_entry(folder, capsys):
    Image.fromarray(np.uint16([[30_000, 30_010, 65_535]])).save("near.png")
    assert run("near.png", "-o", "out.png", "--compare", "side.png") == 0
    assert written()[0, :, 0].tolist() == [117, 117, 255]
    assert "in 2 colours" in capsys.readouterr().out
    with Image.open("side.png") as side:
        assert [side.getpixel((x, 0))[0] for x in (0, 11)] == [117, 117]


def test_floating_point_from_0_to_1(folder):
    Path("unit.tif").write_bytes(tiff(np.float32([[0, 0.2, 1]])))
    assert run("unit.tif", "-o", "out.png") == 0
    assert written()[0, :, 0].tolist() == [0, 51, 255]


def test_floating_point_and_negative_levels_with_a_given_range(folder, capsys):
    for dtype in (np.float32, np.int32, np.int8):
        Path("signed.tif").write_bytes(tiff(np.array([[-10, 0, 10]], dtype)))
        assert run("signed.tif", "-o", "out.png") == 2
        assert "has levels from -10 to 10 and no known range" in capsys.readouterr().err
        assert run("signed.tif", "-o", "out.png", "--levels", -10, 10) == 0
        assert written()[0, :, 0].tolist() == [0, 128, 255]


def test_pixels_that_are_not_numbers(folder, capsys):
    Path("nan.tif").write_bytes(tiff(np.float32([[0, np.nan, np.inf]])))
    assert run("nan.tif", "-o", "out.png", "--levels", 0, 1) == 2
    assert capsys.readouterr().err == (
        "mixclust: error: nan.tif: 2 of its pixels are NaN or infinite; replace them.\n"
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_tiff_where_white_is_zero(folder, dtype):
    top = {np.uint8: 255, np.uint16: 4095, np.float32: 1}[dtype]
    Path("negative.tif").write_bytes(tiff(np.array([[0, top]], dtype), photometric=0))
    assert run("negative.tif", "-o", "out.png") == 0
    assert written()[0, :, 0].tolist() == [255, 0]


def test_planes_that_pillow_misreads_are_refused(folder, capsys):
    Path("planes.tif").write_bytes(tiff(np.zeros((3, 2, 2), np.uint16), photometric=2, planar=2))
    assert run("planes.tif", "-o", "out.png") == 2
    assert "planes.tif: cannot be read: planes of 16 bits" in capsys.readouterr().err


def test_rgb_of_more_than_8_bits_is_reported(folder, capsys):
    pixels = np.uint16([[[0, 256, 65535], [0, 0, 0]]])
    Path("rgb16.png").write_bytes(png(pixels, 16, 2))
    Path("rgb16.ppm").write_bytes(b"P6 2 1 65535\n" + pixels.astype(">u2").tobytes())
    for name in ("rgb16.png", "rgb16.ppm"):
        assert run(name, "-o", "out.png") == 0
        assert written()[0, 0].tolist() == [0, 1, 255, 255]
        assert note(capsys)[0].startswith(f"{name}: 16 bits a channel were read as 8")


# --- metadata ------------------------------------------------------------------------------------


def test_resolution_and_gamma_are_kept(folder):
    facts = PngImagePlugin.PngInfo()
    facts.add(b"gAMA", struct.pack(">I", 50_000))
    facts.add(b"cHRM", struct.pack(">8I", *range(30_000, 38_000, 1000)))
    facts.add(b"sRGB", b"\1")
    Image.new("RGB", (4, 3), "red").save("facts.png", dpi=(300, 150), pnginfo=facts)
    assert run("facts.png", "-o", "out.png", "--compare", "side.jpg") == 0
    with Image.open("facts.png") as before, Image.open("out.png") as after:
        assert set(before.info) == {"dpi", "gamma", "chromaticity", "srgb"}
        assert after.info == before.info
    with Image.open("side.jpg") as side:
        assert side.info["dpi"] == (300, 150)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_resolution_is_turned_with_the_picture(folder, suffix):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (4, 4)).save(f"turned.{suffix}", exif=exif, dpi=(300, 150))
    assert run(f"turned.{suffix}", "-o", "out.png") == 0
    with Image.open("out.png") as picture:
        assert picture.info["dpi"] == pytest.approx((150, 300), abs=0.1)


def test_a_resolution_that_cannot_be_kept_is_reported(folder, capsys):
    aspect = png([[0, 255]], 8, 0, pHYs=struct.pack(">IIB", 3, 4, 0))
    coarse = png([[0, 255]], 8, 0, pHYs=struct.pack(">IIB", 0, 1000, 1))
    for data, message in (
        (aspect, "picture.png: its ratio of pixel sides is left out: 3 : 4."),
        (coarse, "picture.png: its resolution is left out: 0 x 25.4 dpi."),
    ):
        Path("picture.png").write_bytes(data)
        assert run("picture.png", "-o", "out.png", "--compare", "side.jpg") == 0
        assert note(capsys)[0] == message


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_a_ratio_of_pixel_sides_is_reported_in_any_format(folder, capsys, suffix):
    picture = Image.new("RGB", (4, 4))
    if suffix == "jpg":
        picture.save("a.jpg", dpi=(3, 4))
        data = bytearray(Path("a.jpg").read_bytes())
        data[data.index(b"JFIF") + 7] = 0  # the unit: none
        Path("a.jpg").write_bytes(data)
    else:
        picture.save("a.tif", resolution_unit=1, x_resolution=3, y_resolution=4)
    assert run(f"a.{suffix}", "-o", "out.png") == 0
    assert note(capsys)[0] == f"a.{suffix}: its ratio of pixel sides is left out: 3 : 4."


@pytest.mark.parametrize("suffix", ["bmp", "jpg", "png", "ppm", "tif", "webp"])
def test_a_resolution_is_not_invented(folder, capsys, suffix):
    Image.new("RGB", (4, 4)).save(f"a.{suffix}")
    assert run(f"a.{suffix}", "-o", "out.png") == 0
    with Image.open("out.png") as picture:
        assert picture.info.get("dpi", (96, 96)) == pytest.approx((96, 96), abs=0.1)  # of a BMP
    report(capsys)


def test_chromaticities_of_grey_are_kept(folder):
    data = png([[0, 255]], 8, 0, cHRM=struct.pack(">8I", *range(30_000, 38_000, 1000)))
    Path("grey.png").write_bytes(data)
    assert run("grey.png", "-o", "out.png") == 0
    with Image.open("grey.png") as before, Image.open("out.png") as after:
        assert after.info == before.info
        assert set(after.info) == {"chromaticity"}


def test_channels_without_a_meaning_are_reported(folder, capsys):
    Image.new("RGB", (4, 4)).convert("RGBX").save("more.tif")
    assert run("more.tif", "-o", "out.png") == 0
    assert note(capsys)[0] == "more.tif: 1 channel beside RGB left out: the file does not name it."


def test_a_colour_profile_that_is_left_out_is_reported(folder, capsys):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("CMYK", (4, 4)).save("cmyk.jpg", icc_profile=profile)
    assert run("cmyk.jpg", "-o", "out.png") == 0
    assert note(capsys)[0] == (
        "cmyk.jpg: its colour profile is left out: it is for mode CMYK, and a palette is RGB."
    )


# --- paths ---------------------------------------------------------------------------------------


def make_link(target, name):
    try:
        os.symlink(target, name)
    except OSError:
        pytest.skip("this system does not let the user make symbolic links")


def test_two_names_of_one_output_are_refused(folder, capsys):
    Image.new("RGB", (4, 4)).save("photo.png")
    make_link("out.png", "link.png")
    assert run("photo.png", "-o", "link.png", "--compare", "out.png") == 2
    assert capsys.readouterr().err == (
        "mixclust: error: --compare and --output are both link.png; give two names.\n"
    )


def test_a_picture_that_is_a_loop_of_links_is_one_line(folder):
    make_link("b.png", "a.png")
    make_link("a.png", "b.png")
    with pytest.raises(CommandError, match=r"^a\.png: "):
        read_picture(Path("a.png"))
