"""Whether the frame that weighs most in a reading also says most by itself."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lpr_helpers.evaluation.attribution import Attribution
from lpr_helpers.evaluation.bootstrap import Metric, checked, columns_of
from lpr_helpers.evaluation.metrics import RATES


def by_frame_weight(results: pd.DataFrame, attribution: Attribution) -> pd.DataFrame:
    """Do frame weights mean anything? What the weightiest frame of each track reads, the second, and so on.

    results: of the tracks of ``attribution``, with the ``frame_readings`` of the usable frames. Rows: 1, 2 … by weight,
    and ``1 − others``, the difference to the mean of the track's other frames. Columns: ``tracks``, ``weight`` (mean
    share), and the frame's own recognition_rate and character_accuracy, each with its ``_low`` and ``_high``. Tracks of
    fewer than two usable frames have nothing to compare and are left out.
    """
    several = attribution.valid.sum(1) > 1
    results = checked(results, "frame_readings")[several]
    rows = zip(
        results["text"],
        results["frame_readings"],
        attribution.frame_weights[several],
        attribution.valid[several],
        strict=True,
    )
    ranked = np.array([_ranked(*row) for row in rows]).reshape(len(results), -1, 3)  # weight, right, hits
    lengths = results["text"].str.len().to_numpy(float)
    units = dict(zip(RATES, ((1, np.ones_like(lengths)), (2, lengths)), strict=True))
    table = {}
    for rank in range(ranked.shape[1]):
        there = ~np.isnan(ranked[:, rank, 0])
        terms = {name: (ranked[:, rank, i], there * unit) for name, (i, unit) in units.items()}
        first = {"tracks": int(there.sum()), "weight": float(np.nanmean(ranked[:, rank, 0]))}
        table[str(rank + 1)] = first | _rates(results, terms, share=True)
    terms = {
        name: (ranked[:, 0, i] - np.nanmean(ranked[:, 1:, i], axis=1), unit)
        for name, (i, unit) in units.items()
    }
    table["1 − others"] = {"tracks": len(results), "weight": np.nan} | _rates(results, terms, share=False)
    return pd.DataFrame.from_dict(table, orient="index").rename_axis("frame by weight")


def _ranked(text: str, readings: list[str], weights: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Weight of each frame, whether it is right, its right characters: float64 [F, 3], the weightiest first, and NaN
    for the missing ones last.
    """
    ranked = np.full((len(weights), 3), np.nan)
    hits = [sum(a == b for a, b in zip(text, reading, strict=False)) for reading in readings]
    right = [reading == text for reading in readings]
    ranked[: len(readings)] = sorted(
        zip(weights[valid], right, hits, strict=True), key=lambda frame: -frame[0]
    )
    return ranked


def _rates(results: pd.DataFrame, terms: dict, *, share: bool) -> dict[str, float]:
    """Rates from their terms (numerators, denominators), where NaN is nothing, with their intervals."""
    known = {name: np.nan_to_num(np.stack(pair, axis=1)) for name, pair in terms.items()}
    found = {name: Metric(lambda _, t=t: t, RATES[name].combine, share) for name, t in known.items()}
    return columns_of(results, found)
