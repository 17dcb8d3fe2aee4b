"""Choosing how to read the test tracks: readers, ways to join frames and layouts, side by side on validation tracks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lpr_helpers.decoding.ensembles import ensemble
from lpr_helpers.decoding.fusion import fuse, methods
from lpr_helpers.decoding.readings import FrameReadings
from lpr_helpers.evaluation.bootstrap import readable
from lpr_helpers.evaluation.metrics import summary
from lpr_helpers.inference.results import results_table
from lpr_helpers.plates import PlateFormat

FUSIONS = ("majority", "log_sum", "joint")
"""The fusion methods that are compared: the report's, ours for single frames, and a reader of whole tracks' own."""
SHOWN = ("recognition rate", "character accuracy", "confidence gap")


@dataclass(frozen=True)
class Choice:
    """One way to read tracks. readers: names, several for an ensemble. fusion: see `fusion.fuse`. layouts: "any", or
    None for any character at any place.
    """

    readers: tuple[str, ...]
    fusion: str
    layouts: str | None = "any"

    def __str__(self) -> str:
        return f"{' + '.join(self.readers)}, {self.fusion}, {'the likelier layout' if self.layouts else 'no layout'}"


def choices(frames_of: Mapping[str, FrameReadings]) -> list[Choice]:
    """What to compare: each reader with the `FUSIONS` that it has, its last way without layouts, and all together.

    frames_of: what each reader makes of the same tracks, by its name.
    """
    found = []
    for name, frames in frames_of.items():
        ways = [way for way in FUSIONS if way in methods(frames)]
        found += [Choice((name,), way) for way in reversed(ways)] + [Choice((name,), ways[-1], None)]
    return found + ([Choice(tuple(frames_of), "joint")] if len(frames_of) > 1 else [])


def read_by(
    choice: Choice, frames_of: Mapping[str, FrameReadings], table: pd.DataFrame, plate: PlateFormat
) -> pd.DataFrame:
    """The results, as `results.results_table`, of reading the tracks of ``table`` in the way that was chosen."""
    members = [frames_of[name] for name in choice.readers]
    frames = members[0] if len(members) == 1 else ensemble(members)
    return results_table(table, frames, fuse(frames, choice.fusion, plate=plate, layouts=choice.layouts))


def validation_table(results: Mapping[Choice, pd.DataFrame]) -> pd.DataFrame:
    """What each choice reads, for the eye: one row each, with 95 % intervals over plates."""
    rows = []
    for choice, table in results.items():
        figures = readable(summary(table))["value"]
        names = {"readers": " + ".join(choice.readers), "fusion": choice.fusion}
        rows.append(
            names | {"layout": "likelier" if choice.layouts else "any text"} | dict(figures[list(SHOWN)])
        )
    return pd.DataFrame(rows)


def best_choice(results: Mapping[Choice, pd.DataFrame]) -> Choice:
    """The choice that reads most validation plates; of equal ones the one with the wider gap, then the first."""
    return max(results, key=lambda choice: _rank(results[choice]))


def _rank(results: pd.DataFrame) -> tuple[float, float]:
    figures = summary(results)["value"]
    return figures["recognition rate"], figures["confidence gap"]
