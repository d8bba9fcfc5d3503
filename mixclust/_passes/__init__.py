"""Passes over rows: shards, threads, and frames of reading. Knows no model."""
