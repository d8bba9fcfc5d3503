"""``mixclust colors`` on several pictures or folders: a palette for each, or one for all."""

import os
from pathlib import Path

import numpy as np

from ..images._recolor import Quantized
from .colors_picture import read_picture
from .colors_recolor import given_palette, measure_error, recolor, share_palette
from .colors_report import print_many
from .colors_write import PALETTE_SUFFIXES, write_palette, write_recolored
from .errors import CommandError
from .files import STANDARD_STREAM, check_outputs, printing
from .progress import Progress

__all__ = ["find_pictures", "run_many"]


def find_pictures(paths):
    """Give the pictures that are named, and the pictures in folders that are named.

    Parameters
    ----------
    paths : list of pathlib.Path

    Returns
    -------
    pictures : list of pathlib.Path
        In the given order; the ones of a folder, without its sub-folders, by name.

    Raises
    ------
    CommandError
        If a folder holds no picture.
    """
    pictures = []
    for path in paths:
        if not path.is_dir():
            pictures.append(path)
            continue
        suffixes = _picture_suffixes()
        found = sorted(
            each for each in path.iterdir() if each.suffix.lower() in suffixes and each.is_file()
        )
        if not found:
            raise CommandError(f"{path}: is a folder without pictures; name a picture.")
        pictures += found
    return pictures


def _picture_suffixes():
    """Give the suffixes of pictures; pillow imports all of its formats to know them."""
    from PIL import Image

    return Image.registered_extensions()


def run_many(arguments, sources, print_note):
    """Recolour several pictures as the arguments say, and print a line for each.

    Without ``--shared`` each picture is read, recoloured and written before the next one.

    Parameters
    ----------
    arguments : argparse.Namespace
    sources : list of pathlib.Path
    print_note : callable
        Prints a text on standard error.
    """
    outputs = _outputs(arguments, sources)
    given = given_palette(arguments)
    rows, results, notes = [], [], []
    with Progress(quiet=False) as progress:
        if arguments.shared:
            pictures = []
            for i, source in enumerate(sources):
                progress.show("reading pictures", i / len(sources))
                pictures.append(read_picture(source, arguments.frame, arguments.levels))
            progress.show("clustering")
            pixels = [picture.pixels for picture in pictures]
            results, notes = share_palette(pixels, sources, arguments)
        for path in arguments.palette:
            note = write_palette(path, _joined(results), "palette", with_unused=True)
            notes += [f"{path}: {note}"] if note else []
        for i, (source, output) in enumerate(zip(sources, outputs, strict=True)):
            progress.show("recolouring pictures", i / len(sources))
            if arguments.shared:
                picture, result, pairs = pictures[i], results[i], None
            else:
                picture = read_picture(source, arguments.frame, arguments.levels)
                result, limit_notes, pairs = recolor(picture.pixels, source, arguments, given)
                notes += limit_notes
            notes += [f"{source}: {note}" for note in picture.notes]
            error = measure_error(picture, result.recolored, pairs)
            if output is not None:
                note = write_recolored(output, result, picture.save_options)
                notes += [f"{output}: {note}"] if note else []
            rows.append((source, output, picture.pixels.shape, result, error))
    for note in notes:
        print_note(note)
    with printing():
        print_many(arguments, rows, _joined(results) if arguments.shared else None)


def _joined(results):
    """Give the results of one palette as the result of one picture."""
    labels = np.concatenate([result.labels.ravel() for result in results])[np.newaxis]
    palette = results[0].palette
    return Quantized(labels, palette, labels)  # of the pixels, only the labels are used


def _outputs(arguments, sources):
    """Give the output of each picture in the folder of -o, or refuse the arguments."""
    if Path(STANDARD_STREAM) in sources:
        raise CommandError("- is standard input, which is one picture; name no other beside it.")
    if arguments.compare:
        raise CommandError("--compare is for one picture; leave it out.")
    if arguments.palette and not arguments.shared:
        raise CommandError("--palette for several pictures needs --shared: one palette for all.")
    if arguments.use and arguments.shared:
        raise CommandError("--shared and --use exclude each other: a given palette is shared.")
    folder = arguments.output
    palettes = [("--palette", path, PALETTE_SUFFIXES) for path in arguments.palette]
    if folder is None:
        names = [None] * len(sources)
    elif not folder.is_dir():
        raise CommandError(
            f"{folder}: is not a folder; several pictures need -o FOLDER, which exists."
        )
    else:
        names = [folder / f"{source.stem}.png" for source in sources]
    taken = {}
    for source, name in zip(sources, names, strict=True):
        if name is not None:
            other = taken.setdefault(os.path.normcase(name), source)
            if other is not source:
                raise CommandError(
                    f"{other} and {source} would both be written as {name}; rename one."
                )
    outputs = [("output", name, None) for name in names] + palettes
    for path in [sources[0], *([arguments.use] if arguments.use else [])]:
        check_outputs(path, "picture" if path is sources[0] else "palette of --use", outputs)
    pictures = {os.path.realpath(source) for source in sources}
    for _, path, _ in outputs:
        if path is not None and os.path.realpath(path) in pictures:
            raise CommandError(
                f"{path}: is one of the pictures; choose another folder for the output."
            )
    return names
