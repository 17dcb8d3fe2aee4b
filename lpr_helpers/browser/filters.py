"""Choosing tracks from a table of results: by text, error, confused characters, layout, confidence, annotation."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain

import numpy as np
import pandas as pd
from rapidfuzz.distance import Levenshtein

from lpr_helpers.evaluation.failures import all_alike

LAYOUT_MISREAD = "layout misread"
KINDS = ("all", "right", "wrong", "one wrong", "several wrong", "look-alikes only", LAYOUT_MISREAD)
ANNOTATED = ("all", "any", "flagged", "relabelled", "noted", "none")
SORTS = {
    "least certain first": (["confidence", "track_id"], [True, True]),
    "most certain first": (["confidence", "track_id"], [False, True]),
    "most wrong characters first": (["wrong", "confidence", "track_id"], [False, False, True]),
    "track": (["track_id"], [True]),
}

_TESTS = {
    "right": lambda results: results["wrong"] == 0,
    "wrong": lambda results: results["wrong"] > 0,
    "one wrong": lambda results: results["wrong"] == 1,
    "several wrong": lambda results: results["wrong"] > 1,
    "look-alikes only": lambda results: results["confusions"].map(all_alike).astype(bool),
    LAYOUT_MISREAD: lambda results: _layout_misread(results),  # noqa: PLW0108 - it is defined below
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
    distance: tuple[int, int] | None = None,
    confused: tuple[str, str] = ("", ""),
    annotation: str = "all",
    sort: str = "least certain first",
) -> pd.DataFrame:
    """The rows of ``results`` that meet every condition, sorted.

    Parameters
    ----------
    results: one row a track, with `track_id`, `text`, `reading`, `confidence`, `layout` and `scenario`; whoever asks
        often gives it the columns of `with_distances` first.
    reading_pattern, truth_pattern: part of the text in either letter case; with ``?`` (one character) or ``*``
        (any number) the pattern stands for the whole text. Every other character means itself; "" lets all pass.
    kind: one of `KINDS`; tracks of unknown text are neither right nor wrong and pass "all" only. "look-alikes only":
        each wrong character stands with the true one in `look_alikes.LOOK_ALIKES`; "layout misread": `read_layout` is
        another than `layout`, both known.
    layout, scenario: only this one; None lets all pass, "" asks for the unknown ones.
    confidence: lowest and highest, both included; tracks without a confidence always pass.
    distance: fewest and most edits from truth to reading (Levenshtein), both included; tracks of unknown text pass
        None only.
    confused: a true character and the one it was read as, as `confusions` has them; "" stands for any.
    annotation: one of `ANNOTATED`, by the columns of `annotations.with_annotations`; "any" and "none" ask whether there
    is one.
    sort: one of `SORTS`; tracks without the value sorted by come last.

    Returns the chosen rows under their own index, with the columns of `with_distances`.

    Raises
    ------
    ValueError: an unknown ``kind``, ``annotation`` or ``sort``, or an annotation asked of results without those
    columns.
    """
    for value, choices, name in (
        (kind, KINDS, "kind"),
        (annotation, ANNOTATED, "annotation"),
        (sort, SORTS, "order"),
    ):
        if value not in choices:
            raise ValueError(f"unknown {name} {value!r}; use one of {', '.join(choices)}")
    results = with_distances(results)
    low, high = confidence
    keep = ~((results["confidence"] < low) | (results["confidence"] > high))
    keep &= _matches(_texts(results, "reading"), reading_pattern)
    keep &= _matches(_texts(results, "text"), truth_pattern)
    if kind != "all":
        keep &= _TESTS[kind](results)
    if distance is not None:
        keep &= results["wrong"].between(*distance)
    for column, wanted in (("layout", layout), ("scenario", scenario)):
        if wanted is not None:
            keep &= _texts(results, column) == wanted
    if any(confused):
        keep &= np.array(
            [any(_fits(pair, confused) for pair in pairs) for pairs in results["confusions"]], bool
        )
    if annotation != "all":
        keep &= _annotated_as(results, annotation)
    columns, ascending = SORTS[sort]
    return results[keep].sort_values(columns, ascending=ascending, kind="stable")


def with_distances(results: pd.DataFrame) -> pd.DataFrame:
    """The results with how far each reading is from the truth; columns that are there already stay as they are.

    New: ``wrong`` (Levenshtein distance, float64, NaN where the text is unknown) and ``confusions`` (see `confusions`).
    """
    if {"wrong", "confusions"} <= set(results):
        return results
    pairs = list(zip(_texts(results, "text"), _texts(results, "reading"), strict=True))
    wrong = pd.Series([edits(*pair) for pair in pairs], results.index, dtype="float64")
    swapped = pd.Series([confusions(*pair) for pair in pairs], results.index, dtype=object)
    return results.assign(
        **{"wrong": wrong, "confusions": swapped, **results.filter(["wrong", "confusions"])}
    )


def edits(text: str, reading: str) -> float:
    """Levenshtein distance of truth and reading; NaN where the text is unknown, ""."""
    return float(Levenshtein.distance(text, reading)) if text else float("nan")


def confusions(text: str, reading: str) -> tuple[tuple[str, str], ...]:
    """The different pairs (true, read) of characters that differ at one place, sorted.

    As in `evaluation.confusion`, whose cells these are, none where truth and reading differ in length: places cannot
    be compared then.
    """
    if len(text) != len(reading):
        return ()
    return tuple(sorted({(t, r) for t, r in zip(text, reading, strict=True) if t != r}))


def cells(results: pd.DataFrame) -> dict[tuple[str, str], int]:
    """How many tracks hold each confusion (true, read), the most frequent first; from the column `confusions`."""
    counts = Counter(chain.from_iterable(results["confusions"]))
    return dict(sorted(counts.items(), key=lambda cell: (-cell[1], cell[0])))


def _layout_misread(results: pd.DataFrame) -> pd.Series:
    """Whether each track of known text was read in another layout than its own, bool; never where one is unknown."""
    if "read_layout" not in results:
        return pd.Series(False, index=results.index)
    true, read = _texts(results, "layout"), _texts(results, "read_layout")
    return (true != read) & (true != "") & (read != "") & results["wrong"].notna()


def _fits(pair: tuple[str, str], wanted: tuple[str, str]) -> bool:
    return all(one in ("", other) for one, other in zip(wanted, pair, strict=True))


def _annotated_as(results: pd.DataFrame, annotation: str) -> pd.Series:
    """Whether each track has an annotation of a kind, bool."""
    if not {"flagged", "label", "note"} <= set(results):
        raise ValueError(
            f"annotation is {annotation!r}, but the results carry no annotations; add them with `with_annotations`"
        )
    has = {
        "flagged": results["flagged"].astype(bool),
        "relabelled": results["label"] != "",
        "noted": results["note"] != "",
    }
    some = has["flagged"] | has["relabelled"] | has["noted"]
    return {**has, "any": some, "none": ~some}[annotation]


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
