"""Low-resolution licence-plate recognition: the helpers that the five notebooks call."""

__version__ = "0.1.0"
