"""Pictures in few colours: k-means on the colours of an image.

A photograph has far fewer colours than pixels. Equal colours are counted first, and clustered with
their counts as weights. The result is the same as of clustering every pixel.

Distances of colours agree with the eye: they are Euclidean in OKLab, or in CIELAB or the levels
themselves on request. Colours with alpha are compared as they look over black and over white, the
extremes of backgrounds: the squared distance is the sum of the squared distances over both.
"""

from ._apply import apply_palette
from ._distortion import Distortion, color_difference, distortion
from ._dither import dither
from ._palette_files import load_palette, save_palette
from ._pixels import to_array
from ._recolor import Quantized, quantize

__all__ = [
    "Distortion",
    "Quantized",
    "apply_palette",
    "color_difference",
    "distortion",
    "dither",
    "load_palette",
    "quantize",
    "save_palette",
    "to_array",
]
