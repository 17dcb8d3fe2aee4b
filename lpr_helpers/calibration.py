"""Does a confidence mean what it says: bands, reliability, calibration error, and the temperature that mends it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import torch

from lpr_helpers.bootstrap import columns_of
from lpr_helpers.evaluation import RATES, confidence_bins, confidences, ece, recognition_rate

__all__ = ["apply_temperature", "confidence_bands", "ece", "fit_temperature", "reliability"]

TEMPERATURES = (0.05, 20.0)
GOLDEN = (math.sqrt(5) - 1) / 2


def confidence_bands(results: pd.DataFrame) -> pd.DataFrame:
    """The report's three bands of confidence and how right each is; both 0.5 and 0.8 belong to the middle one.

    Columns: ``tracks``, ``share`` (of all tracks), ``recognition_rate`` and ``character_accuracy``, each with its
    ``_low`` and ``_high``; NaN in an empty band.
    """
    values = confidences(results)
    bands = {"> 0.8": values > 0.8, "0.5–0.8": (values >= 0.5) & (values <= 0.8), "< 0.5": values < 0.5}
    rows = {
        name: {"tracks": int(band.sum()), "share": band.mean(), **columns_of(results[band], RATES)}
        for name, band in bands.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("confidence")


def reliability(results: pd.DataFrame, bins: int = 10) -> pd.DataFrame:
    """The points of a reliability diagram: one row for each of `bins` equal bins of confidence.

    Columns: ``bin_from``, ``bin_to``, ``tracks``, ``mean_confidence``, ``recognition_rate`` with its ``_low`` and
    ``_high``; NaN in an empty bin. Well calibrated means that rate and mean confidence agree in every row.
    """
    values = confidences(results)
    bin_of = confidence_bins(values, bins)
    rows = []
    for number in range(bins):
        inside = bin_of == number
        mean = values[inside].mean() if inside.any() else np.nan
        rate = columns_of(results[inside], {"recognition_rate": recognition_rate})
        edges = {"bin_from": number / bins, "bin_to": (number + 1) / bins}
        rows.append({**edges, "tracks": int(inside.sum()), "mean_confidence": mean, **rate})
    return pd.DataFrame(rows)


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
    The plate's negative log-likelihood, a sum over its places, is convex in 1/t and so has one minimum, found by
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

    return math.exp(_golden_section(loss, *map(math.log, TEMPERATURES)))


def _golden_section(loss, low: float, high: float, steps: int = 30) -> float:
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
