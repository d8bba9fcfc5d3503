"""Vectors, elementary functions, factorisations, and passes over shards of rows."""
