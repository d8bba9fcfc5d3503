"""Pictures in few colours: k-means on the colours of an image.

A photograph has far fewer colours than pixels. Equal colours are counted first, and clustered with
their counts as weights. The result is the same as of clustering every pixel.

The distance of two opaque colours is the Euclidean distance of their levels. Colours with alpha are
compared as they look over black and over white, the extremes of backgrounds: the squared distance
is the sum of the squared distances over both.
"""

from ._distortion import Distortion, distortion
from ._pixels import to_array
from ._recolor import Quantized, quantize

__all__ = ["Distortion", "Quantized", "distortion", "quantize", "to_array"]
