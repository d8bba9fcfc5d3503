"""Sources of chunks: one module for each kind of thing that rows are read from."""
