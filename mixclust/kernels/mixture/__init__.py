"""Gaussian mixtures: densities, moments, EM."""
