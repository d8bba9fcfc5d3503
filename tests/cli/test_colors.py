"""``mixclust colors``: its output, its report, and its refusals of bad input."""

import errno
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from support.picture_files import png_chunks

import mixclust
from mixclust._cli.main import main
from mixclust._estimator import atomic_write
from mixclust.images import color_difference, distortion, quantize

PHOTO = Path(__file__).parents[2] / "examples" / "coffee.png"
RANGE = "see 'mixclust colors --help'."


def run(*arguments):
    return main(["colors", *map(str, arguments)])


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGBA" if "transparency" in picture.info else "RGB"))


# --- output and report ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_colors", "bits"), [(1, 1), (2, 1), (3, 2), (5, 4), (16, 4), (17, 8), (256, 8)]
)
def test_output_is_a_palette_png_of_the_smallest_depth(folder, n_colors, bits):
    assert run("photo.png", "--colors", n_colors, "-o", "out.png", "--seed", 3) == 0
    chunks = png_chunks("out.png")
    assert chunks["IHDR"] == struct.pack(">IIBBBBB", 60, 40, bits, 3, 0, 0, 0)
    assert len(chunks["PLTE"]) == 3 * n_colors
    recolored = quantize(pixels("photo.png"), n_colors, random_state=3).recolored
    np.testing.assert_array_equal(pixels("out.png"), recolored)
    assert sorted(os.listdir()) == ["out.png", "photo.png"]


def test_report(folder, capsys):
    assert run("photo.png", "--colors", 5, "-o", "out.png", "--compare", "side.png") == 0
    out, err = capsys.readouterr()
    assert err == ""
    image, recolored = pixels("photo.png"), pixels("out.png")
    lines = out.splitlines()
    assert lines[0] == "photo.png, 60 x 40 pixels, in 5 colours:"

    colors, counts = np.unique(recolored.reshape(-1, 3), axis=0, return_counts=True)
    expected = {
        f"#{bytes(color).hex()}": f"{100 * count / 2400:.2f}"
        for color, count in zip(colors, counts, strict=True)
    }
    rows = [line.replace("%", "").split() for line in lines[2:4]]
    printed = [row[i : i + 2] for i in (0, 2, 4) for row in rows if row[i:]]  # down the columns
    assert dict(printed) == expected
    assert [float(share) for _, share in printed] == sorted(map(float, expected.values()))[::-1]

    mean_error, psnr = distortion(image, recolored)
    assert f"error  mean {mean_error:.2f} of 255, PSNR {psnr:.2f} dB" in lines
    difference = color_difference(image, recolored)
    expected = f"colour mean difference {difference:.2f} (CIEDE2000; 1 is just noticeable)"
    assert expected in lines
    before, after = os.path.getsize("photo.png"), os.path.getsize("out.png")
    assert f"file   {before:,} bytes -> {after:,} bytes ({100 * after / before:.2f} %)" in lines
    assert lines[-2].startswith("time   load ")
    assert lines[-1] == "wrote  out.png, side.png"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_read_as_a_file_is(folder, capsys):
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_bytes(photo))
    photo = Path("photo.png").read_bytes()
    writer.start()
    assert run("pipe", "-o", "out.png") == 0
    writer.join()
    assert f"file   {os.path.getsize('out.png'):,} bytes" in capsys.readouterr().out.splitlines()
    assert run("photo.png", "-o", "same.png") == 0
    assert Path("out.png").read_bytes() == Path("same.png").read_bytes()


def test_the_same_seed_writes_the_same_file(folder):
    for name in ("a.png", "b.png"):
        assert run("photo.png", "-o", name, "--seed", 5, "--threads", 1, "--n-init", 2) == 0
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()


@pytest.mark.parametrize("space", ["oklab", "lab", "rgb"])
def test_space(folder, space):
    assert run("photo.png", "--space", space, "-o", "out.png") == 0
    recolored = quantize(pixels("photo.png"), 16, space=space, random_state=0).recolored
    np.testing.assert_array_equal(pixels("out.png"), recolored)


def test_compare_puts_both_side_by_side(folder):
    assert run("photo.png", "-o", "out.png", "--compare", "side.png") == 0
    side = pixels("side.png")
    assert side.shape == (40, 128, 3)
    np.testing.assert_array_equal(side[:, :60], pixels("photo.png"))
    assert (side[:, 60:68] == 255).all()
    np.testing.assert_array_equal(side[:, 68:], pixels("out.png"))
    assert run("photo.png", "-o", "out.png", "--compare", "side.JPG") == 0
    with Image.open("side.JPG") as picture:
        assert (picture.format, picture.size) == ("JPEG", (128, 40))


def test_compare_of_the_widest_picture_that_a_jpeg_holds(folder):
    Image.new("RGB", (32_746, 1)).save("wide.png")
    assert run("wide.png", "--colors", 1, "-o", "out.png", "--compare", "side.jpg") == 0
    with Image.open("side.jpg") as side:
        assert side.size == (65_500, 1)


def test_grey(folder):
    Image.fromarray(np.uint8([[0, 9, 200], [1, 8, 200]])).save("grey.png")
    assert run("grey.png", "--colors", 3, "-o", "out.png") == 0
    assert pixels("out.png")[..., 0].tolist() == [[0, 8, 200], [0, 8, 200]]


def test_a_jpeg_is_turned_upright(folder):
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open("photo.png") as picture:
        picture.save("turned.jpg", exif=exif, quality=95)
        upright = np.asarray(picture.transpose(Image.Transpose.ROTATE_270))
    assert run("turned.jpg", "-o", "out.png", "--colors", 64) == 0
    assert pixels("out.png").shape == (60, 40, 3)
    assert distortion(upright, pixels("out.png")).psnr > 25


def test_alpha_that_is_opaque_everywhere_takes_no_entry(folder):
    with Image.open("photo.png") as picture:
        picture.convert("RGBA").save("opaque.png")
    assert run("opaque.png", "--colors", 256, "-o", "out.png") == 0
    assert "tRNS" not in png_chunks("out.png")


def test_color_profile_is_kept_where_the_channels_are(folder):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    with Image.open("photo.png") as picture:
        picture.save("rgb.png", icc_profile=profile)
        picture.convert("CMYK").save("cmyk.jpg", icc_profile=profile)
    for name, expected in (("rgb.png", profile), ("cmyk.jpg", None)):
        assert run(name, "-o", "out.png") == 0
        with Image.open("out.png") as picture:
            assert picture.info.get("icc_profile") == expected


def test_an_existing_file_is_replaced_and_keeps_its_permissions(folder):
    Path("out.png").write_bytes(b"old")
    os.chmod("out.png", 0o640)
    mode = os.stat("out.png").st_mode
    assert run("photo.png", "-o", "out.png") == 0
    assert os.stat("out.png").st_mode == mode
    assert "PLTE" in png_chunks("out.png")


def test_the_example_photograph_through_the_real_command(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mixclust", "colors", PHOTO, "--colors", "16", "-o", "out.png"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert "600 x 400 pixels, in 16 colours" in done.stdout
    assert distortion(pixels(PHOTO), pixels(tmp_path / "out.png")).psnr > 29


def test_help_names_the_command(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "colors" in capsys.readouterr().out


def test_a_bare_call_prints_the_help_and_did_nothing(capsys):
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: mixclust [-h] [--version] COMMAND")
    assert "cluster" in err


def test_version(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"mixclust {mixclust.__version__}\n"


# --- refusals ------------------------------------------------------------------------------------


def make_bad_files():
    Path("text.png").write_text("not a picture")
    Path("empty.png").touch()
    photo = Path("photo.png").read_bytes()
    Path("cut.png").write_bytes(photo[: len(photo) // 2])
    os.mkdir("folder")
    os.mkdir("folder.png")
    Image.new("F", (2, 2), 2.5).save("float.tif")
    Image.new("RGB", (32_747, 1)).save("wide.png")
    Image.new("RGB", (1, 65_501)).save("high.png")
    with Image.open("photo.png") as picture:
        hole = picture.convert("RGBA")
        hole.putpixel((0, 0), (0, 0, 0, 0))
        hole.save("hole.png")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("colors missing.png -o out.png", "missing.png: does not exist."),
        ("colors folder -o out.png", "folder: is a folder without pictures; name a picture."),
        (
            "colors text.png -o out.png",
            "text.png: is not an image that pillow knows; save it as PNG.",
        ),
        (
            "colors empty.png -o out.png",
            "empty.png: is not an image that pillow knows; save it as PNG.",
        ),
        (
            "colors float.tif -o out.png",
            "float.tif: has levels from 2.5 to 2.5 and no known range; pass --levels LOW "
            "HIGH, which become black and white.",
        ),
        (
            "colors photo.png -o out.png --levels 0 4095",
            "photo.png: --levels is for grey of more than 8 bits; this picture has mode RGB.",
        ),
        (
            "colors float.tif -o out.png --levels 5 5",
            "--levels 5 5: the first must be below the second.",
        ),
        *[
            (
                f"colors float.tif -o out.png --levels {value} 5",
                f"argument --levels: '{value}' is not a finite number; {RANGE}",
            )
            for value in ("nan", "inf", "low")
        ],
        (
            "colors photo.png -o out.png --frame 2",
            "photo.png: has 1 frame; --frame 2 exceeds this number.",
        ),
        (
            "colors photo.png -o out.png --frame 0",
            f"argument --frame: '0' is not a whole number of at least 1; {RANGE}",
        ),
        (
            "colors hole.png -o out.png --colors 1",
            "hole.png: has transparent pixels, which take one entry of the palette; pass "
            "--colors 2 or more.",
        ),
        *[
            (
                f"colors photo.png -o out.png --colors {value}",
                f"argument --colors: '{value}' is not a whole number from 1 to 256; {RANGE}",
            )
            for value in ("0", "-3", "257", "2.5", "many")
        ],
        (
            "colors photo.png -o out.png --space hsv",
            "argument --space: 'hsv' is not a colour space: oklab, lab or rgb; " + RANGE,
        ),
        (
            "colors photo.png -o out.png --seed -1",
            f"argument --seed: '-1' is not a whole number from 0 to 4294967295; {RANGE}",
        ),
        (
            "colors photo.png -o out.png --n-init 0",
            f"argument --n-init: '0' is not a whole number of at least 1; {RANGE}",
        ),
        (
            "colors photo.png -o out.png --threads 0",
            f"argument --threads: '0' is not a whole number of at least 1; {RANGE}",
        ),
        (
            "colors photo.png -o nowhere/out.png",
            f"{Path('nowhere/out.png')}: there is no folder nowhere; create it first.",
        ),
        (
            "colors photo.png -o photo.png/out.png",
            f"{Path('photo.png/out.png')}: there is no folder photo.png; create it first.",
        ),
        (
            "colors photo.png -o folder.png",
            "folder.png: exists and is not a file; choose another name.",
        ),
        ("colors photo.png -o out.jpg", "out.jpg: the name of the output must end in .png."),
        (
            "colors photo.png -o out.png --compare side.gif",
            "side.gif: the name of the output must end in .png or .jpg or .jpeg.",
        ),
        (
            "colors wide.png -o out.png --compare side.jpg",
            "side.jpg: both pictures side by side are 65,502 x 1 pixels, but a JPEG has at most "
            "65,500 a side; name a .png.",
        ),
        (
            "colors high.png -o out.png --compare side.JPEG",
            "side.JPEG: both pictures side by side are 10 x 65,501 pixels, but a JPEG has at most "
            "65,500 a side; name a .png.",
        ),
        (
            "colors photo.png -o out.png --compare ./out.png",
            "--compare and --output are both out.png; give two names.",
        ),
        (
            "colors photo.png -o photo.png",
            "photo.png: is the picture itself; choose another name for the output.",
        ),
        ("colors photo.png", "there is nothing to write; pass -o OUT.png or --palette FILE."),
        ("colors photo.png -o out.png --color 3", f"unrecognized arguments: --color 3; {RANGE}"),
        ("--verison", "unrecognized arguments: --verison; see 'mixclust --help'."),
    ],
)
def test_bad_input_is_one_line_and_status_2(folder, capsys, command, message):
    make_bad_files()
    before = sorted(os.listdir())
    assert main(command.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"mixclust: error: {message}\n"
    assert sorted(os.listdir()) == before


def test_a_picture_cut_short(folder, capsys):
    make_bad_files()
    assert run("cut.png", "-o", "out.png") == 2
    err = capsys.readouterr().err
    assert err.startswith("mixclust: error: cut.png: cannot be read: ")
    assert err.count("\n") == 1
    assert not os.path.exists("out.png")


def test_a_name_that_the_system_refuses(folder, capsys):
    assert run("photo.png", "-o", "x" * 5000 + ".png") == 2
    err = capsys.readouterr().err
    assert err.startswith("mixclust: error: ")
    assert err.count("\n") == 1


def test_bad_input_through_the_real_command(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mixclust", "colors", "no.png", "-o", "out.png"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "mixclust: error: no.png: does not exist.\n"


def test_without_pillow(tmp_path):
    code = (
        "import sys; sys.modules['PIL'] = None; from mixclust._cli.main import main; "
        f"sys.exit(main(['colors', {str(PHOTO)!r}, '-o', 'out.png']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == (
        "mixclust: error: reading pictures needs pillow, which is not installed;"
        " run: pip install 'mixclust[images]'\n"
    )


def test_a_number_of_threads_in_the_environment_that_is_none(folder, capsys, monkeypatch):
    monkeypatch.setenv("MIXCLUST_NUM_THREADS", "many")
    assert run("photo.png", "-o", "out.png") == 2
    err = capsys.readouterr().err
    assert err.startswith("mixclust: error: MIXCLUST_NUM_THREADS='many' ")
    assert err.count("\n") == 1


def test_a_folder_without_permission(folder, capsys, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(atomic_write, "open", refuse, raising=False)
    assert run("photo.png", "-o", "out.png") == 2
    err = capsys.readouterr().err
    assert err == "mixclust: error: out.png: cannot be written: Permission denied.\n"
    assert os.listdir() == ["photo.png"]
