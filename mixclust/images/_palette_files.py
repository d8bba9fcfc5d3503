"""Palettes in files that other programs read."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from .._estimator.atomic_write import write_atomically
from .._inputs.annotations import ArrayLike, Path
from .._inputs.arrays import as_float
from .._inputs.tables import as_array
from ._css_names import css_names
from ._palette_adobe import read_aco, read_ase, write_aco, write_ase
from ._palette_text import (
    Swatch,
    read_css,
    read_gpl,
    read_hex,
    read_json,
    write_css,
    write_gpl,
    write_hex,
    write_json,
)
from ._swatches import write_png

__all__ = ["PALETTE_SUFFIXES", "check_palette", "encode_palette", "load_palette", "save_palette"]

FORMATS = {
    ".gpl": (write_gpl, read_gpl),
    ".hex": (write_hex, read_hex),
    ".json": (write_json, read_json),
    ".css": (write_css, read_css),
    ".ase": (write_ase, read_ase),
    ".aco": (write_aco, read_aco),
    ".png": (write_png, None),
}
PALETTE_SUFFIXES = tuple(FORMATS)
WITHOUT_ALPHA = (".gpl", ".ase", ".aco")
MAX_FILE_COLORS = 65_535  # that the number of colours of an .aco file holds


def save_palette(
    path: Path,
    palette: NDArray[np.uint8],
    *,
    shares: ArrayLike | None = None,
    title: str = "palette",
) -> None:
    """Write a palette to a file, in the format that the suffix names.

    Each colour is named after the nearest named colour of CSS (by CIEDE2000). The file is complete
    or absent.

    Parameters
    ----------
    path : str or path
        ``.gpl`` (GIMP, Inkscape, Krita), ``.hex`` (a code in each line), ``.json``, ``.css``
        (custom properties), ``.ase`` (Adobe Swatch Exchange), ``.aco`` (Photoshop), or ``.png``, a
        picture of the swatches, which needs pillow.
    palette : ndarray of uint8, shape (n_colors, 3) or (n_colors, 4)
        Red, green, blue, and alpha; written in this order. The formats .gpl, .ase and .aco have no
        alpha: fully transparent colours are left out, others are written as opaque.
    shares : array-like of shape (n_colors,), default=None
        The share of the pixels of each colour, from 0 to 1, for the formats with text.
    title : str, default="palette"
        The name of the palette, for the formats that hold one (.gpl, .json, .css).

    Raises
    ------
    TypeError
        If `path` is not a path, the palette does not hold 8-bit levels, or `shares` no numbers.
    ValueError
        If the suffix is unknown, a shape is not one of the above, a share is not from 0 to 1, or a
        format has no colour left to hold.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import os, tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mixclust.images import save_palette
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = os.path.join(folder.name, "warm.css")
    >>> save_palette(path, np.uint8([[176, 46, 17], [231, 191, 153]]), shares=[0.75, 0.25])
    >>> print(Path(path).read_text())
    /* palette */
    :root {
      --color-1: #b02e11; /* firebrick 75.00 % */
      --color-2: #e7bf99; /* burlywood 25.00 % */
    }
    <BLANKLINE>
    >>> folder.cleanup()
    """
    data = encode_palette(_suffix(path, PALETTE_SUFFIXES), palette, shares, title)
    with write_atomically(path) as file:
        file.write(data)


def encode_palette(suffix, palette, shares, title):
    """Give the bytes of a file of a palette; the arguments are those of `save_palette`.

    Parameters
    ----------
    suffix : str
        One of `PALETTE_SUFFIXES`.
    palette : ndarray of uint8, shape (n_colors, 3) or (n_colors, 4)
        The colours.
    shares : array-like of shape (n_colors,), or None
        The share of each.
    title : str
        The name of the palette.

    Returns
    -------
    data : bytes
        The whole file.

    Raises
    ------
    TypeError
        If the palette does not hold 8-bit levels, or `shares` no numbers.
    ValueError
        If a shape is wrong, a share is not from 0 to 1, or the format has no colour left to hold.
    """
    palette = check_palette(palette)
    if shares is not None:
        shares = _check_shares(shares, len(palette))
    if suffix in WITHOUT_ALPHA and palette.shape[1] == 4:
        visible = palette[:, 3] > 0
        palette = palette[visible, :3]
        shares = shares if shares is None else shares[visible]
        if not len(palette):
            raise ValueError(
                f"all colours of palette are transparent, and {suffix} has no alpha; choose .hex, "
                ".json or .css."
            )
    if len(palette) > MAX_FILE_COLORS:
        raise ValueError(
            f"palette has {len(palette)} colours; a file holds at most {MAX_FILE_COLORS}."
        )
    names = css_names(palette)
    swatches = [
        Swatch(tuple(color), name, None if shares is None else float(shares[k]))
        for k, (color, name) in enumerate(zip(palette.tolist(), names, strict=True))
    ]
    return FORMATS[suffix][0](title, swatches)


def load_palette(path: Path) -> NDArray[np.uint8]:
    """Read a palette from a file, in the format that the suffix names.

    Parameters
    ----------
    path : str or path
        A file in one of the formats of `save_palette` but .png. Of .ase and .aco, RGB and grey
        colours are read; groups, names and shares are ignored.

    Returns
    -------
    ndarray of uint8, shape (n_colors, 3) or (n_colors, 4)
        The colours in the order of the file; with alpha if one of them has it.

    Raises
    ------
    TypeError
        If `path` is not a path.
    OSError
        If the file cannot be read.
    ValueError
        If the suffix is unknown, the file is damaged, or it holds no colour. The message says
        which part of the file is at fault, and the form that is required.

    Examples
    --------
    >>> import os, tempfile
    >>> from mixclust.images import load_palette
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = os.path.join(folder.name, "two.hex")
    >>> with open(path, "w") as file:
    ...     _ = file.write("b02e11 e7bf99".replace(" ", chr(10)))
    >>> load_palette(path)
    array([[176,  46,  17],
           [231, 191, 153]], dtype=uint8)
    >>> folder.cleanup()
    """
    suffix = _suffix(path, [suffix for suffix, (_, read) in FORMATS.items() if read])
    with open(path, "rb") as file:
        data = file.read()
    try:
        colors = FORMATS[suffix][1](data)
        if not colors:
            raise ValueError("holds no colours; required is at least 1")
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)}: {error}.") from None
    if all(len(color) == 3 for color in colors):
        return np.array(colors, np.uint8)
    return np.array([(*color, 255)[:4] for color in colors], np.uint8)


def check_palette(palette, name="palette"):
    """Give a palette as an array of uint8, or name its fault.

    Parameters
    ----------
    palette : array of uint8, shape (n_colors, 3) or (n_colors, 4)
        Any integers from 0 to 255 are taken.
    name : str, default="palette"
        The name of the argument in messages.

    Returns
    -------
    palette : ndarray of uint8, shape (n_colors, 3) or (n_colors, 4)
        The same colours.

    Raises
    ------
    TypeError
        If it does not hold integers.
    ValueError
        If its shape is another, or a number is not from 0 to 255.
    """
    if palette is None:
        raise TypeError(
            f"{name}=None; pass colours as an array of shape (n_colors, 3) or (n_colors, 4)."
        )
    palette = np.asarray(palette)
    if palette.ndim != 2 or palette.shape[1] not in (3, 4) or not len(palette):
        raise ValueError(
            f"{name} has shape {palette.shape}; pass (n_colors, 3) for RGB, or (n_colors, 4) for "
            "RGBA, with at least one colour."
        )
    if palette.dtype.kind not in "iu":
        raise TypeError(f"{name} has dtype {palette.dtype}; pass integers from 0 to 255.")
    if palette.min() < 0 or palette.max() > 255:
        raise ValueError(
            f"{name} has levels from {palette.min()} to {palette.max()}; pass integers from 0 to "
            "255."
        )
    return palette.astype(np.uint8)


def _check_shares(shares, n_colors):
    """Give shares as an array of float64, or name their fault."""
    shares = as_array(shares, "shares")
    if shares.dtype.kind in "SUT":
        raise TypeError(f"shares has dtype {shares.dtype}; pass numbers from 0 to 1.")
    shares = as_float(shares, "shares")
    if shares.shape != (n_colors,):
        raise ValueError(
            f"shares has shape {shares.shape}; pass one share for each of the {n_colors} colours."
        )
    is_wrong = ~((shares >= 0) & (shares <= 1))
    if is_wrong.any():
        k = is_wrong.argmax()
        raise ValueError(f"shares[{k}] is {shares[k]:g}; pass numbers from 0 to 1.")
    return shares.astype(np.float64)


def _suffix(path, known):
    """Give the suffix of a palette file in lower case, or refuse the path."""
    if not isinstance(path, (str, os.PathLike)) or isinstance(os.fspath(path), bytes):
        raise TypeError(f"path={path!r} is not a path; pass the name of a file as text.")
    if not os.fspath(path):
        raise ValueError("path='' names no file; pass the name of a file.")
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    if suffix not in known:
        raise ValueError(
            f"{os.fspath(path)}: the name of a palette must end in {', '.join(known[:-1])} or "
            f"{known[-1]}."
        )
    return suffix
