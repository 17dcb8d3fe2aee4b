"""Choosing how to read the test tracks: readers, ways to join frames and layouts, side by side on validation tracks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from lpr_helpers.decoding.ensembles import ensemble
from lpr_helpers.decoding.fusion import fuse, methods
from lpr_helpers.decoding.readings import FrameReadings
from lpr_helpers.decoding.slot_fusion import track_slots
from lpr_helpers.decoding.slot_reading import weigh_prior
from lpr_helpers.decoding.text_prior import TextPrior
from lpr_helpers.evaluation.bootstrap import readable
from lpr_helpers.evaluation.metrics import summary
from lpr_helpers.inference.results import results_table
from lpr_helpers.plates import PlateFormat

FUSIONS = ("majority", "log_sum", "joint")
"""The fusion methods that are compared: the report's, ours for single frames, and a reader of whole tracks' own."""
SHOWN = ("recognition rate", "character accuracy", "confidence gap")


@dataclass(frozen=True)
class Choice:
    """One way to read tracks.

    readers: names, several for an ensemble. fusion, prior: see `fusion.fuse`. layouts: "any", or None for any character
    at any place.
    """

    readers: tuple[str, ...]
    fusion: str
    layouts: str | None = "any"
    prior: TextPrior | None = None

    def __str__(self) -> str:
        imposed = "the likelier layout" if self.layouts else "no layout"
        known = f", a text prior of weight {self.prior.weight:g}" if self.prior else ""
        return f"{' + '.join(self.readers)}, {self.fusion}, {imposed}{known}"


def choices(frames_of: Mapping[str, FrameReadings]) -> list[Choice]:
    """What to compare: each reader with the `FUSIONS` that it has, its last way without layouts, and all together.

    frames_of: what each reader makes of the same tracks, by its name.
    """
    found = []
    for name, frames in frames_of.items():
        ways = [way for way in FUSIONS if way in methods(frames)]
        found += [Choice((name,), way) for way in reversed(ways)] + [Choice((name,), ways[-1], None)]
    return found + ([Choice(tuple(frames_of), "joint")] if len(frames_of) > 1 else [])


def with_prior(
    choice: Choice, frames_of: Mapping[str, FrameReadings], table: pd.DataFrame, prior: TextPrior
) -> Choice:
    """The same way to read with a text prior, whose weight is chosen on these validation tracks (`weigh_prior`)."""
    slots = track_slots(_frames(choice, frames_of))
    return replace(choice, prior=weigh_prior(prior, slots, table["text"].tolist())[0])


def read_by(
    choice: Choice, frames_of: Mapping[str, FrameReadings], table: pd.DataFrame, plate: PlateFormat
) -> pd.DataFrame:
    """The results, as `results.results_table`, of reading the tracks of ``table`` in the way that was chosen."""
    frames = _frames(choice, frames_of)
    readings = fuse(frames, choice.fusion, plate=plate, layouts=choice.layouts, prior=choice.prior)
    return results_table(table, frames, readings)


def _frames(choice: Choice, frames_of: Mapping[str, FrameReadings]) -> FrameReadings:
    members = [frames_of[name] for name in choice.readers]
    return members[0] if len(members) == 1 else ensemble(members)


def validation_table(results: Mapping[Choice, pd.DataFrame]) -> pd.DataFrame:
    """What each choice reads, for the eye: one row each, with 95 % intervals over plates."""
    rows = []
    for choice, table in results.items():
        figures = readable(summary(table))["value"]
        names = {"readers": " + ".join(choice.readers), "fusion": choice.fusion}
        names |= {"layout": "likelier" if choice.layouts else "any text"}
        names |= {"prior": f"weight {choice.prior.weight:g}" if choice.prior else ""}
        rows.append(names | dict(figures[list(SHOWN)]))
    return pd.DataFrame(rows)


def best_choice(results: Mapping[Choice, pd.DataFrame]) -> Choice:
    """The choice that reads most validation plates; of equal ones the one with the wider gap, then the first."""
    return max(results, key=lambda choice: _rank(results[choice]))


def _rank(results: pd.DataFrame) -> tuple[float, float]:
    figures = summary(results)["value"]
    return figures["recognition rate"], figures["confidence gap"]
