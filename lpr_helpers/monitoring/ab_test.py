"""Two readers on the same stream: how often they agree, and, where the truth is known, which one reads more."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from lpr_helpers.evaluation.comparison import Comparison, compare


@dataclass(frozen=True)
class AbTest:
    """What two readers made of the same tracks.

    tracks: how many both were given. agreed: how many they read alike. apart: a row for each other, with ``folder``,
    ``reading_1``, ``confidence_1``, ``reading_2``, ``confidence_2``; the ones that a human should read first are those
    of which both are sure. judged: the paired test on the tracks whose truth is known; None where none is.
    """

    names: tuple[str, str]
    tracks: int
    agreed: int
    apart: pd.DataFrame
    judged: Comparison | None

    def __str__(self) -> str:
        share = self.agreed / self.tracks if self.tracks else 0.0
        head = f"{self.tracks:,} tracks, of which {self.agreed:,} are read alike ({share:.1%})."
        unknown = (
            "No truth is known: label those that are read apart, or some at random, to learn which is right."
        )
        return f"{head}\n{self.judged or unknown}"


def compare_streams(
    first: pd.DataFrame, second: pd.DataFrame, names: tuple[str, str], truth: pd.DataFrame | None = None
) -> AbTest:
    """Compare two tables of readings (`inference.load_readings`) of the same tracks.

    truth: ``folder`` and ``text`` of some of the tracks. The test is paired, over plates: `evaluation.compare`.

    A truth that was looked for only where the two differ tells who is right there, and not how often either is right.
    Raises ValueError where the tables hold different tracks.
    """
    for table, name in zip((first, second), names, strict=True):
        if table["folder"].duplicated().any():
            raise ValueError(f"{name} holds a track twice")
    if set(first["folder"]) != set(second["folder"]):
        raise ValueError(
            f"{names[0]} and {names[1]} hold different tracks; read the same folder with both readers"
        )
    columns = ["folder", "reading", "confidence"]
    both = first[columns].merge(second[columns], on="folder", suffixes=("_1", "_2"))
    unlike = both[both["reading_1"] != both["reading_2"]]
    order = unlike[["confidence_1", "confidence_2"]].min(axis=1).sort_values(ascending=False).index
    apart = unlike.loc[order].reset_index(drop=True)
    return AbTest(names, len(both), len(both) - len(unlike), apart, _judged(first, second, names, truth))


def _judged(
    first: pd.DataFrame, second: pd.DataFrame, names: tuple[str, str], truth: pd.DataFrame | None
) -> Comparison | None:
    if truth is None:
        return None
    known = truth.loc[truth["text"] != "", ["folder", "text"]]
    one, other = (
        table[["folder", "reading", "confidence"]]
        .merge(known, on="folder")
        .rename(columns={"folder": "track_id"})
        for table in (first, second)
    )
    return compare(one, other, names) if len(one) else None
