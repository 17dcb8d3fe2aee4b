"""Maps from a confidence to the probability that it is right, as they are applied: numpy and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

# A confidence of 0 or 1 has no finite log-odds, and one of them, wrong, would make any log loss infinite.
LIMIT = 1e-6
# The share of a confidence that stays as it is: without it a map that is flat somewhere would make two of them one.
RISE = 1e-3


@dataclass(frozen=True)
class Calibrator:
    """A map of confidences that keeps their order, and never makes two of them one.

    logit p' = a·ln p − b·ln(1 − p) + c; or, where there are knots (confidence, probability), the straight lines
    between them. A thousandth of the outcome is the confidence itself, so that it rises everywhere: two confidences
    that lie 1e-9 or more apart stay apart. `step` alone does not: it knows 0 and 1 only.
    """

    method: str = "none"
    a: float = 1.0
    b: float = 1.0
    c: float = 0.0
    knots: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        # as it comes back from JSON
        object.__setattr__(self, "knots", tuple((float(x), float(y)) for x, y in self.knots))
        numbers = np.array([float(self.a), float(self.b), float(self.c), *np.ravel(self.knots)])
        falls = (np.diff(self.knots, axis=0) < 0).any() if len(self.knots) > 1 else False
        if falls or min(self.a, self.b) < 0 or not np.isfinite(numbers).all():
            raise ValueError(
                f"a calibrator's numbers are finite and never fall, these of {self.method!r} do not keep to it"
            )

    @property
    def changes(self) -> bool:
        """Whether any confidence becomes another."""
        return self != Calibrator(self.method)

    def __call__(self, values: ArrayLike) -> np.ndarray:
        """Probabilities of being right, float64 of the shape of ``values``; NaN stays NaN."""
        values = np.asarray(values, float)
        # one that changes nothing must not round either
        if not self.changes:
            return values
        if self.method == "step":
            return np.interp(values, *np.array(self.knots).T)
        flat = (
            np.interp(values, *np.array(self.knots).T)
            if self.knots
            else expit(log_features(values) @ [self.a, self.b, self.c])
        )
        return (1 - RISE) * flat + RISE * values


UNCHANGED = Calibrator()
NOT_LEARNT = Calibrator("not learnt")
"""Changes nothing either, for want of evidence."""


def log_features(values: np.ndarray) -> np.ndarray:
    """What the weights of a `Calibrator` are for: ln p, −ln(1 − p) and 1, float64 [..., 3]."""
    values = np.clip(values, LIMIT, 1 - LIMIT)
    return np.stack([np.log(values), -np.log1p(-values), np.ones_like(values)], axis=-1)


def expit(odds: np.ndarray) -> np.ndarray:
    """Probabilities of log-odds."""
    return np.exp(-np.logaddexp(0, -odds))
