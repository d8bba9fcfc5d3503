"""Data and parameters as users pass them, turned into the arrays that the package works on."""
