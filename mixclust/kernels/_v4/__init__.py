"""The kernels compiled for x86-64-v4 (AVX-512); where the CPU lacks it, the import fails."""

from ..cpu import require

require("v4")
