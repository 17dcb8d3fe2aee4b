"""Temperature scaling of slot log-probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

TEMPERATURES = (0.05, 20.0)
GOLDEN = (math.sqrt(5) - 1) / 2


def _checked_slots(slots: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The targets as int64 [N, L], if they fit slots [N, L, A]; ValueError otherwise."""
    if slots.ndim != 3 or not len(slots) or tuple(targets.shape) != tuple(slots.shape[:2]):
        raise ValueError(
            f"need slots [N, L, A] and targets [N, L] of at least one plate, got "
            f"{list(slots.shape)} and {list(targets.shape)}"
        )
    if slots.isnan().any():
        raise ValueError(
            f"{int(slots.isnan().flatten(1).any(dim=1).sum())} plates have NaN log-probabilities"
        )
    if targets.min() < 0 or targets.max() >= slots.shape[-1]:
        raise ValueError(f"targets must be class indices from 0 to {slots.shape[-1] - 1}")
    return targets.to(slots.device, torch.int64)


def fit_temperature(slots: torch.Tensor, targets: torch.Tensor) -> float:
    """The temperature under which the true plates are most likely (Guo et al., "On Calibration of Modern Neural
    Networks", ICML 2017): above 1 where the recogniser was too sure.

    Parameters
    ----------
    slots: log-probabilities, float [N, L, A], of tracks that were not trained on. −inf (a layout's mask) is fine.
    targets: class indices of the truth, int [N, L].

    Returns a temperature between 0.05 and 20; the ends mean that no inner one is best (all plates right: 0.05).
    The plate's negative log-likelihood, a sum over its slots, is convex in 1/t and so has one minimum, found by
    golden-section search. Plates whose truth the mask excludes are impossible at any temperature and are left out.

    Raises
    ------
    ValueError: shapes that do not fit, NaN, class indices outside the alphabet, or no possible plate.
    """
    targets = _checked_slots(slots, targets)
    slots = slots.detach().double()
    true = slots.gather(-1, targets[..., None]).squeeze(-1)
    possible = true.isfinite().all(dim=1)
    if not possible.any():
        raise ValueError("every true plate has probability 0: was the wrong layout imposed?")
    slots, true = slots[possible], true[possible]

    def loss(log_t: float) -> float:
        scale = math.exp(-log_t)
        return float((torch.logsumexp(slots * scale, dim=-1) - true * scale).sum(dim=1).mean())

    low, high = map(math.log, TEMPERATURES)
    return math.exp(_golden_section(loss, low, high))


def _golden_section(loss: Callable[[float], float], low: float, high: float, steps: int = 30) -> float:
    """Where a function with one minimum has it, between low and high (Kiefer 1953)."""
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = loss(left), loss(right)
    for _ in range(steps):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = loss(right)
    return (low + high) / 2


def apply_temperature(slots: torch.Tensor, t: float) -> torch.Tensor:
    """Slot log-probabilities at temperature t, normalised again over the last axis; shape and dtype stay."""
    if not t > 0 or not math.isfinite(t):
        raise ValueError(f"a temperature must be positive and finite, not {t}")
    return torch.log_softmax(slots / t, dim=-1)
