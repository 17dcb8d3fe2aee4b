"""Why plates are misread: the report's classes of failure, measured on every track, whether it was read right or wrong.

A class explains something only if it is found among wrong tracks more often than elsewhere. So each has an *expected*
share: that among tracks that were read right; and for look-alike characters, which only a misread plate can have, that
among errors made at random.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lpr_helpers.decoding.look_alikes import alike
from lpr_helpers.evaluation.bootstrap import Metric, checked, columns_of
from lpr_helpers.evaluation.metrics import confidence_gap, recognition_rate
from lpr_helpers.plates import BRAZIL, PlateFormat

TAIL = 0.1
"""Share of the right-read tracks that lie beyond the thresholds of light, glare, compression, size and blur."""
SURE = 0.9
"""Confidence from which on a place counts as sure."""
NONE = "none of these"


@dataclass(frozen=True)
class Failure:
    """A class of failure: its name, what the report says its share is (None: nothing), and the rule in words."""

    name: str
    reported: float | None
    rule: str


FAILURES = (
    Failure("low light", 0.20, "mean grey below {light}, where the darkest {tail:.0%} of right tracks lie"),
    Failure("compression", 0.15, "block grid above {blocks}, where {tail:.0%} of right tracks lie"),
    Failure("glare", None, "share of pure white above {clipped}, where {tail:.0%} of right tracks lie"),
    Failure("few pixels", None, "crop lower than {height} px, where {tail:.0%} of right tracks lie"),
    Failure("blur", None, "sharpness below {sharpness}, where {tail:.0%} of right tracks lie"),
    Failure("lost spot", 0.12, "one place, or two neighbours, below {sure:.0%} sure, all others above"),
    Failure("look-alikes", 0.10, "every wrong character looks like the true one (expected: at random)"),
    Failure("format violation", 0.08, "read without the layouts' mask, it fits no layout"),
)


def thresholds(results: pd.DataFrame) -> dict[str, float]:
    """Where light, glare, compression, size and blur begin to count: quantiles of the right tracks, NaN without any."""
    right = results[_right(results)]
    tails = {"light": TAIL, "clipped": 1 - TAIL, "blocks": 1 - TAIL, "height": TAIL, "sharpness": TAIL}
    return {name: float(right[name].quantile(tail)) for name, tail in tails.items()}


def classify_failures(results: pd.DataFrame, plate: PlateFormat = BRAZIL) -> pd.DataFrame:
    """Which of the `FAILURES` each track shows: bool, a row a track, a column a class; several may hold.

    results: from `conditions.with_conditions`, with ``char_confidences``, and ``unmasked``, what is read when no layout
    is imposed. ``.attrs["rules"]`` says what each class means here, in words.
    """
    checked(results, "light", "clipped", "blocks", "height", "sharpness", "char_confidences", "unmasked")
    at = thresholds(results)
    found = {
        "low light": results["light"] < at["light"],
        "compression": results["blocks"] > at["blocks"],
        "glare": results["clipped"] > at["clipped"],
        "few pixels": results["height"] < at["height"],
        "blur": results["sharpness"] < at["sharpness"],
        "lost spot": results["char_confidences"].map(_lost_spot),
        "look-alikes": [all_alike(_swapped(*pair) or ()) for pair in _pairs(results)],
        "format violation": [plate.misfit(text) is not None for text in results["unmasked"].fillna("")],
    }
    table = pd.DataFrame(found, index=results.index).astype(bool)
    table.attrs["rules"] = _rules(at)
    return table


def _rules(at: dict[str, float]) -> dict[str, str]:
    """The rules in words, with their thresholds."""
    words = dict.fromkeys(at, "(no right track to go by)")
    for name, limit in at.items():
        if np.isfinite(limit):
            words[name] = f"{limit:.{0 if name == 'height' else 2}f}"
    return {f.name: f.rule.format(**words, tail=TAIL, sure=SURE) for f in FAILURES}


def failure_shares(results: pd.DataFrame, classes: pd.DataFrame, plate: PlateFormat = BRAZIL) -> pd.DataFrame:
    """How often each class is found among wrong tracks, and how often it was to be expected: one row a class.

    classes: from `classify_failures`. Columns: ``rule``; ``tracks``, the wrong ones of the class; ``wrong``,
    ``expected`` and ``more`` (wrong − expected), each with its ``_low`` and ``_high`` (95 % over plates); ``reported``,
    what the report says; ``verdict`` in words. Classes overlap, so shares do not add up to 1; the last row counts the
    tracks of `NONE`.
    """
    right = _right(results).to_numpy()
    flags = {name: classes[name].to_numpy() for name in classes} | {NONE: ~classes.any(axis=1).to_numpy()}
    told = {f.name: f for f in FAILURES} | {NONE: Failure(NONE, None, "")}
    rows = {}
    for name, flag in flags.items():
        chance = _chances(results, plate) if name == "look-alikes" else None
        found = columns_of(results, _metrics(flag.astype(float), right.astype(float), chance))
        rows[name] = {
            "rule": classes.attrs["rules"].get(name, ""),
            "tracks": int((flag & ~right).sum()),
            **found,
            "reported": told[name].reported,
            "verdict": "" if name == NONE else _verdict(found),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("failure")


def failure_examples(results: pd.DataFrame, classes: pd.DataFrame, n: int = 1) -> pd.DataFrame:
    """Of each class the n wrong tracks that show the fewest others, for `plots.track_sheet` with ``problems=True``.

    No track stands for two classes; a class without such a track has no row.
    """
    wrong = classes[~_right(results)]
    purest = wrong.loc[wrong.sum(axis=1).sort_values(kind="stable").index]
    chosen: dict = {}
    for name in [*classes, NONE]:
        shows = purest[name] if name != NONE else ~purest.any(axis=1)
        left = [row for row in purest.index[shows] if row not in chosen]
        chosen |= dict.fromkeys(left[:n], name)
    found = results.loc[list(chosen)]
    return found.assign(problems=[[name] for name in chosen.values()])


def all_alike(pairs: Iterable[tuple[str, str]]) -> bool:
    """Whether there are wrong characters (true, read), and each looks like the true one."""
    pairs = list(pairs)
    return bool(pairs) and all(alike(*pair) for pair in pairs)


def _right(results: pd.DataFrame) -> pd.Series:
    return results["text"] == results["reading"]


def _pairs(results: pd.DataFrame) -> zip:
    return zip(results["text"], results["reading"].fillna(""), strict=True)


def _swapped(text: str, reading: str) -> list[tuple[str, str]] | None:
    """The wrong characters (true, read); None where the lengths differ, so that places cannot be compared."""
    if len(text) != len(reading):
        return None
    return [(true, read) for true, read in zip(text, reading, strict=True) if true != read]


def _lost_spot(confidences: Sequence[float]) -> bool:
    unsure = np.flatnonzero(np.asarray(confidences, float) < SURE)
    return len(unsure) > 0 and unsure[-1] - unsure[0] <= 1


def _chances(results: pd.DataFrame, plate: PlateFormat) -> np.ndarray:
    """How likely each track's wrong characters would all be look-alikes of the true ones, were they drawn at random
    from the digits or from the letters, as each of them is one; float64 [tracks], 0 where nothing can be compared.
    """
    chances = []
    for text, reading in _pairs(results):
        swapped = _swapped(text, reading) or []
        shares = [_share_alike(true, plate.allowed("D" if read.isdigit() else "L")) for true, read in swapped]
        chances.append(float(np.prod(shares)) if shares else 0.0)
    return np.array(chances)


def _share_alike(true: str, drawn_from: str) -> float:
    others = [character for character in drawn_from if character != true]
    return sum(alike(true, other) for other in others) / max(len(others), 1)


def _metrics(flag: np.ndarray, right: np.ndarray, chance: np.ndarray | None) -> dict[str, Metric]:
    """The shares among wrong tracks and elsewhere, and their difference on the same resamples."""
    wrong = 1 - right
    here = np.stack([flag * wrong, wrong], axis=1)
    there = np.stack([flag * right, right] if chance is None else [chance * wrong, wrong], axis=1)
    both = np.hstack([here, there])
    ratio, gap = recognition_rate.combine, confidence_gap.combine
    return {
        "wrong": Metric(lambda _: here, ratio, True),
        "expected": Metric(lambda _: there, ratio, True),
        "more": Metric(lambda _: both, gap),
    }


def _verdict(found: dict[str, float]) -> str:
    if not np.isfinite(found["more"]):
        return "cannot be told"
    if found["wrong"] == 0:
        return "never seen here"
    if found["more_low"] > 0:
        return "more often than expected"
    return "less often than expected" if found["more_high"] < 0 else "as often as elsewhere: explains nothing"
