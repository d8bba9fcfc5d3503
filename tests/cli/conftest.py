"""The folder in which tests of the commands work."""

from pathlib import Path

import pytest

PHOTO = Path(__file__).parents[2] / "examples" / "coffee.png"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory with a small photograph in it."""
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    with Image.open(PHOTO) as picture:
        picture.crop((200, 50, 260, 90)).save("photo.png")
    return tmp_path
