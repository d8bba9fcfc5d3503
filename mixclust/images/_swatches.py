"""A picture of a palette: a swatch of each colour with its code, name and share."""

import io

from ._palette_text import hex_code

__all__ = ["write_png"]

WIDTH, HEIGHT, GAP = 150, 90, 12  # pixels of a swatch, and between swatches
LINE = 15  # pixels of a line of text
TEXT_SIZE = 12
MAX_COLUMNS = 8
CHECK = 10  # pixels of a square of the pattern that is behind a colour with alpha
INK, DIM_INK = (30, 30, 30), (110, 110, 110)


def write_png(title, swatches):
    """Draw the swatches in rows of at most eight on white, in the order of the palette."""
    from PIL import Image, ImageDraw

    n_columns = _columns(len(swatches))
    n_rows = -(-len(swatches) // n_columns)
    cell_height = HEIGHT + 3 * LINE + GAP
    size = (n_columns * (WIDTH + GAP) + GAP, n_rows * cell_height + GAP)
    picture = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(picture), _font()
    for place, swatch in enumerate(swatches):
        row, column = divmod(place, n_columns)
        left, top = GAP + column * (WIDTH + GAP), GAP + row * cell_height
        _draw_color(picture, (left, top), swatch.color)
        share = "" if swatch.share is None else f"{100 * swatch.share:.2f} %"
        lines = [(hex_code(swatch.color), INK), (swatch.name, DIM_INK), (share, DIM_INK)]
        for number, (text, ink) in enumerate(lines):
            draw.text((left, top + HEIGHT + 3 + number * LINE), text, ink, font)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _columns(n_swatches):
    """Choose a number of columns: the largest that fills the last row best."""
    fullness = [(n_swatches - 1) % n + 1 - n for n in range(4, MAX_COLUMNS + 1)]
    best = max(zip(fullness, range(4, MAX_COLUMNS + 1), strict=True))[1]
    return min(best, n_swatches)


def _draw_color(picture, corner, color):
    """Fill a swatch; a colour with alpha lies over squares of white and grey."""
    from PIL import Image, ImageDraw

    swatch = Image.new("RGB", (WIDTH, HEIGHT), "white")
    if tuple(color[3:]) not in ((), (255,)):
        draw = ImageDraw.Draw(swatch)
        for x in range(0, WIDTH, CHECK):
            for y in range(x // CHECK % 2 * CHECK, HEIGHT, 2 * CHECK):
                draw.rectangle((x, y, x + CHECK - 1, y + CHECK - 1), (204, 204, 204))
    swatch.paste(tuple(color[:3]), (0, 0), Image.new("L", swatch.size, (*color, 255)[3]))
    draw = ImageDraw.Draw(swatch)
    draw.rectangle((0, 0, WIDTH - 1, HEIGHT - 1), outline=(200, 200, 200))  # for near whites
    picture.paste(swatch, corner)


def _font():
    """Give pillow's own font, in a size for print if this pillow can scale it (10.1 and later)."""
    from PIL import ImageFont

    try:
        return ImageFont.load_default(TEXT_SIZE)
    except TypeError:
        return ImageFont.load_default()
