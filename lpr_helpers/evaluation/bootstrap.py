"""How sure a number of the evaluation is: its interval from a bootstrap over plates.

A number is a `Metric` of `results` (one row a track, with at least ``text``, the truth, and ``reading``), or any
function of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd

K = TypeVar("K")

DRAWS = 1000

# plates × draws at a time: 20,000 plates × 1,000 draws at once would need half a gigabyte
BLOCK = 2_000_000


@dataclass(frozen=True)
class Estimate:
    """A statistic with its interval.

    value: the statistic on all tracks. low, high: ends of its interval, NaN where it does not exist.
    n: how many plates (groups) were resampled, which is what the interval's width rests on.
    """

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Metric:
    """A number that depends on the tracks through sums alone, so that resampling them is one matrix product.

    terms: results → float64 [tracks, K]. combine: sums of the terms, [..., K] → [...].
    share: it lies between 0 and 1, and is 0 or 1 only where all characters agree to be wrong or right.
    """

    terms: Callable[..., np.ndarray]
    combine: Callable[[np.ndarray], np.ndarray]
    share: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "__doc__", self.terms.__doc__)

    def __call__(self, results: pd.DataFrame, *options: Any, **named: Any) -> float:
        """The value of it; ``options`` and ``named`` go to its terms."""
        return float(self.combine(self.terms(results, *options, **named).sum(axis=0)))


def checked(results: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """`results` itself, if it can be judged; ValueError otherwise."""
    if missing := [c for c in ("text", "reading", *columns) if c not in results]:
        raise ValueError(f"the results have no column {', '.join(missing)}; they have {', '.join(results)}")
    if results.empty:
        raise ValueError("there are no results to evaluate: the table has no row")
    if unknown := int((results["text"].isna() | (results["text"] == "")).sum()):
        raise ValueError(
            f"{unknown} of {len(results)} tracks have no true text, so they cannot be judged; "
            'keep those that have one: results[results["text"] != ""]'
        )
    return results


def _group_codes(results: pd.DataFrame, group: str) -> tuple[np.ndarray, int]:
    codes, names = pd.factorize(checked(results, group)[group], use_na_sentinel=False)
    return codes, len(names)


def _resampled_sums(terms: np.ndarray, codes: np.ndarray, n: int, draws: int, seed: int) -> np.ndarray:
    """Sums of the terms in each resample of the n groups, float64 [draws, K]."""
    sums = np.stack([np.bincount(codes, weights=column, minlength=n) for column in terms.T], axis=1)
    rng, parts = np.random.default_rng(seed), []
    block = max(1, BLOCK // n)
    for start in range(0, draws, block):
        rows = min(block, draws - start)
        picks = rng.integers(n, size=(rows, n)) + n * np.arange(rows)[:, None]
        parts.append(np.bincount(picks.ravel(), minlength=rows * n).reshape(rows, n) @ sums)
    return np.concatenate(parts)


def _interval(value: float, drawn: np.ndarray, n: int, level: float, share: bool) -> Estimate:
    drawn, tail = drawn[np.isfinite(drawn)], (1 - level) / 2
    if not np.isfinite(value) or not len(drawn):
        return Estimate(value, np.nan, np.nan, n)
    low, high = np.quantile(drawn, [tail, 1 - tail])
    if share and low == high and value in (0, 1):
        reach = 1 - tail ** (1 / n)
        low, high = (0.0, reach) if value == 0 else (1 - reach, 1.0)
    return Estimate(value, min(float(low), value), max(float(high), value), n)


def bootstrap_estimate(
    results: pd.DataFrame,
    statistic: Callable[[pd.DataFrame], float],
    *,
    group: str = "text",
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """A statistic of the results with its percentile bootstrap interval over plates.

    All tracks of a plate are drawn together, since they are no independent evidence (Efron & Tibshirani, "An
    Introduction to the Bootstrap", 1993). `statistic` is a `Metric` (fast) or any function of the
    results (`draws` calls).

    Draws in which the statistic is NaN are left out. If all tracks are right, or all wrong, every resample says the
    same, and the percentile interval would have no width however few plates there are: for shares (recognition
    rate, character accuracy, CER, partial plates) the exact binomial bound for n plates stands in its place, for
    everything else the width is zero. The interval is widened to hold the value, which for the ECE it may miss.

    Raises
    ------
    ValueError: no results, tracks without truth, or no column `group`.
    """
    if isinstance(statistic, Metric):
        return estimates(results, {"": statistic}, group=group, draws=draws, seed=seed, level=level)[""]
    codes, n = _group_codes(results, group)
    rows_of = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    rng = np.random.default_rng(seed)
    picks = (np.concatenate([rows_of[g] for g in rng.integers(n, size=n)]) for _ in range(draws))
    drawn = np.array([statistic(results.iloc[rows]) for rows in picks], float)
    return _interval(float(statistic(results)), drawn, n, level, share=False)


def estimates(
    results: pd.DataFrame,
    metrics: Mapping[K, Metric],
    *,
    group: str = "text",
    draws: int = DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> dict[K, Estimate]:
    """`bootstrap_estimate` of several metrics on the same resamples: name → `Estimate`."""
    codes, n = _group_codes(results, group)
    terms = [metric.terms(results) for metric in metrics.values()]
    sums = _resampled_sums(np.concatenate(terms, axis=1), codes, n, draws, seed)
    drawn = np.split(sums, np.cumsum([t.shape[1] for t in terms])[:-1], axis=1)
    return {
        name: _interval(float(metric.combine(t.sum(axis=0))), metric.combine(d), n, level, metric.share)
        for (name, metric), t, d in zip(metrics.items(), terms, drawn, strict=True)
    }


def columns_of(results: pd.DataFrame, metrics: Mapping[str, Metric]) -> dict[str, float]:
    """The metrics as one table row: ``name``, ``name_low``, ``name_high`` for each; NaN where there is no track."""
    nothing = Estimate(np.nan, np.nan, np.nan, 0)
    found = estimates(results, metrics) if len(results) else dict.fromkeys(metrics, nothing)
    return {
        f"{name}{end}": number
        for name, e in found.items()
        for end, number in (("", e.value), ("_low", e.low), ("_high", e.high))
    }


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """A table of shares for the eye: each value with its interval in one cell, such as ``41.2 % (31.2 to 51.2)``.

    table: with columns ``value``, ``low``, ``high``, or ``name``, ``name_low``, ``name_high``; others stay.
    """
    shown = {}
    for name in table:
        ends = ("low", "high") if name == "value" else (f"{name}_low", f"{name}_high")
        if set(ends) <= set(table):
            cells = zip(table[name], *(table[end] for end in ends), strict=True)
            shown[str(name).replace("_", " ")] = [_cell(*cell) for cell in cells]
        elif not str(name).endswith(("low", "high")):
            shown[name] = table[name]
    return pd.DataFrame(shown, index=table.index)


def _cell(value: float, low: float, high: float) -> str:
    return "–" if np.isnan(value) else f"{100 * value:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
