"""Where readings go wrong: the rates of parts of the results, slot by slot, frame by frame, and single tracks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd
from rapidfuzz.distance import Levenshtein

from lpr_helpers.evaluation.bootstrap import Metric, checked, columns_of, estimates
from lpr_helpers.evaluation.metrics import (
    PARTIAL_SHARE,
    RATES,
    hits,
    is_partial,
    long_table,
    mean_difference,
    ratio,
    recognition_rate,
    text_pairs,
)
from lpr_helpers.plates import BRAZIL, PlateFormat


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


def by_slot(results: pd.DataFrame) -> pd.DataFrame:
    """Character accuracy at each place, a row a place (1 is the first): ``tracks``, ``value``, ``low``, ``high``."""

    def at(results: pd.DataFrame, place: int) -> np.ndarray:
        return np.array(
            [(hits(t[place:][:1], r[place:][:1]), place < len(t)) for t, r in text_pairs(results)], float
        )

    lengths = checked(results)["text"].str.len()
    places = {place + 1: Metric(partial(at, place=place), ratio, True) for place in range(lengths.max())}
    table = long_table(estimates(results, places), "place")
    table.insert(0, "tracks", [int((lengths >= place).sum()) for place in table.index])
    return table


def by_kind(results: pd.DataFrame, plate: PlateFormat = BRAZIL) -> pd.DataFrame:
    """Character accuracy of the truth's digits and letters: rows ``digits``, ``letters``.

    Columns: ``characters`` (how many the truth has), ``value``, ``low``, ``high``.
    """

    def of(results: pd.DataFrame, kind: str) -> np.ndarray:
        padded = [(t, r.ljust(len(t))) for t, r in text_pairs(results)]
        marks = [[a == b for a, b in zip(t, r, strict=False) if a in kind] for t, r in padded]
        return np.array([(sum(m), len(m)) for m in marks], float)

    kinds = {name: partial(of, kind=plate.allowed(s)) for name, s in (("digits", "D"), ("letters", "L"))}
    table = long_table(
        estimates(results, {name: Metric(f, ratio, True) for name, f in kinds.items()}), "kind"
    )
    table.insert(0, "characters", [int(f(results)[:, 1].sum()) for f in kinds.values()])
    return table


def _track_marks(text: str, readings: list[str]) -> np.ndarray:
    """Of each reading of one track: is it right, its right characters, is it partly right; float64 [readings, 3]."""
    counts = [hits(text, reading) for reading in readings]
    rows = [
        (r == text, h, is_partial(h, len(text), PARTIAL_SHARE)) for r, h in zip(readings, counts, strict=True)
    ]
    return np.array(rows, float).reshape(-1, 3)


def _way_marks(results: pd.DataFrame) -> dict[str, np.ndarray]:
    """For each way of using the frames: right, right characters, partly right, units; float64 [tracks, 4]."""
    ways: dict[str, list] = {"single frame": [], "mean of tracks": [], "best frame": [], "fused": []}
    for (text, reading), frames in zip(text_pairs(results), results["frame_readings"], strict=True):
        marks, n = _track_marks(text, list(frames)), len(frames)
        ways["single frame"].append([*marks.sum(axis=0), n])
        ways["mean of tracks"].append([*(marks.sum(axis=0) / max(n, 1)), min(n, 1)])
        ways["best frame"].append([*marks.max(axis=0, initial=0), min(n, 1)])
        ways["fused"].append([*_track_marks(text, [reading])[0], 1])
    return {name: np.array(rows, float) for name, rows in ways.items()}


def single_vs_fused(results: pd.DataFrame) -> pd.DataFrame:
    """What joining the frames gains, from ``frame_readings`` (the usable frames) and the fused ``reading``.

    Rows: ``single frame`` (every frame counts once), ``mean of tracks`` (every track once, by the mean over its
    frames), ``best frame`` (each track's best: what a perfect choice of frame would reach), ``fused``, and ``gain``
    (fused − single frame, on the same resamples). A track without frames counts in ``fused`` alone.
    Columns: recognition_rate, character_accuracy and partial_rate, each with its ``_low`` and ``_high``.
    """
    checked(results, "frame_readings")
    ways = _way_marks(results)
    lengths = results["text"].str.len().to_numpy(float)
    pairs = {}
    for name, marks in ways.items():
        units = marks[:, 3]
        totals = {"recognition_rate": units, "character_accuracy": units * lengths, "partial_rate": units}
        pairs[name] = {key: np.stack([marks[:, i], t], axis=1) for i, (key, t) in enumerate(totals.items())}

    def row(terms: Mapping[str, np.ndarray], combine: Callable, share: bool) -> dict[str, float]:
        return columns_of(results, {k: Metric(lambda _, t=t: t, combine, share) for k, t in terms.items()})

    rows = {name: row(terms, ratio, True) for name, terms in pairs.items()}
    both = {k: np.hstack([pairs["fused"][k], pairs["single frame"][k]]) for k in pairs["fused"]}
    return pd.DataFrame.from_dict(
        {**rows, "gain": row(both, mean_difference, False)}, orient="index"
    ).rename_axis("way")


def with_errors(results: pd.DataFrame) -> pd.DataFrame:
    """A copy of the results with what is wrong with each reading.

    New columns: ``right`` (bool), ``edit_distance`` (int, Levenshtein) and ``wrong_places`` (list[int]: places of the
    truth, 0 the first, whose character is wrong or missing; surplus characters show in the distance alone).
    """
    pairs = text_pairs(results)
    wrong = [[i for i, c in enumerate(text) if reading[i : i + 1] != c] for text, reading in pairs]
    return results.assign(
        right=[text == reading for text, reading in pairs],
        edit_distance=[Levenshtein.distance(text, reading) for text, reading in pairs],
        wrong_places=pd.Series(wrong, index=results.index, dtype=object),
    )


def worst_tracks(results: pd.DataFrame, n: int = 20, by: str = "confidence") -> pd.DataFrame:
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


def typical_tracks(results: pd.DataFrame, wrong: int = 2, right: int = 1, seed: int = 0) -> list[int]:
    """Positions of so many wrong and so many right tracks, drawn at random by ``seed``; fewer where there are fewer."""
    marks = recognition_rate.terms(results)[:, 0]
    random = np.random.default_rng(seed)
    return [
        int(place)
        for mark, number in ((0, wrong), (1, right))
        for place in random.permutation(np.flatnonzero(marks == mark))[:number]
    ]
