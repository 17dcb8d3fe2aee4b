"""The tracks whose errors notebook 04 examines: those of the validation, and all others that nobody trained on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.data.label_edits import annotated
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.data.tracks import read_tracks
from lpr_helpers.notebook.datasets import DEMO, open_split, packed
from lpr_helpers.notebook.settings import Settings
from lpr_helpers.synthetic.dataset import write_dataset

MORE = {"tiny": (6, 12), "demo": (300, 800), "full": (0, 0)}
"""Tracks of Scenario A and B drawn besides, by profile, where the data are drawn anyway: few errors explain nothing."""
SPLITS = ("val", "more", "held_out")


def load_evaluation_set(
    settings: Settings, *, frame_format: FrameFormat | None = None, progress: bool = True
) -> TrackData:
    """All labelled tracks that no phase was trained on, with their packed frames, made as ``frame_format`` says.

    Their split is one of `SPLITS`: "val", the validation tracks. "more", fresh tracks of Scenario B, where the data are
    the demo's; nothing was chosen on them. "held_out", other tracks, mostly of Scenario A: those that show a validation
    plate, and fresh ones. Tracks that were flagged in the error browser are not trainable, see `label_edits`.
    """
    tracks = annotated(open_split(settings, progress), settings.annotations)
    table = tracks.table[tracks.table["split"].isin(SPLITS)]
    if settings.data is None and any(MORE[settings.profile.name]):
        more = _drawn(settings, progress)
        table = pd.concat([table, more[~more["text"].isin(tracks.table["text"])]])
    table = table.sort_values("split", key=lambda names: names.map(SPLITS.index), kind="stable")
    table = table.reset_index(drop=True)
    lr = packed(settings, table, "evaluation-lr", frame_format=frame_format, progress=progress)
    return TrackData(table, tracks.plate, lr)


def _drawn(settings: Settings, progress: bool) -> pd.DataFrame:
    """Tracks drawn like the demo data, from another seed, with names of their own."""
    root, seed = settings.scratch / "more-data", settings.profile.phase1.seed + 1
    train = MORE[settings.profile.name]
    write_dataset(root, train=train, test=0, seed=seed, progress=progress, recipe=DEMO)
    cache = settings.scratch / "cache" / "more-tracks.jsonl"
    table = read_tracks(root, cache=cache, progress=progress).table
    names = table["track_id"].str.replace("track", "more", regex=False)
    return table.assign(track_id=names, split=np.where(table["scenario"] == "A", "held_out", "more"))
