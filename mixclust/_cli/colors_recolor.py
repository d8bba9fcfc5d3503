"""The palette that ``mixclust colors`` finds or reads, and the recolouring with it."""

import numpy as np

from .. import images
from ..images._distortion import compare, compare_pairs
from ..images._pixels import is_partly_transparent, split_alpha, with_channels
from ..images._recolor import Quantized, quantize_pairs
from .colors_report import PictureError
from .errors import CommandError, reason_of
from .files import check_input
from .options import DEFAULT_N_INIT, DEFAULT_SEED
from .wording import count

__all__ = [
    "given_palette",
    "measure_error",
    "most_colors",
    "recolor",
    "share_palette",
]

DEFAULT_COLORS = 16
DEFAULT_SPACE = "oklab"
MAX_COLORS = 256  # the default with --max-error


def given_palette(arguments):
    """Read the palette of --use.

    Parameters
    ----------
    arguments : argparse.Namespace

    Returns
    -------
    palette : ndarray of uint8, or None
        None if the palette is to be found.

    Raises
    ------
    CommandError
        If the file cannot be read, or another option asks for a palette to be found.
    """
    if arguments.use is None:
        return None
    for option, value in (
        ("--colors", arguments.colors),
        ("--max-error", arguments.max_error),
        ("--keep", arguments.keep),
        ("--accents", arguments.accents),
        ("--n-init", arguments.n_init),
        ("--seed", arguments.seed),
    ):
        if value is not None:
            raise CommandError(
                f"{option} and --use exclude each other: a given palette is used whole."
            )
    if arguments.dither and arguments.space is not None:
        raise CommandError(
            "--space has no effect on --use with --dither, which compares levels; leave it out."
        )
    check_input(arguments.use, "palette")
    try:
        return images.load_palette(arguments.use)
    except OSError as error:
        raise CommandError(f"{arguments.use}: cannot be read: {reason_of(error)}.") from None
    except ValueError as error:
        raise CommandError(str(error)) from None


def most_colors(arguments):
    """Give the largest number of colours of a palette that is found."""
    default = DEFAULT_COLORS if arguments.max_error is None else MAX_COLORS
    return default if arguments.colors is None else arguments.colors


def recolor(image, name, arguments, given):
    """Recolour a picture.

    Parameters
    ----------
    image : ndarray of uint8
        The pixels.
    name : str
        The picture in messages.
    arguments : argparse.Namespace
    given : ndarray of uint8, or None
        The palette; None finds one.

    Returns
    -------
    result : Quantized
    notes : list of str
        At most one: that the colours leave a larger difference than --max-error.
    pairs : tuple or None
        As of `quantize_pairs`, if the pixels took the nearest colours of a palette that was found.

    Raises
    ------
    CommandError
        If there are too few colours for the entries that they must hold, a given palette has no
        visible colour, or partly transparent pixels or colours are to be dithered.
    """
    if arguments.dither:
        _check_dithered(image, name, arguments, given)
    if given is None:
        result, notes, pairs = _quantize(image, name, arguments)
        if arguments.dither:
            return _dithered(image, result.palette, arguments), notes, None
        return result, notes, pairs
    if arguments.dither:
        return _dithered(image, given, arguments), [], None
    try:
        space = arguments.space or DEFAULT_SPACE
        return images.apply_palette(image, given, space=space), [], None
    except ValueError as error:  # no visible colour
        raise CommandError(f"{name}: --use {arguments.use}: {error}") from None


def share_palette(pictures, names, arguments):
    """Find one palette for several pictures, and recolour each with it.

    Parameters
    ----------
    pictures : list of ndarray of uint8
        The pixels of each picture.
    names : list of str
        Each picture in messages.
    arguments : argparse.Namespace

    Returns
    -------
    results : list of Quantized
        With one palette.
    notes : list of str
        As of `recolor`, for all pixels of all pictures.
    """
    name = count(len(names), "picture")
    if arguments.dither:
        for image, its_name in zip(pictures, names, strict=True):
            _check_dithered(image, its_name, arguments, None)
    n_channels = 4 if any(split_alpha(image)[1] is not None for image in pictures) else 3
    parts = [with_channels(image, (n_channels,)) for image in pictures]
    whole = np.concatenate([part.reshape(1, -1, n_channels) for part in parts], axis=1)
    (_, palette, labels), notes, _ = _quantize(whole, name, arguments)
    if arguments.dither:
        return [_dithered(part, palette, arguments) for part in parts], notes
    ends = np.cumsum([part.shape[0] * part.shape[1] for part in parts])
    results = []
    for part, pixels in zip(parts, np.split(labels[0], ends[:-1]), strict=True):
        pixels = pixels.reshape(part.shape[:2])
        results.append(Quantized(palette[pixels], palette, pixels))
    return results, notes


def _dithered(image, palette, arguments):
    return images.dither(image, palette, method=arguments.dither)


def _check_dithered(image, name, arguments, given):
    """Refuse partial transparency, and palettes that pillow does not hold."""
    alpha = split_alpha(image)[1]
    if alpha is not None and is_partly_transparent(alpha):
        raise CommandError(f"{name}: has partly transparent pixels, which --dither does not take.")
    for option, colors in (("--use", given), ("--keep", arguments.keep)):
        if colors is None:
            continue
        if colors.shape[1] == 4 and is_partly_transparent(colors[:, 3]):
            raise CommandError(
                f"{option} has partly transparent colours, which --dither does not take."
            )
        n_opaque = np.count_nonzero(colors[:, 3:].all(axis=1))
        if not 0 < n_opaque <= MAX_COLORS:
            number = f"{n_opaque} opaque colours" if n_opaque else "no opaque colour"
            raise CommandError(f"{option} has {number}; --dither takes 1 to {MAX_COLORS}.")


def _quantize(image, name, arguments):
    """Find a palette, or refuse too few colours for the entries that they must hold.

    Gives the result, the notes and the pairs of `recolor`.
    """
    n_colors = most_colors(arguments)
    alpha = split_alpha(image)[1]
    n_kept = 0 if arguments.keep is None else len(arguments.keep)
    n_clear = int(alpha is not None and 0 in alpha)
    if n_kept and n_colors < n_kept + n_clear:
        beside = " and the entry of the transparent pixels" if n_clear else ""
        raise CommandError(
            f"--colors {n_colors} is less than the {count(n_kept, 'colour')} of --keep{beside}; "
            f"pass --colors {n_kept + n_clear} or more."
        )
    if n_colors == 1 and n_clear and alpha.any():
        raise CommandError(
            f"{name}: has transparent pixels, which take one entry of the "
            "palette; pass --colors 2 or more."
        )
    result, pairs = quantize_pairs(
        image,
        n_colors,
        space=arguments.space or DEFAULT_SPACE,
        keep=arguments.keep,
        max_error=arguments.max_error,
        accents=0.0 if arguments.accents is None else arguments.accents,
        random_state=DEFAULT_SEED if arguments.seed is None else arguments.seed,
        n_init=DEFAULT_N_INIT if arguments.n_init is None else arguments.n_init,
        n_threads=arguments.threads,
    )
    return result, _limit_notes(name, arguments, len(result.palette), pairs), pairs


def _limit_notes(name, arguments, n_colors, pairs):
    """Write a note if the colours, without dithering, leave more than --max-error."""
    limit = arguments.max_error
    if limit is None:
        return []
    _, difference = compare_pairs([pairs], pairs[0].dtype)
    if not difference > limit:  # it is NaN where no pixel is visible
        return []
    return [
        f"{name}: {count(n_colors, 'colour')} leave{'s' if n_colors == 1 else ''} a mean "
        f"difference of {difference:.2f}, more than --max-error {limit:g}."
    ]


def measure_error(picture, recolored, pairs=None):
    """Compare in levels of 8 bits; 16-bit grey as it was before it was rounded to 8 bits.

    Parameters
    ----------
    picture : Picture
    recolored : ndarray of uint8
    pairs : tuple or None
        As of `recolor`: they spare a look at each pixel.

    Returns
    -------
    error : PictureError
    """
    original = picture.pixels
    if pairs is not None and picture.levels is None:
        (mean_error, psnr), difference = compare_pairs([pairs], original.dtype)
        return PictureError(mean_error, psnr, difference)
    if picture.levels is not None:
        original, recolored = picture.levels, recolored * np.uint16(257)
    original = with_channels(original, recolored.shape[2:])
    (mean_error, psnr), difference = compare(original, recolored)
    if picture.levels is not None:
        mean_error /= 257
    return PictureError(mean_error, psnr, difference)
