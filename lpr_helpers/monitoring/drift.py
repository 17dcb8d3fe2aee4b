"""Whether what is read now is like what the reader was validated on: confidence, light, size, sharpness, characters."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.stats import chi2, ks_2samp

from lpr_helpers.evaluation.conditions import with_conditions

MEASURES = {
    "confidence": "confidence, 0 to 1",
    "light": "light: mean grey, 0 to 1",
    "height": "size: height of the crop [px]",
    "sharpness": "sharpness: edges against contrast",
}
CHARACTERS = "characters"
SOME, LARGE = 0.1, 0.25
"""Population stability indices from which a shift is worth a look, and from which the two are different populations."""
BINS = 10
_LEAST = 1e-4  # a share that is not seen at all would make the index infinite


def sampled(
    results: pd.DataFrame, tracks: int = 400, seed: int = 0, *, progress: bool = True
) -> pd.DataFrame:
    """At most so many tracks of some results, drawn at random, with how their frames look; see `with_conditions`.

    results: with ``lr``, lists of image files.
    """
    drawn = results.sample(min(tracks, len(results)), random_state=seed).sort_index()
    measured = with_conditions(drawn.assign(text="?"), progress=progress)  # which judges no reading here
    return measured.assign(text=drawn["text"]) if "text" in drawn else measured.drop(columns="text")


def drift_table(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """How far each distribution has moved: one row each of `MEASURES` that both tables have, and for `CHARACTERS`.

    before, now: results of validation and of what was read since, with ``reading`` and ``confidence``, and from
    `sampled` the measures of frames.

    Columns: ``psi``, the population stability index over ten bins of equal count before (of characters: over the
    characters); ``chance``, what it exceeds once in a hundred times where nothing has moved, for so few tracks; ``ks``
    and ``p``, the two-sample Kolmogorov–Smirnov statistic and its p, NaN for characters; ``before`` and ``now``,
    medians (of characters: how many); ``shift``: "none" where chance may have done it, or the PSI is below 0.1, "some"
    below 0.25, else "large". Many tracks make p tiny for shifts that do not matter, so the word does not rest on it.

    Raises ValueError where a table has no row.
    """
    if before.empty or now.empty:
        raise ValueError("no track on one side: there is nothing to compare")
    rows: dict[str, tuple[float, ...]] = {}
    for name in MEASURES:
        if name in before and name in now:
            old, new = (pd.to_numeric(table[name]).dropna().to_numpy(float) for table in (before, now))
            if len(old) and len(new):
                test = ks_2samp(old, new)
                shares = binned(old, new)
                index = psi(*shares), chance(len(shares[0]), len(old), len(new))
                rows[name] = (*index, test.statistic, test.pvalue, np.median(old), np.median(new))
    shares = aligned(characters(before["reading"]), characters(now["reading"]))
    counts = [float(table["reading"].fillna("").str.len().sum()) for table in (before, now)]
    rows[CHARACTERS] = (psi(*shares), chance(len(shares[0]), *counts), np.nan, np.nan, *counts)
    table = pd.DataFrame.from_dict(
        rows, orient="index", columns=["psi", "chance", "ks", "p", "before", "now"]
    )
    table["shift"] = table["psi"].map(shift).where(table["psi"] > table["chance"], "none")
    return table.rename_axis("measure")


def psi(before: np.ndarray, now: np.ndarray) -> float:
    """Population stability index Σ (now − before) ln(now / before) of two distributions over the same bins, shares [n].

    0 where they are alike; bins that are empty on one side count as a share of 1e-4.
    """
    old, new = np.clip(before, _LEAST, None), np.clip(now, _LEAST, None)
    return float(((new - old) * np.log(new / old)).sum())


def chance(bins: int, before: float, now: float) -> float:
    """What the index of so many values on each side exceeds once in a hundred times where nothing has moved.

    It is then about (1 / before + 1 / now) times a χ² of ``bins − 1`` degrees of freedom (Yurdakul & Naranjo 2020).
    """
    return float(chi2.ppf(0.99, bins - 1)) * (1 / before + 1 / now) if before and now else 0.0


def shift(index: float) -> str:
    """A population stability index in a word."""
    return "none" if index < SOME else "some" if index < LARGE else "large"


def binned(before: np.ndarray, now: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The shares of values in bins of about equal count ``before``, float64 [bins] each; what lies outside is in the
    first or last bin.
    """
    inner = np.unique(np.quantile(before, np.linspace(0, 1, BINS + 1)[1:-1]))
    counts = (
        np.bincount(np.searchsorted(inner, values, side="right"), minlength=len(inner) + 1)
        for values in (before, now)
    )
    old, new = (count / count.sum() for count in counts)
    return old, new


def characters(readings: pd.Series) -> dict[str, float]:
    """The share of each character among all that were read."""
    counts = pd.Series(list("".join(readings.fillna("")))).value_counts()
    return {str(name): float(count) / counts.sum() for name, count in counts.items()}


def aligned(before: Mapping[str, float], now: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the same characters in the same order, 0 where one is not there."""
    names = sorted({*before, *now})
    return np.array([before.get(n, 0.0) for n in names]), np.array([now.get(n, 0.0) for n in names])
