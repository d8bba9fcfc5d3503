"""The command line ``mixclust``: its sub-commands ``cluster`` and ``colors``."""
