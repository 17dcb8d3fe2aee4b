"""What makes a training stop."""

from __future__ import annotations


class TrainingError(RuntimeError):
    """Training cannot go on; the message says what to try."""
