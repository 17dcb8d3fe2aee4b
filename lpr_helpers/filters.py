"""Choosing tracks from a table of results: by text, kind of error, layout, scenario and confidence."""

from __future__ import annotations

import re

import pandas as pd
from rapidfuzz.distance import Levenshtein

KINDS = ("all", "right", "wrong", "one wrong", "several wrong")
SORTS = {
    "least certain first": (["confidence", "track_id"], [True, True]),
    "most certain first": (["confidence", "track_id"], [False, True]),
    "most wrong characters first": (["wrong", "confidence", "track_id"], [False, False, True]),
    "track": (["track_id"], [True]),
}


def select(
    results: pd.DataFrame,
    *,
    reading_pattern: str = "",
    truth_pattern: str = "",
    kind: str = "all",
    layout: str | None = None,
    scenario: str | None = None,
    confidence: tuple[float, float] = (0.0, 1.0),
    sort: str = "least certain first",
) -> pd.DataFrame:
    """The rows of ``results`` that meet every condition, sorted.

    Parameters
    ----------
    results: one row a track, with `track_id`, `text`, `reading`, `confidence`, `layout` and `scenario`.
    reading_pattern, truth_pattern: part of the text in either letter case; with ``?`` (one character) or ``*``
        (any number) the pattern stands for the whole text. Every other character means itself; "" lets all pass.
    kind: one of `KINDS`; tracks of unknown text are neither right nor wrong and pass "all" only.
    layout, scenario: only this one; None lets all pass, "" asks for the unknown ones.
    confidence: lowest and highest, both included; tracks without a confidence always pass.
    sort: one of `SORTS`; tracks without the value sorted by come last.

    Returns the chosen rows under their own index, with the column `wrong` of `wrong_characters` added.

    Raises
    ------
    ValueError: an unknown ``kind`` or ``sort``.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; use one of {', '.join(KINDS)}")
    if sort not in SORTS:
        raise ValueError(f"unknown order {sort!r}; use one of {', '.join(SORTS)}")
    wrong = results["wrong"] if "wrong" in results else wrong_characters(results)
    low, high = confidence
    keep = ~((results["confidence"] < low) | (results["confidence"] > high))
    keep &= _matches(_texts(results, "reading"), reading_pattern) & _matches(
        _texts(results, "text"), truth_pattern
    )
    if kind != "all":
        keep &= {
            "right": wrong == 0,
            "wrong": wrong > 0,
            "one wrong": wrong == 1,
            "several wrong": wrong > 1,
        }[kind]
    for column, value in (("layout", layout), ("scenario", scenario)):
        if value is not None:
            keep &= _texts(results, column) == value
    columns, ascending = SORTS[sort]
    return results.assign(wrong=wrong)[keep].sort_values(columns, ascending=ascending, kind="stable")


def wrong_characters(results: pd.DataFrame) -> pd.Series:
    """Levenshtein distance between `text` and `reading` of each track, float64; NaN where the text is unknown."""
    pairs = zip(_texts(results, "text"), _texts(results, "reading"), strict=True)
    distances = [Levenshtein.distance(text, reading) if text else float("nan") for text, reading in pairs]
    return pd.Series(distances, index=results.index, dtype="float64", name="wrong")


def _texts(results: pd.DataFrame, column: str) -> pd.Series:
    """A column of texts in which "" stands for unknown: a table read back from a CSV file holds NaN there."""
    return results[column].fillna("").astype(str)


def _matches(texts: pd.Series, pattern: str) -> pd.Series:
    """Whether each text matches ``pattern``, bool, under the index of ``texts``."""
    pattern = pattern.strip()
    if not pattern:
        return pd.Series(True, index=texts.index)
    pattern = re.sub(r"\*+", "*", pattern)  # a row of stars would take exponential time to fail
    wild = {"?": ".", "*": ".*"}
    found = re.compile("".join(wild.get(c, re.escape(c)) for c in pattern), re.IGNORECASE | re.DOTALL)
    test = found.fullmatch if set(pattern) & set(wild) else found.search
    return pd.Series([test(text) is not None for text in texts], index=texts.index, dtype=bool)
