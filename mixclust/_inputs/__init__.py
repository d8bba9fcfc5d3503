"""Checks and conversion of the data and parameters that users pass. Knows no model."""
