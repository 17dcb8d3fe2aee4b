"""How good the readings are: every number of the evaluation, each with a bootstrap interval over plates.

All functions take `results`, one row a track, with at least the columns ``text`` (the truth) and ``reading``;
what needs ``confidence`` or ``frame_readings`` says so when they are missing. Rates are shares, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from rapidfuzz.distance import Levenshtein

from lpr_helpers.evaluation.bootstrap import Metric, checked, estimates, readable

PARTIAL_SHARE = 0.8


def _metric(combine: Callable, *, share: bool = False) -> Callable[[Callable], Metric]:
    return lambda terms: Metric(terms, combine, share)


def confidences(results: pd.DataFrame) -> np.ndarray:
    """The confidences, float64 [tracks]; ValueError where one is missing or outside 0 to 1."""
    values = pd.to_numeric(checked(results, "confidence")["confidence"]).to_numpy(float)
    # a mean of float32 probabilities may stand a rounding error above 1
    if wrong := int((~((values >= -1e-6) & (values <= 1 + 1e-6))).sum()):
        raise ValueError(f"{wrong} of {len(values)} confidences are missing or outside 0 to 1")
    return values.clip(0.0, 1.0)


def text_pairs(results: pd.DataFrame) -> list[tuple[str, str]]:
    """(truth, reading) of every track; a missing reading is an empty one, and so wrong."""
    results = checked(results)
    return list(zip(results["text"], results["reading"].fillna(""), strict=True))


def hits(text: str, reading: str) -> int:
    """How many characters of a reading are right at their place."""
    return sum(a == b for a, b in zip(text, reading, strict=False))


def is_partial(right: int, length: int, share: float) -> bool:
    """Whether at least a share of a text's characters are right; a rounding error does not count."""
    return right >= share * length - 1e-9


def ratio(sums: np.ndarray) -> np.ndarray:
    """The first of two sums over the second, [..., 2] → [...]; NaN for 0 / 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums[..., 0] / sums[..., 1]


def mean_difference(sums: np.ndarray) -> np.ndarray:
    """One ratio less another, [..., 4] → [...]."""
    return ratio(sums[..., :2]) - ratio(sums[..., 2:])


@_metric(ratio, share=True)
def recognition_rate(results: pd.DataFrame) -> np.ndarray:
    """Tracks whose reading is the truth, character for character / all tracks: the competition's score."""
    return np.array([(reading == text, 1) for text, reading in text_pairs(results)], float)


@_metric(ratio, share=True)
def character_accuracy(results: pd.DataFrame) -> np.ndarray:
    """Characters that are right at their place / characters of the truth; a missing character is wrong."""
    return np.array([(hits(text, reading), len(text)) for text, reading in text_pairs(results)], float)


@_metric(ratio, share=True)
def cer(results: pd.DataFrame) -> np.ndarray:
    """Character error rate: Levenshtein distances / characters of the truth. Above 1 where readings are too long."""
    return np.array(
        [(Levenshtein.distance(text, read), len(text)) for text, read in text_pairs(results)], float
    )


@_metric(ratio, share=True)
def partial_rate(results: pd.DataFrame, share: float = PARTIAL_SHARE) -> np.ndarray:
    """Tracks with at least `share` of their characters right at their place (6 of 7 for 0.8) / all tracks."""
    return np.array([(is_partial(hits(t, r), len(t), share), 1) for t, r in text_pairs(results)], float)


@_metric(ratio)
def mean_confidence(results: pd.DataFrame) -> np.ndarray:
    """Mean of the confidences."""
    values = confidences(results)
    return np.stack([values, np.ones_like(values)], axis=1)


@_metric(mean_difference)
def confidence_gap(results: pd.DataFrame) -> np.ndarray:
    """Mean confidence of the right tracks − that of the wrong ones, −1 to 1: what breaks ties in the competition.

    NaN if all tracks are right or all are wrong: there is then nothing to tell apart.
    """
    values, right = confidences(results), recognition_rate.terms(results)[:, 0]
    return np.stack([values * right, right, values * (1 - right), 1 - right], axis=1)


@_metric(lambda sums: np.abs(sums[..., :-1]).sum(axis=-1) / sums[..., -1])
def ece(results: pd.DataFrame, bins: int = 10) -> np.ndarray:
    """Expected calibration error of the plates' confidences, 0 to 1, over `bins` of equal width.

    The mean over tracks of |recognition rate − mean confidence| of the track's bin (Naeini et al., "Obtaining Well
    Calibrated Probabilities Using Bayesian Binning", AAAI 2015). Few tracks make it too large, never too small.
    """
    values, right = confidences(results), recognition_rate.terms(results)[:, 0]
    terms = np.zeros((len(values), bins + 1))
    terms[np.arange(len(values)), confidence_bins(values, bins)] = values - right
    terms[:, -1] = 1
    return terms


def confidence_bins(values: np.ndarray, bins: int) -> np.ndarray:
    """Which of `bins` equal bins each confidence falls into, int64 [tracks]; a confidence of 1 is in the last."""
    return np.minimum((values * bins).astype(np.int64), bins - 1)


RATES = {"recognition_rate": recognition_rate, "character_accuracy": character_accuracy}
SUMMARY = {
    "recognition rate": recognition_rate,
    "character accuracy": character_accuracy,
    "CER": cer,
    "partial plates ≥80 %": partial_rate,
    "ECE": ece,
    "confidence gap": confidence_gap,
    "mean confidence": mean_confidence,
}


def long_table(found: Mapping, name: str) -> pd.DataFrame:
    """Estimates by name as a table, a row each: ``value``, ``low``, ``high``."""
    rows = [(e.value, e.low, e.high) for e in found.values()]
    return pd.DataFrame(rows, index=pd.Index(list(found), name=name), columns=["value", "low", "high"])


def summary(results: pd.DataFrame) -> pd.DataFrame:
    """The headline numbers: a row a metric, columns ``value``, ``low``, ``high`` (95 % over plates)."""
    return long_table(estimates(results, SUMMARY), "metric")


def summaries(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """`summary` of several tables of results side by side, for the eye: a column a table, intervals in the cells."""
    return pd.DataFrame({name: readable(summary(results))["value"] for name, results in tables.items()})
