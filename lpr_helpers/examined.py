"""The tracks whose errors notebook 04 examines: those of the validation, and all others that nobody trained on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lpr_helpers.bootstrap import readable
from lpr_helpers.checkpoints import Recogniser
from lpr_helpers.corrections import remarked
from lpr_helpers.data import open_split, packed
from lpr_helpers.decoding import FrameReadings
from lpr_helpers.evaluation import summary
from lpr_helpers.fusion import fuse, methods
from lpr_helpers.plates import PlateFormat
from lpr_helpers.reading import recognise, results_table
from lpr_helpers.settings import Settings
from lpr_helpers.synthetic import write_dataset
from lpr_helpers.tracks import read_tracks
from lpr_helpers.validation import TrainingData

MORE = {"tiny": (6, 12), "demo": (120, 520), "full": (0, 0)}
"""Tracks of Scenario A and B drawn besides, by profile, where the data are drawn anyway: few errors explain nothing."""
SHOWN = ("recognition rate", "character accuracy", "ECE", "confidence gap")
SPLITS = ("val", "more", "held_out")


def examined(settings: Settings, *, colour: bool = False, progress: bool = True) -> TrainingData:
    """All labelled tracks that no phase was trained on, with their packed frames.

    Their split is one of `SPLITS`: "val", the validation tracks. "more", fresh tracks of Scenario B, where the data are
    the demo's; nothing was chosen on them. "held_out", other tracks, mostly of Scenario A: those that show a validation
    plate, and fresh ones. Tracks that were flagged in the error browser are not trainable, see `corrections`.
    """
    tracks = remarked(open_split(settings, progress), settings.remarks)
    table = tracks.table[tracks.table["split"].isin(SPLITS)]
    if settings.data is None and any(MORE[settings.profile.name]):
        more = _drawn(settings, progress)
        table = pd.concat([table, more[~more["text"].isin(tracks.table["text"])]])
    table = table.sort_values("split", key=lambda names: names.map(SPLITS.index), kind="stable")
    table = table.reset_index(drop=True)
    lr = packed(settings, table, "examined-lr", colour=colour, progress=progress)
    return TrainingData(table, tracks.plate, lr)


def _drawn(settings: Settings, progress: bool) -> pd.DataFrame:
    """Tracks drawn like the demo data, from another seed, with names of their own."""
    root, seed = settings.scratch / "more-data", settings.profile.phase1.seed + 1
    write_dataset(root, train=MORE[settings.profile.name], test=0, seed=seed, progress=progress)
    cache = settings.scratch / "cache" / "more-tracks.jsonl"
    table = read_tracks(root, cache=cache, progress=progress).table
    names = table["track_id"].str.replace("track", "more", regex=False)
    return table.assign(track_id=names, split=np.where(table["scenario"] == "A", "held_out", "more"))


def read(
    recogniser: Recogniser, data: TrainingData, rows: np.ndarray, *, progress: bool = True
) -> tuple[pd.DataFrame, FrameReadings | None]:
    """How the tracks ``rows`` are read, as `reading.results_table` with a column ``split``; and what of each frame.

    The layout is not given away. An empty table and None for no rows.
    """
    if not len(rows):
        return pd.DataFrame(), None
    frames = recognise(recogniser, data.lr, rows, progress=progress)
    told = data.table.iloc[rows]
    results = results_table(told, frames, fuse(frames, plate=data.plate, layouts="any"))
    return results.assign(split=told["split"].to_numpy()), frames


def by_method(results: pd.DataFrame, frames: FrameReadings, plate: PlateFormat) -> pd.DataFrame:
    """The headline numbers of each way to join the frames, for the eye: a row a method of `fusion.methods`.

    results, frames: of the same tracks, from `read`.
    """
    rows = {}
    for method in methods(frames):
        told = fuse(frames, method, plate=plate, layouts="any")
        joined = results.assign(reading=told.texts, confidence=told.confidence.double().tolist())
        rows[method] = readable(summary(joined).loc[list(SHOWN)])["value"]
    return pd.DataFrame(rows).T.rename_axis("method")
