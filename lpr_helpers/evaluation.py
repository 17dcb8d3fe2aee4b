"""How good the readings are: every number of the evaluation, each with a bootstrap interval over plates.

All functions take `results`, one row a track, with at least the columns ``text`` (the truth) and ``reading``;
what needs ``confidence`` or ``frame_readings`` says so when they are missing. Rates are shares, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd
from rapidfuzz.distance import Levenshtein

from lpr_helpers.bootstrap import Metric, checked, columns_of, estimates
from lpr_helpers.plates import BRAZIL, PlateFormat

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


def _pairs(results: pd.DataFrame) -> list[tuple[str, str]]:
    """(truth, reading) of every track; a missing reading is an empty one, and so wrong."""
    results = checked(results)
    return list(zip(results["text"], results["reading"].fillna(""), strict=True))


def _hits(text: str, reading: str) -> int:
    return sum(a == b for a, b in zip(text, reading, strict=False))


def _is_partial(hits: int, length: int, share: float) -> bool:
    return hits >= share * length - 1e-9


def _ratio(sums: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums[..., 0] / sums[..., 1]


def _gap(sums: np.ndarray) -> np.ndarray:
    return _ratio(sums[..., :2]) - _ratio(sums[..., 2:])


@_metric(_ratio, share=True)
def recognition_rate(results: pd.DataFrame) -> np.ndarray:
    """Tracks whose reading is the truth, character for character / all tracks: the competition's score."""
    return np.array([(reading == text, 1) for text, reading in _pairs(results)], float)


@_metric(_ratio, share=True)
def character_accuracy(results: pd.DataFrame) -> np.ndarray:
    """Characters that are right at their place / characters of the truth; a missing character is wrong."""
    return np.array([(_hits(text, reading), len(text)) for text, reading in _pairs(results)], float)


@_metric(_ratio, share=True)
def cer(results: pd.DataFrame) -> np.ndarray:
    """Character error rate: Levenshtein distances / characters of the truth. Above 1 where readings are too long."""
    return np.array([(Levenshtein.distance(text, read), len(text)) for text, read in _pairs(results)], float)


@_metric(_ratio, share=True)
def partial_rate(results: pd.DataFrame, share: float = PARTIAL_SHARE) -> np.ndarray:
    """Tracks with at least `share` of their characters right at their place (6 of 7 for 0.8) / all tracks."""
    return np.array([(_is_partial(_hits(t, r), len(t), share), 1) for t, r in _pairs(results)], float)


@_metric(_ratio)
def mean_confidence(results: pd.DataFrame) -> np.ndarray:
    """Mean of the confidences."""
    values = confidences(results)
    return np.stack([values, np.ones_like(values)], axis=1)


@_metric(_gap)
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


def _long(found: Mapping, name: str) -> pd.DataFrame:
    rows = [(e.value, e.low, e.high) for e in found.values()]
    return pd.DataFrame(rows, index=pd.Index(list(found), name=name), columns=["value", "low", "high"])


def summary(results: pd.DataFrame) -> pd.DataFrame:
    """The headline numbers: a row a metric, columns ``value``, ``low``, ``high`` (95 % over plates)."""
    return _long(estimates(results, SUMMARY), "metric")


def breakdown(results: pd.DataFrame, by: str) -> pd.DataFrame:
    """Recognition rate and character accuracy for each value of a column ("scenario", "layout", any other).

    Columns: ``tracks``, ``plates``, then each rate with its ``_low`` and ``_high``. An empty value is "unknown".
    """
    keys = ["unknown" if pd.isna(key) or key == "" else key for key in checked(results, by)[by]]
    rows = {
        key: {"tracks": len(part), "plates": part["text"].nunique(), **columns_of(part, RATES)}
        for key, part in results.groupby(np.array(keys, object), sort=True)
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(by)


def by_position(results: pd.DataFrame) -> pd.DataFrame:
    """Character accuracy at each place, a row a place (1 is the first): ``tracks``, ``value``, ``low``, ``high``."""

    def at(results: pd.DataFrame, place: int) -> np.ndarray:
        return np.array(
            [(_hits(t[place:][:1], r[place:][:1]), place < len(t)) for t, r in _pairs(results)], float
        )

    lengths = checked(results)["text"].str.len()
    places = {place + 1: Metric(partial(at, place=place), _ratio, True) for place in range(lengths.max())}
    table = _long(estimates(results, places), "place")
    table.insert(0, "tracks", [int((lengths >= place).sum()) for place in table.index])
    return table


def by_kind(results: pd.DataFrame, plate: PlateFormat = BRAZIL) -> pd.DataFrame:
    """Character accuracy of the truth's digits and letters: rows ``digits``, ``letters``.

    Columns: ``characters`` (how many the truth has), ``value``, ``low``, ``high``.
    """

    def of(results: pd.DataFrame, kind: str) -> np.ndarray:
        padded = [(t, r.ljust(len(t))) for t, r in _pairs(results)]
        marks = [[a == b for a, b in zip(t, r, strict=False) if a in kind] for t, r in padded]
        return np.array([(sum(m), len(m)) for m in marks], float)

    kinds = {name: partial(of, kind=plate.allowed(s)) for name, s in (("digits", "D"), ("letters", "L"))}
    table = _long(estimates(results, {name: Metric(f, _ratio, True) for name, f in kinds.items()}), "kind")
    table.insert(0, "characters", [int(f(results)[:, 1].sum()) for f in kinds.values()])
    return table


def _track_marks(text: str, readings: list[str]) -> np.ndarray:
    """Of each reading of one track: is it right, its right characters, is it partly right; float64 [readings, 3]."""
    hits = [_hits(text, reading) for reading in readings]
    rows = [
        (r == text, h, _is_partial(h, len(text), PARTIAL_SHARE)) for r, h in zip(readings, hits, strict=True)
    ]
    return np.array(rows, float).reshape(-1, 3)


def _view_marks(results: pd.DataFrame) -> dict[str, np.ndarray]:
    """For each way of using the frames: right, right characters, partly right, units; float64 [tracks, 4]."""
    views = {"single frame": [], "mean of tracks": [], "best frame": [], "fused": []}
    for (text, reading), frames in zip(_pairs(results), results["frame_readings"], strict=True):
        marks, n = _track_marks(text, list(frames)), len(frames)
        views["single frame"].append([*marks.sum(axis=0), n])
        views["mean of tracks"].append([*(marks.sum(axis=0) / max(n, 1)), min(n, 1)])
        views["best frame"].append([*marks.max(axis=0, initial=0), min(n, 1)])
        views["fused"].append([*_track_marks(text, [reading])[0], 1])
    return {name: np.array(rows, float) for name, rows in views.items()}


def single_vs_fused(results: pd.DataFrame) -> pd.DataFrame:
    """What joining the frames gains, from ``frame_readings`` (the usable frames) and the fused ``reading``.

    Rows: ``single frame`` (every frame counts once), ``mean of tracks`` (every track once, by the mean over its
    frames), ``best frame`` (each track's best: what a perfect choice of frame would reach), ``fused``, and ``gain``
    (fused − single frame, on the same resamples). A track without frames counts in ``fused`` alone.
    Columns: recognition_rate, character_accuracy and partial_rate, each with its ``_low`` and ``_high``.
    """
    checked(results, "frame_readings")
    views = _view_marks(results)
    lengths = results["text"].str.len().to_numpy(float)
    pairs = {}
    for name, marks in views.items():
        units = marks[:, 3]
        totals = {"recognition_rate": units, "character_accuracy": units * lengths, "partial_rate": units}
        pairs[name] = {key: np.stack([marks[:, i], t], axis=1) for i, (key, t) in enumerate(totals.items())}

    def row(terms: Mapping[str, np.ndarray], combine: Callable, share: bool) -> dict[str, float]:
        return columns_of(results, {k: Metric(lambda _, t=t: t, combine, share) for k, t in terms.items()})

    rows = {name: row(terms, _ratio, True) for name, terms in pairs.items()}
    both = {k: np.hstack([pairs["fused"][k], pairs["single frame"][k]]) for k in pairs["fused"]}
    return pd.DataFrame.from_dict({**rows, "gain": row(both, _gap, False)}, orient="index").rename_axis(
        "view"
    )


def with_errors(results: pd.DataFrame) -> pd.DataFrame:
    """A copy of the results with what is wrong with each reading.

    New columns: ``right`` (bool), ``edit_distance`` (int, Levenshtein) and ``wrong_places`` (list[int]: places of the
    truth, 0 the first, whose character is wrong or missing; surplus characters show in the distance alone).
    """
    pairs = _pairs(results)
    wrong = [[i for i, c in enumerate(text) if reading[i : i + 1] != c] for text, reading in pairs]
    return results.assign(
        right=[text == reading for text, reading in pairs],
        edit_distance=[Levenshtein.distance(text, reading) for text, reading in pairs],
        wrong_places=pd.Series(wrong, index=results.index, dtype=object),
    )


def worst(results: pd.DataFrame, n: int = 20, by: str = "confidence") -> pd.DataFrame:
    """The n worst wrong tracks, with the columns of `with_errors`.

    by: "confidence" puts the surest errors first and, among equals, the farthest from the truth; "edit_distance"
    the other way round. Remaining ties go by track id. Fewer rows where fewer tracks are wrong.
    """
    keys = {
        "confidence": ["confidence", "edit_distance", "track_id"],
        "edit_distance": ["edit_distance", "confidence", "track_id"],
    }
    if by not in keys:
        raise ValueError(f"by={by!r}: choose {' or '.join(keys)}")
    table = with_errors(checked(results, "confidence", "track_id"))
    return table[~table["right"]].sort_values(keys[by], ascending=[False, False, True]).head(n)


def typical(results: pd.DataFrame, wrong: int = 2, right: int = 1, seed: int = 0) -> list[int]:
    """Positions of so many wrong and so many right tracks, drawn at random by ``seed``; fewer where there are fewer."""
    marks = recognition_rate.terms(results)[:, 0]
    random = np.random.default_rng(seed)
    return [
        int(place)
        for mark, number in ((0, wrong), (1, right))
        for place in random.permutation(np.flatnonzero(marks == mark))[:number]
    ]
