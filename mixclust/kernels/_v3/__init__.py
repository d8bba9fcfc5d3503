"""The kernels compiled for x86-64-v3 (AVX2, FMA); where the CPU lacks it, the import fails."""

from ..cpu import require

require("v3")
