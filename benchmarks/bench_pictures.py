"""Twelve colour photographs that installed packages ship.

    python -m pip install scikit-image scikit-learn matplotlib pillow

The packages are in the extra `bench`. Only files that they install are read; nothing is downloaded.
"""

import importlib.util
from pathlib import Path

import numpy as np

__all__ = ["pictures", "print_missing"]

FILES = {
    "skimage": (
        "data",
        "astronaut.png chelsea.png coffee.png color.png hubble_deep_field.jpg ihc.png "
        "motorcycle_left.png retina.jpg rocket.jpg",
    ),
    "sklearn": ("datasets/images", "china.jpg flower.jpg"),
    "matplotlib": ("mpl-data/sample_data", "grace_hopper.jpg"),
}


def pictures():
    """Read the pictures of the packages that are installed.

    Yields
    ------
    name : str
    image : ndarray of uint8, shape (H, W, 3)
    """
    from PIL import Image

    for path in _paths():
        if path.exists():
            with Image.open(path) as picture:
                yield path.stem, np.asarray(picture.convert("RGB"))


def print_missing():
    """Print the files that are not installed."""
    missing = [str(path) for path in _paths() if not path.exists()]
    if missing:
        print(f"left out, not installed: {', '.join(missing)}")


def _paths():
    for package, (folder, names) in FILES.items():
        found = importlib.util.find_spec(package)
        root = Path(found.origin).parent if found else Path(package)
        yield from (root / folder / name for name in names.split())
