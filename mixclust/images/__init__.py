"""Pictures in few colours: k-means on the colours of an image.

A photograph has far fewer colours than pixels, and k-means asks only how often each occurs: equal
colours are counted first and clustered with their counts as weights. The result is that of
clustering every pixel.

Opaque colours are compared as they are stored, by Euclidean distance between their levels. Colours
with alpha are compared as they are seen over black and over white, the extremes of backgrounds:
the squared distance is the sum of both.
"""

from ._distortion import Distortion, distortion
from ._pixels import to_array
from ._recolor import Quantized, quantize

__all__ = ["Distortion", "Quantized", "distortion", "quantize", "to_array"]
