"""mixclust.images on the modes of pillow and the layouts of files."""

import io
import struct

import numpy as np
import pytest
from PIL import Image
from support.picture_files import png, tiff

from mixclust.images import quantize, to_array


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("mode", "shape"),
    [
        ("1", (2, 3)),
        ("L", (2, 3)),
        ("LA", (2, 3, 4)),
        ("La", (2, 3, 4)),
        ("P", (2, 3, 3)),
        ("PA", (2, 3, 4)),
        ("RGB", (2, 3, 3)),
        ("RGBX", (2, 3, 3)),
        ("RGBA", (2, 3, 4)),
        ("RGBa", (2, 3, 4)),
        ("CMYK", (2, 3, 3)),
        ("YCbCr", (2, 3, 3)),
        ("HSV", (2, 3, 3)),
    ],
)
def test_modes_of_8_bits(mode, shape):
    picture = Image.new("RGB", (3, 2), "white")
    for step in {"LA": ["L"], "La": ["L", "LA"], "RGBa": ["RGBA"]}.get(mode, []):
        picture = picture.convert(step)
    array = to_array(picture.convert(mode))
    assert array.dtype == np.uint8
    assert array.shape == shape
    assert (array >= 254).all()  # white stays white; YCbCr may be one level off


@pytest.mark.parametrize("mode", ["LA", "La", "RGBA", "RGBa"])
def test_partial_transparency_of_every_mode(mode):
    picture = Image.new("RGBA", (1, 1), (200, 200, 200, 51))
    for step in {"La": ["LA"], "LA": [], "RGBA": [], "RGBa": []}[mode]:
        picture = picture.convert(step)
    assert to_array(picture.convert(mode)).tolist() == [[[200, 200, 200, 51]]]


@pytest.mark.parametrize("dtype", ["<u2", ">u2", "<i4"])
def test_levels_of_16_bits_are_kept(dtype):
    values = np.array([[0, 255, 256, 65535]])
    if dtype == ">u2":
        picture = Image.frombytes("I;16B", (4, 1), values.astype(dtype).tobytes())
    else:
        picture = Image.fromarray(values.astype(dtype))
    array = to_array(picture)
    assert array.dtype == np.uint16
    assert array.tolist() == values.tolist()
    assert quantize(picture, 4).recolored.tolist() == values.tolist()


def test_values_without_a_known_range_are_refused():
    with pytest.raises(ValueError, match=r'^mode "F" \(floating point\) has no known range'):
        to_array(Image.new("F", (2, 2)))
    with pytest.raises(ValueError, match=r'^mode "I" holds values from -1 to 70000, beyond 16'):
        to_array(Image.fromarray(np.int32([[-1, 70000]])))


def test_transparent_palette_entry():
    picture = Image.fromarray(np.uint8([[0, 1]]))
    picture.putpalette([1, 2, 3, 4, 5, 6])
    picture.info["transparency"] = 1
    assert to_array(picture).tolist() == [[[1, 2, 3, 255], [4, 5, 6, 0]]]
    picture.info["transparency"] = b"\x80\xff"
    assert to_array(picture).tolist() == [[[1, 2, 3, 128], [4, 5, 6, 255]]]


def test_palette_that_holds_alpha():
    picture = Image.fromarray(np.uint8([[0, 1]]))
    picture.putpalette([1, 2, 3, 4, 5, 6, 7, 8], "RGBA")
    assert to_array(picture).tolist() == [[[1, 2, 3, 4], [5, 6, 7, 8]]]


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_transparent_level_of_grey_png(bits):
    top = 2**bits - 1
    level = min(3, top)
    other = 0 if bits == 1 else 2
    picture = opened(png([[level, other]], bits, 0, tRNS=struct.pack(">H", level)))
    array = to_array(picture)
    assert array[0, :, 3].tolist() == [0, 255]
    assert array[0, 1, 0] == round(other * 255 / top)


def test_transparent_level_of_16_bit_grey_png():
    picture = opened(png([[0x1234, 0x1235]], 16, 0, tRNS=b"\x12\x34"))
    assert to_array(picture).tolist() == [[[0x1234, 0], [0x1235, 65535]]]


@pytest.mark.parametrize("read_before", [False, True])
def test_transparent_color_of_16_bit_rgb_png(read_before):
    colors = [[[0x1234, 0x5678, 0x9ABC], [0x1334, 0x5678, 0x9ABC]]]
    picture = opened(png(colors, 16, 2, tRNS=struct.pack(">3H", *colors[0][0])))
    if read_before:
        picture.load()
    assert to_array(picture)[0, :, 3].tolist() == [0, 255]
    picture = opened(png([[[5, 5, 5], [300, 5, 5]]], 16, 2, tRNS=struct.pack(">3H", 5, 5, 5)))
    assert to_array(picture)[0, :, 3].tolist() == [0, 255]


def test_the_picture_of_the_caller_stays_as_it_is():
    picture = opened(png([[3, 2]], 4, 0, tRNS=b"\0\3"))
    to_array(picture)
    assert picture.info["transparency"] == 3
    assert picture.mode == "L"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_where_white_is_zero(dtype):
    top = np.iinfo(dtype).max
    levels = np.array([[0, 10, top]], dtype)
    assert to_array(opened(tiff(levels, photometric=0))).tolist() == [[top, top - 10, 0]]
    assert to_array(opened(tiff(levels))).tolist() == [[0, 10, top]]


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.uint32])
def test_tiff_of_small_values_in_wide_integers(dtype):
    levels = np.array([[0, 3, 1000]], dtype)
    array = to_array(opened(tiff(levels)))
    assert array.dtype == np.uint16
    assert array.tolist() == levels.tolist()


def test_tiff_integers_are_read_with_their_sign():
    with pytest.raises(ValueError, match="from 5 to 4294967295, beyond 16 bits"):
        to_array(opened(tiff(np.uint32([[2**32 - 1, 5]]))))
    for dtype in (np.int8, np.int16, np.int32):
        with pytest.raises(ValueError, match="from -2 to 5, beyond 16 bits"):
            to_array(opened(tiff(np.array([[-2, 5]], dtype))))


def test_tiff_planes():
    planes = np.arange(24).reshape(3, 2, 4)
    array = to_array(opened(tiff(planes.astype(np.uint8), photometric=2, planar=2)))
    np.testing.assert_array_equal(array, np.moveaxis(planes, 0, -1))
    picture = opened(tiff(planes.astype(np.uint16), photometric=2, planar=2))
    for _ in range(2):  # before and after pillow has read the pixels
        with pytest.raises(ValueError, match="planes of 16 bits a channel are misread by pillow; "):
            to_array(picture)
        picture.load()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32])
def test_images_are_turned_upright(dtype):
    picture = Image.fromarray(np.array([[10, 20, 30], [40, 50, 60]], dtype))
    picture.getexif()[0x0112] = 6  # to be turned clockwise by a quarter
    upright = [[40, 10], [50, 20], [60, 30]]
    assert to_array(picture).tolist() == upright
    assert quantize(picture, 6).recolored.tolist() == upright


def test_the_current_frame_is_taken():
    file = io.BytesIO()
    frames = [Image.new("RGB", (2, 2), color) for color in ("red", "lime", "blue")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    picture = Image.open(file)
    picture.seek(1)
    assert quantize(picture, 4).palette[:, :3].tolist() == [[0, 255, 0]]
