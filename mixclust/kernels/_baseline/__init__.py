"""The kernels compiled for any CPU of the platform: SSE2 on x86-64, NEON on arm64."""
