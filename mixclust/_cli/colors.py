"""``mixclust colors``: recolour pictures with few colours."""

import sys
import time

from .colors_frames import (
    FRAME_SUFFIXES,
    check_frame_arguments,
    check_frames,
    recolor_frames,
    size_in_words,
    write_frames,
)
from .colors_many import find_pictures, run_many
from .colors_options import (
    name_method,
    read_codes,
    read_difference,
    read_level,
    read_method,
    read_space,
    read_strength,
)
from .colors_picture import read_frames, read_picture
from .colors_recolor import (
    DEFAULT_COLORS,
    DEFAULT_SPACE,
    MAX_COLORS,
    given_palette,
    measure_error,
    most_colors,
    recolor,
)
from .colors_report import print_report
from .colors_write import (
    PALETTE_SUFFIXES,
    PICTURE_SUFFIXES,
    check_side_by_side,
    write_palette,
    write_recolored,
    write_side_by_side,
)
from .errors import CommandError, require_package
from .files import STANDARD_STREAM, check_outputs, printing
from .options import add_fit_options, check_threads, read_path, whole_number
from .progress import Progress


def add_command(commands):
    """Add the parser of ``colors`` to the sub-parsers."""
    parser = commands.add_parser(
        "colors",
        allow_abbrev=False,
        help="recolour a picture with few colours",
        description="Recolour a picture with a few colours that k-means finds, and write it "
        "as a palette PNG.",
    )
    parser.add_argument(
        "photo",
        metavar="PHOTO",
        type=read_path,
        nargs="+",
        help="the picture: PNG, JPEG or any other format that pillow reads; - is standard input; "
        "several pictures or a folder of pictures need -o FOLDER",
    )
    parser.add_argument(
        "--colors",
        type=whole_number(1, 256),
        metavar="N",
        help="largest number of colours, 1 to 256, a transparent one included "
        f"(default: {DEFAULT_COLORS}; {MAX_COLORS} with --max-error)",
    )
    parser.add_argument(
        "--max-error",
        type=read_difference,
        metavar="E",
        help="take as few colours as are found to make the mean CIEDE2000 difference at most E",
    )
    parser.add_argument(
        "--keep",
        type=read_codes,
        metavar="CODES",
        help='colours that the palette holds as they are, for example "#ff0000,#0000ff"; the '
        "others are fitted beside them",
    )
    parser.add_argument(
        "--accents",
        type=read_strength,
        metavar="STRENGTH",
        help="give rare saturated colours more weight, from 0 (the default) to 1; 0.5 keeps most "
        "accents at little cost for the other colours",
    )
    parser.add_argument(
        "--space",
        type=read_space,
        metavar="SPACE",
        help="the colour space of distances: oklab, lab or rgb; the first two make the "
        "difference to the eye small, rgb the error of levels (default: "
        f"{DEFAULT_SPACE})",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=read_path,
        metavar="OUT.png",
        help="the palette PNG to write; - is standard output, without the report; for several "
        "pictures a folder; not required with --palette",
    )
    parser.add_argument(
        "--palette",
        type=read_path,
        action="append",
        default=[],
        metavar="FILE",
        help="also write the palette, as .gpl, .hex, .json, .css, .ase, .aco, or as a picture of "
        "its colours, .png; may be repeated",
    )
    parser.add_argument(
        "--use",
        type=read_path,
        metavar="FILE",
        help="recolour with the colours of this palette (.gpl, .hex, .json, .css, .ase or .aco) "
        "instead of clustering",
    )
    parser.add_argument(
        "--shared",
        action="store_true",
        help="find one palette for several pictures, instead of one for each",
    )
    parser.add_argument(
        "--dither",
        type=read_method,
        metavar="METHOD",
        help="mix the colours of the palette: floyd-steinberg, which is taken without METHOD, or "
        "blue-noise, under which equal areas of frames stay equal",
    )
    parser.add_argument(
        "--compare",
        type=read_path,
        metavar="SIDE",
        help="also write both pictures side by side, as .png or .jpg",
    )
    parser.add_argument(
        "--frame",
        type=whole_number(1),
        metavar="N",
        help="number of the frame or page to read from a file of several (default: 1)",
    )
    parser.add_argument(
        "--all-frames",
        action="store_true",
        help="recolour all frames of an animation, or all pages, with one palette; OUT may then be "
        ".png (APNG), .gif, .webp or .tif",
    )
    parser.add_argument(
        "--levels",
        type=read_level,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="the levels of black and of white, for grey of more than 8 bits (default: the first "
        "range of 8, 10, 12, 14 or 16 bits that holds all levels; 0 to 1 for floating point)",
    )
    add_fit_options(parser)
    # None tells that the option was not given; `recolor` takes the defaults of `add_fit_options`.
    parser.set_defaults(run=run, seed=None, n_init=None)
    parser.rewrite = name_method


def run(arguments):
    """Recolour pictures as the arguments say, and print a report."""
    require_package("reading pictures", "pillow", "mixclust[images]", "PIL.Image")
    check_threads(arguments.threads)
    if not (arguments.output or arguments.palette):
        raise CommandError("there is nothing to write; pass -o OUT.png or --palette FILE.")
    _check_levels(arguments.levels)
    sources = find_pictures(arguments.photo)
    if arguments.all_frames:
        check_frame_arguments(arguments, sources)
    if len(sources) > 1 or sources != arguments.photo:
        run_many(arguments, sources, _print_note)
    elif arguments.shared:
        raise CommandError("--shared is for several pictures; leave it out.")
    else:
        _run_one(arguments, sources[0])


def _run_one(arguments, source):
    """Recolour one picture."""
    _check_outputs(arguments, source)
    if arguments.all_frames:
        _run_frames(arguments, source)
        return
    given = given_palette(arguments)
    watch = _StopWatch()
    name = "standard input" if str(source) == STANDARD_STREAM else str(source)
    with Progress(quiet=False) as progress:
        progress.show("reading")
        picture = read_picture(source, arguments.frame, arguments.levels)
        if arguments.compare:
            check_side_by_side(arguments.compare, picture.pixels)
        watch.end("load")
        progress.show("clustering" if given is None else "recolouring")
        result, limit_notes, pairs = recolor(picture.pixels, name, arguments, given)
        watch.end("cluster" if given is None else "recolour")
        progress.show("measuring the error")
        error = measure_error(picture, result.recolored, pairs)
        watch.end("measure")
        progress.show("writing")
        notes = [f"{name}: {note}" for note in picture.notes]
        notes += _write_all(arguments, picture, result, source)
        watch.end("write")
    notes += limit_notes
    for note in notes:
        _print_note(note)
    if str(arguments.output) != STANDARD_STREAM:
        n_colors = most_colors(arguments)
        with printing():
            print_report(arguments, name, n_colors, picture, result, error, watch.seconds)


def _run_frames(arguments, source):
    """Recolour all frames of one file."""
    given = given_palette(arguments)
    watch = _StopWatch()
    name = "standard input" if str(source) == STANDARD_STREAM else str(source)
    with Progress(quiet=False) as progress:
        progress.show("reading")
        frames = read_frames(source, arguments.levels)
        check_frames(arguments.output, frames)
        watch.end("load")
        progress.show("clustering" if given is None else "recolouring")
        whole, result, limit_notes = recolor_frames(frames, name, arguments, given)
        watch.end("cluster" if given is None else "recolour")
        progress.show("measuring the error")
        error = measure_error(whole, result.recolored)
        watch.end("measure")
        progress.show("writing")
        notes = [f"{name}: {note}" for note in whole.notes]
        for path in arguments.palette:
            note = write_palette(path, result, source.name, not arguments.use)
            notes += [f"{path}: {note}"] if note else []
        if arguments.output:
            written = write_frames(arguments.output, frames, result, whole.save_options)
            notes += [f"{arguments.output}: {note}" for note in written]
        watch.end("write")
    for note in notes + limit_notes:
        _print_note(note)
    if str(arguments.output) != STANDARD_STREAM:
        size = size_in_words(frames)
        with printing():
            print_report(
                arguments, name, most_colors(arguments), whole, result, error, watch.seconds, size
            )


def _check_outputs(arguments, source):
    """Refuse, before any work, outputs that cannot be written."""
    output = None if str(arguments.output) == STANDARD_STREAM else arguments.output
    outputs = [
        ("--output", output, FRAME_SUFFIXES if arguments.all_frames else [".png"]),
        ("--compare", arguments.compare, PICTURE_SUFFIXES),
        *[("--palette", path, PALETTE_SUFFIXES) for path in arguments.palette],
    ]
    check_outputs(source, "picture", outputs)
    if arguments.use:
        check_outputs(arguments.use, "palette of --use", outputs)


def _write_all(arguments, picture, result, source):
    """Write the files that were asked for, and give notes about their formats."""
    notes, title = [], source.name
    for path in arguments.palette:
        notes.append((path, write_palette(path, result, title, not arguments.use)))
    if arguments.compare:
        write_side_by_side(arguments.compare, picture.pixels, result, picture.save_options)
    if arguments.output:
        note = write_recolored(arguments.output, result, picture.save_options)
        notes.append((arguments.output, note))
    return [f"{path}: {note}" for path, note in notes if note]


def _print_note(text):
    """Print a note on standard error, unless it is closed."""
    if sys.stderr is not None:
        print(f"mixclust: note: {text}", file=sys.stderr)


class _StopWatch:
    """Seconds of consecutive steps, by the name of the step."""

    def __init__(self):
        self.seconds = {}
        self._start = time.perf_counter()

    def end(self, step):
        """End a step, and begin the next."""
        now = time.perf_counter()
        self.seconds[step], self._start = now - self._start, now


def _check_levels(levels):
    if levels and not levels[0] < levels[1]:
        raise CommandError(
            f"--levels {levels[0]:g} {levels[1]:g}: the first must be below the second."
        )
