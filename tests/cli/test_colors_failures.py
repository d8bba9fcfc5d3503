"""``mixclust colors`` when writing fails or is interrupted: no half-written file is left."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from support.picture_files import png_chunks

from mixclust._cli.main import main


def run(*arguments):
    return main(["colors", *map(str, arguments)])


def disk_full():
    raise OSError(errno.ENOSPC, "No space left on device")


def ctrl_c():
    signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("existing", [b"precious", None])
@pytest.mark.parametrize(
    ("fail", "status", "message"),
    [
        (disk_full, 2, "mixclust: error: out.png: cannot be written: No space left on device.\n"),
        (ctrl_c, 130, "mixclust: interrupted\n"),
    ],
)
def test_a_failure_in_the_middle_leaves_the_output_as_it_was(
    folder, capsys, monkeypatch, existing, fail, status, message
):
    if existing:
        Path("out.png").write_bytes(existing)
    before = sorted(os.listdir())
    seen = []

    def save_half(self, file, kind, **options):
        file.write(b"half")
        file.flush()
        seen.append(sorted(os.listdir()))
        fail()

    monkeypatch.setattr(Image.Image, "save", save_half)
    assert run("photo.png", "-o", "out.png") == status
    assert capsys.readouterr().err == message
    assert len(seen[0]) == len(before) + 1  # the half was written, beside the output
    assert sorted(os.listdir()) == before
    if existing:
        assert Path("out.png").read_bytes() == existing


def test_ctrl_c_while_clustering(folder, capsys, monkeypatch):
    monkeypatch.setattr("mixclust.images._find.KMeans.fit", lambda *_, **__: ctrl_c())
    assert run("photo.png", "-o", "out.png") == 130
    assert capsys.readouterr().err == "mixclust: interrupted\n"
    assert os.listdir() == ["photo.png"]


def test_a_symbolic_link_is_followed(folder):
    os.mkdir("elsewhere")
    try:
        os.symlink(os.path.join("elsewhere", "real.png"), "out.png")
    except OSError:
        pytest.skip("this system does not let the user make symbolic links")
    assert run("photo.png", "-o", "out.png") == 0
    assert os.path.islink("out.png")
    assert "PLTE" in png_chunks(os.path.join("elsewhere", "real.png"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no EPIPE")
def test_a_reader_that_leaves_is_no_error(folder):
    process = subprocess.Popen(
        [sys.executable, "-m", "mixclust", "colors", "photo.png", "-o", "out.png"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait() == 0
    assert os.path.exists("out.png")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no full device")
@pytest.mark.parametrize("python", [[], ["-u"]])
@pytest.mark.parametrize(
    "command",
    [
        "colors photo.png -o out.png",
        "colors photo.png -o -",
        "colors photo.png other.png -o folder",
        "cluster table.csv --components 2",
        "--version",
        "colors --help",
    ],
)
def test_a_full_standard_output_is_named(folder, command, python):
    Path("other.png").write_bytes(Path("photo.png").read_bytes())
    Path("table.csv").write_text("a,b\n" + "".join(f"{i % 7},{i * i % 11}\n" for i in range(60)))
    os.mkdir("folder")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, *python, "-m", "mixclust", *command.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.stderr == b"mixclust: error: standard output: No space left on device.\n"
    assert done.returncode == 2
