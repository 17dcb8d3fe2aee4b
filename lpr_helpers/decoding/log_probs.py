"""Sums of probabilities that are kept as their logarithms, in numpy."""

from __future__ import annotations

import numpy as np


def logsumexp(values: np.ndarray, axis: int = -1, keepdims: bool = False) -> np.ndarray:
    """The log of the sum of the exponentials along an axis; −∞ where all of them are."""
    top = values.max(axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        found = np.log(np.exp(values - top).sum(axis, keepdims=True)) + top
    return found if keepdims else np.squeeze(found, axis)


def log_softmax(values: np.ndarray) -> np.ndarray:
    """Log-probabilities along the last axis, in the float type that comes in."""
    values = values - values.max(-1, keepdims=True)
    return values - np.log(np.exp(values).sum(-1, keepdims=True))
