"""K-means: the estimator, its data, starts and runs."""
