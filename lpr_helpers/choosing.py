"""Choosing how to read the test tracks: readers, ways to join frames and layouts, side by side on validation tracks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from lpr_helpers.bootstrap import readable
from lpr_helpers.checkpoints import SHIPPED, Recogniser, load_recogniser
from lpr_helpers.data import training_data
from lpr_helpers.decoding import FrameReadings
from lpr_helpers.evaluation import summary
from lpr_helpers.files import standing
from lpr_helpers.fusion import ensemble, fuse, methods
from lpr_helpers.plates import PlateFormat
from lpr_helpers.reading import recognise, results_table
from lpr_helpers.settings import Settings

WAYS = ("majority", "log_sum", "joint")
"""The fusion methods that are compared: the report's, ours for single frames, and a reader of whole tracks' own."""
SHOWN = ("recognition rate", "character accuracy", "confidence gap")


@dataclass(frozen=True)
class Choice:
    """One way to read tracks. readers: names, several for an ensemble. fusion: see `fusion.fuse`. layouts: "any", or
    None for any character at any place."""

    readers: tuple[str, ...]
    fusion: str
    layouts: str | None = "any"

    def __str__(self) -> str:
        return f"{' + '.join(self.readers)}, {self.fusion}, {'the likelier layout' if self.layouts else 'no layout'}"


def readers_at_hand(settings: Settings) -> dict[str, Recogniser]:
    """The best checkpoints of both phases and the reader in the package, those that are there, by name.

    The package's is left out where it reads other plates than the first of them.
    """
    runs = {run.name: run / "best" for run in (settings.phase2, settings.phase1)}
    found = {name: load_recogniser(folder) for name, folder in runs.items() if standing(folder)}
    shipped = load_recogniser(SHIPPED)
    plates = {(reader.plate.alphabet, reader.plate.length) for reader in found.values()}
    if plates <= {(shipped.plate.alphabet, shipped.plate.length)}:
        found["package"] = shipped
    return found


def choices(seen: Mapping[str, FrameReadings]) -> list[Choice]:
    """What to compare: each reader with the `WAYS` that it has, its last way without layouts, and all together.

    seen: what each reader makes of the same tracks.
    """
    found = []
    for name, frames in seen.items():
        ways = [way for way in WAYS if way in methods(frames)]
        found += [Choice((name,), way) for way in reversed(ways)] + [Choice((name,), ways[-1], None)]
    return found + ([Choice(tuple(seen), "joint")] if len(seen) > 1 else [])


def read(choice: Choice, seen: Mapping[str, FrameReadings], table: pd.DataFrame, plate: PlateFormat):
    """The results, as `reading.results_table`, of reading the tracks of ``table`` in the way that was chosen."""
    members = [seen[name] for name in choice.readers]
    frames = members[0] if len(members) == 1 else ensemble(members)
    return results_table(table, frames, fuse(frames, choice.fusion, plate=plate, layouts=choice.layouts))


def on_validation(
    readers: Mapping[str, Recogniser], settings: Settings, *, views: int = 1, progress: bool = True
) -> dict[Choice, pd.DataFrame]:
    """How each of the `choices` reads the validation tracks: results by choice, in that order.

    views: looks at each track, see `views`.
    """
    seen = {}
    for name, reader in readers.items():
        data = training_data(settings, colour=reader.colour, progress=progress)
        rows, plate = data.rows("val"), data.plate
        seen[name] = recognise(reader, data.lr, rows, views=views, progress=progress)
        table = data.table.iloc[rows]
    return {choice: read(choice, seen, table, plate) for choice in choices(seen)}


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


def best(results: Mapping[Choice, pd.DataFrame]) -> Choice:
    """The choice that reads most validation plates; of equal ones the one with the wider gap, then the first."""
    return max(results, key=lambda choice: _rank(results[choice]))


def _rank(results: pd.DataFrame) -> Sequence[float]:
    figures = summary(results)["value"]
    return figures["recognition rate"], figures["confidence gap"]
