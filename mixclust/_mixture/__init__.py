"""Gaussian mixtures: the estimator, its structures, data, starts and EM."""
