"""Palettes as text: GIMP, hexadecimal codes, JSON and CSS.

Each format is a pair of functions. `write_NAME` takes a title and a list of `Swatch` and gives
bytes. `read_NAME` takes bytes and gives a list of colours; it raises ValueError with the fault and
the requirement.
"""

import json
import re
from typing import NamedTuple

__all__ = [
    "Swatch",
    "hex_code",
    "parse_code",
    "read_css",
    "read_gpl",
    "read_hex",
    "read_json",
    "write_css",
    "write_gpl",
    "write_hex",
    "write_json",
]

HEX_DIGITS = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\Z")
HEX_FORM = "a hexadecimal code like #b02e11 or, with alpha, #b02e11ff"
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.S)
CSS_PROPERTY = re.compile(r"(--[\w-]+)\s*:\s*([^;}]*)")
MAX_QUOTED = 40  # characters of a file that a message quotes


class Swatch(NamedTuple):
    """A colour of a palette.

    Attributes
    ----------
    color : tuple of int
        Red, green and blue, and alpha if it is not opaque; 0 to 255.
    name : str
        The nearest named colour of CSS.
    share : float or None
        The share of the pixels, from 0 to 1, if it is known.
    """

    color: tuple
    name: str
    share: float | None

    @property
    def label(self):
        """The name and, if it is known, the share, in one line."""
        return self.name if self.share is None else f"{self.name} {100 * self.share:.2f} %"


def hex_code(color):
    """Write #rrggbb, or #rrggbbaa for a colour that is not opaque."""
    return "#" + bytes(color[:3] if tuple(color[3:]) in ((), (255,)) else color).hex()


def parse_code(code, place):
    """Read a hexadecimal code of 3, 4, 6 or 8 digits, with or without #.

    Parameters
    ----------
    code : object
        The code; anything but a text is refused.
    place : str
        The place of the code, as the beginning of the message.

    Returns
    -------
    color : tuple of int
        Red, green and blue, and alpha if the code has it.

    Raises
    ------
    ValueError
        If it is no code.
    """
    digits = HEX_DIGITS.match(code) if isinstance(code, str) else None
    if digits is None:
        raise ValueError(f"{place} is {_quoted(code)}; required is {HEX_FORM}")
    text = digits[1] if len(digits[1]) > 4 else "".join(2 * digit for digit in digits[1])
    return tuple(bytes.fromhex(text))


def write_gpl(title, swatches):
    """Write a palette of GIMP, Inkscape and Krita; it has no alpha."""
    lines = ["GIMP Palette", f"Name: {_one_line(title)}", "Columns: 0", "#"]
    lines += ["{:3d} {:3d} {:3d}\t".format(*s.color[:3]) + s.label for s in swatches]
    return _encode(lines)


def read_gpl(data):
    """Read a palette of GIMP, or of Aseprite with alpha ("Channels: RGBA")."""
    lines = _lines(data)
    if not lines or lines[0].strip() != "GIMP Palette":
        first = _quoted(lines[0]) if lines else "nothing"
        raise ValueError(f"begins with {first}; a .gpl file begins with 'GIMP Palette'")
    colors, n_channels = [], 3
    for number, line in enumerate(lines[1:], 2):
        if re.match(r"\s*(#|$)|(Name|Columns)\s*:", line):
            continue
        if re.match(r"Channels\s*:", line):
            n_channels = 4 if "RGBA" in line else 3
            continue
        fields = line.split(maxsplit=n_channels)[:n_channels]
        if len(fields) < n_channels or not all(map(_is_level, fields)):
            raise ValueError(
                f"line {number} is {_quoted(line)}; required are {n_channels} whole numbers from 0 "
                "to 255 and a name"
            )
        colors.append(tuple(map(int, fields)))
    return colors


def write_hex(title, swatches):
    """Write one code in each line, without #."""
    return _encode([hex_code(swatch.color)[1:] for swatch in swatches])


def read_hex(data):
    """Read one code from each line, with or without #."""
    return [
        parse_code(line.strip(), f"line {number}")
        for number, line in enumerate(_lines(data), 1)
        if line.strip()
    ]


def write_json(title, swatches):
    """Write an object with the title and a list of colours."""
    colors = [
        {"hex": hex_code(s.color), "rgb": list(s.color[:3])}
        | ({"alpha": s.color[3]} if s.color[3:] else {})
        | {"name": s.name}
        | ({} if s.share is None else {"share": round(s.share, 6)})
        for s in swatches
    ]
    rows = ",\n".join("    " + json.dumps(color) for color in colors)
    name = json.dumps(_one_line(title))
    return f'{{\n  "name": {name},\n  "colors": [\n{rows}\n  ]\n}}\n'.encode()


def read_json(data):
    """Read a list of codes or of objects with a code as "hex", or an object with it as "colors"."""
    try:
        content = json.loads(_text(data))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is not JSON ({' '.join(str(error).split())})") from None
    entries = content.get("colors") if isinstance(content, dict) else content
    if not isinstance(entries, list):
        raise ValueError('holds no list of colours; required is {"colors": [{"hex": "#b02e11"}]}')
    codes = [entry.get("hex") if isinstance(entry, dict) else entry for entry in entries]
    return [parse_code(code, f"colour {number}") for number, code in enumerate(codes, 1)]


def write_css(title, swatches):
    """Write a style sheet of custom properties, --color-1 to --color-n."""
    lines = [f"/* {_one_line(title).replace('*/', '')} */", ":root {"]
    lines += [
        f"  --color-{number}: {hex_code(swatch.color)}; /* {swatch.label} */"
        for number, swatch in enumerate(swatches, 1)
    ]
    return _encode([*lines, "}"])


def read_css(data):
    """Read the codes of all custom properties, in their order."""
    properties = CSS_PROPERTY.findall(CSS_COMMENT.sub("", _text(data)))
    return [parse_code(value.strip(), name) for name, value in properties]


def _is_level(text):
    return text.isascii() and text.isdigit() and int(text) <= 255


def _quoted(value):
    text = repr(value)
    return text if len(text) <= MAX_QUOTED else text[:MAX_QUOTED] + "..."


def _one_line(text):
    return " ".join(str(text).split())


def _encode(lines):
    return ("\n".join(lines) + "\n").encode("utf-8")


def _text(data):
    """Decode UTF-8, with or without the mark of byte order."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"is not text in UTF-8: byte {error.start + 1} does not fit") from None


def _lines(data):
    return _text(data).splitlines()
