"""Passes over rows: shards, threads, and the frame in which kernels read rows."""
