"""Parts of every estimator: parameters, monitor, tags, output containers, persistence."""
