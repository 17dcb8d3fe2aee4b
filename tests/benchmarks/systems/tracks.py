"""The tracks that all systems learn from, and those that they are tried on: drawn and packed once, for all rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.fresh import FreshTracks

if TYPE_CHECKING:
    from lpr_helpers.data.track_data import TrackData

SYNTHETIC = "synthetic"
TESTS = {
    f"{SYNTHETIC} {scenario}": FreshTracks(1_000, seed=30 + number, scenarios=(scenario,), free=0.0)
    for number, scenario in enumerate("AB", 1)
}
"""Plates that nobody learns from; their layouts are known to every system."""


@dataclass(frozen=True)
class Sizes:
    """How many synthetic tracks there are: to learn from, to choose by, and of each scenario to be tried on."""

    train: int = 25_000
    validation: int = 400
    test: int = 1_000


def training_tracks(sizes: Sizes, work: Path) -> TrackData:
    """The tracks of every `Budget`, drawn into a folder of ``work`` where they are not there yet."""
    from lpr_helpers.training.model_card import TRAIN, VALIDATION
    from lpr_helpers.training.pretraining import drawn_data

    streams = {
        "train": replace(TRAIN, tracks=sizes.train),
        "val": replace(VALIDATION, tracks=sizes.validation),
    }
    return drawn_data(streams, work / f"tracks-{sizes.train}-{sizes.validation}", progress=False)


def tracks_to_read(sizes: Sizes, work: Path, real: Sequence[str] = ()) -> dict[str, TrackData]:
    """What all systems are tried on, by name: both synthetic scenarios, and each layout of folders of real tracks.

    real: folders of tracks (track_…/annotations.json and lr-…), each as FOLDER or NAME=FOLDER. SystemExit where a
    folder holds none.
    """
    from lpr_helpers.training.pretraining import drawn_data

    found = {}
    for name, stream in TESTS.items():
        drawn = drawn_data(
            {"test": replace(stream, tracks=sizes.test)}, work / _folder(name, sizes.test), False
        )
        scenario = name.removeprefix(f"{SYNTHETIC} ")
        table = drawn.table.assign(
            layout=[layout_of(text) for text in drawn.table["text"]], scenario=scenario
        )
        found[name] = replace(drawn, table=table)
    for told in real:
        name, _, folder = told.rpartition("=")
        found |= _real_tracks(name or Path(folder).name, Path(folder), work)
    return found


def layout_of(text: str) -> str:
    """The layout that a drawn plate's text fits."""
    return next(name for name in BRAZIL.layouts if BRAZIL.misfit(text, name) is None)


def _real_tracks(name: str, folder: Path, work: Path) -> dict[str, TrackData]:
    from lpr_helpers.data.frames import pack
    from lpr_helpers.data.track_data import TrackData

    found = {}
    tracks = pd.DataFrame(_labelled(folder), columns=["track_id", "layout", "text", "lr"])
    if tracks.empty:
        raise SystemExit(f"{folder} holds no track_… folders; give one that does, or leave it out of --real")
    for layout, some in tracks.groupby("layout"):
        table = some.reset_index(drop=True).assign(
            layout=layout if layout in BRAZIL.layouts else "",
            split="test",
            folder=str(folder),
            scenario="",
            trainable=True,
            hr=[[]] * len(some),
        )
        kind = f"{name}, {layout}"
        found[kind] = TrackData(table, BRAZIL, pack(table, work / _folder(kind, len(table)), progress=False))
    return found


def _labelled(folder: Path) -> Iterator[tuple[str, str, str, list[Path]]]:
    from tests.benchmarks.synthetic import labelled

    for layout, text, files in labelled(folder):
        yield files[0].parent.name, layout, text, files


def _folder(name: str, count: int) -> str:
    return "-".join(["tests", *name.lower().replace(",", "").split(), str(count)])
