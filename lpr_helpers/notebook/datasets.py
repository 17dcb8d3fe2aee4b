"""What the notebooks share: the data set's tracks, with the split, and their packed frames."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pandas as pd

from lpr_helpers.data.folders import DataSetError, plates_home
from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.data.frames import Packed, pack
from lpr_helpers.data.label_edits import annotated
from lpr_helpers.data.modalities import modalities_of
from lpr_helpers.data.splits import load_split
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.data.tracks import TrackSet, read_tracks
from lpr_helpers.notebook.settings import Settings
from lpr_helpers.plates import PLATE_FILE
from lpr_helpers.synthetic.dataset import write_dataset
from lpr_helpers.synthetic.styles import HARBOUR
from lpr_helpers.utils.images import FRAMES
from lpr_helpers.utils.steps import require_step

DEMO = HARBOUR
"""The recipe of the demo data: a camera and a place that the weights in the package know nothing of."""


def open_data(settings: Settings, progress: bool = True) -> TrackSet:
    """Index the data set; where none is given, first draw the demo data (once, seeded)."""
    if settings.data is None:
        a, b, test = settings.profile.demo_tracks
        seed = settings.profile.phase1.seed
        write_dataset(
            settings.root, train=(a, b), test=test, seed=seed, dirt=True, progress=progress, recipe=DEMO
        )
    return read_tracks(settings.root, cache=settings.scratch / "cache" / "tracks.jsonl", progress=progress)


def open_split(settings: Settings, progress: bool = True) -> TrackSet:
    """Index the data set and apply the split of notebook 01; raises MissingStepError if there is none yet."""
    split = require_step(settings.split, "01_eda")
    tracks = open_data(settings, progress)
    return replace(tracks, table=load_split(tracks.table, split))


def frame_format(settings: Settings) -> FrameFormat:
    """What frames are made of, as `LPR_INPUT` says, with the modalities that the data set's ``plates.toml`` names.

    Raises DataSetError where it names one that is not there.
    """
    home = plates_home(settings.root)
    known = {modality.name: modality for modality in modalities_of(home)}
    light, names = settings.input.light, settings.input.modalities
    if unknown := [name for name in names if name not in known]:
        there = ", ".join(known) or "none"
        raise DataSetError(
            f"LPR_INPUT names {', '.join(unknown)}, but {home / PLATE_FILE} names {there}: name it there under "
            "[modalities]"
        )
    modalities = tuple(known[name] for name in names)
    return FrameFormat(light == "rgb", modalities, settings.input.preprocessing, visible=bool(light))


def training_data(
    settings: Settings,
    progress: bool = True,
    colour: bool = False,
    frame_format: FrameFormat | None = None,
) -> TrackData:
    """The labelled tracks with their split, and their low- and high-resolution frames, packed once.

    What people said of them in the error browser is applied: corrected labels, and flagged tracks are not trainable.
    colour, frame_format: as in `frames.pack`; those of the network that is trained on them.
    """
    tracks = open_split(settings, progress)
    # An annotation may hold a track out. It keeps its row all the same, or all frames would be packed again.
    labelled = tracks.table["split"].isin(["train", "val"])
    table = annotated(tracks, settings.annotations).table[labelled].reset_index(drop=True)
    made: dict[str, Any] = {"colour": colour, "frame_format": frame_format, "progress": progress}
    lr = packed(settings, table, "train-lr", **made)
    if frame_format and not frame_format.visible:  # there is no other modality of high resolution
        return TrackData(table, tracks.plate, lr)
    return TrackData(table, tracks.plate, lr, packed(settings, table, "train-hr", kind="hr", **made))


def tracks_to_read(tracks: TrackSet) -> pd.DataFrame:
    """The test tracks, or all tracks where the data set has no test part; also those without a readable frame."""
    test = tracks.table["split"] == "test"
    return tracks.table[test if test.any() else slice(None)].reset_index(drop=True)


def packed(settings: Settings, table: pd.DataFrame, name: str, **options: Any) -> Packed:
    """The packed frames of ``table`` under ``name`` in the scratch folder (see `frames.pack`).

    Of every track as many frames as the longest has, of either kind, five at least; `Settings.frames` at most. Frames
    that are more than light as it is have a folder of their own, so that readers of both kinds do not pack in turn.
    """
    longest = max((len(files) for kind in ("lr", "hr") for files in table[kind]), default=0)
    frames = min(settings.frames, max(longest, FRAMES))
    made_of: FrameFormat | None = options.get("frame_format")
    if made_of and made_of.as_packed != FrameFormat(made_of.colour).as_packed:
        name = f"{name}-{hashlib.sha256(repr(made_of.as_packed).encode()).hexdigest()[:8]}"
    return pack(table, settings.scratch / "packed" / name, frames=frames, **options)


def add_truth(results: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The results whose truth is known: from annotations, or from the file kept beside a synthetic data set."""
    if settings.truth.exists():
        truth = pd.read_csv(settings.truth, dtype=str).set_index("track_id")
        for column, name in {"text": "plate_text", "layout": "plate_layout"}.items():
            stated = results["track_id"].map(truth[name]).fillna("")
            results = results.assign(**{column: results[column].where(results[column] != "", stated)})
    return results[results["text"] != ""].reset_index(drop=True)
