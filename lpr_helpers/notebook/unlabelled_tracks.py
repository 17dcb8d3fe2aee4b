"""Tracks without labels for notebook 03: a folder of them, or a few drawn ones; and the test tracks, which are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from lpr_helpers.data.forbidden import refuse_tests
from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.data.frames import Packed, pack
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.data.tracks import read_tracks
from lpr_helpers.notebook.datasets import DEMO, open_data, packed
from lpr_helpers.notebook.settings import Settings
from lpr_helpers.synthetic.dataset import write_dataset


def tracks_without_labels(
    settings: Settings, data: TrackData, folder: str | Path = "", *, progress: bool = True
) -> TrackData | None:
    """The tracks under ``folder``, or as many drawn ones as the profile says; None where there are none of either.

    They are packed as those of ``data``, which the reader is trained on, and count as tracks of Scenario B where their
    folders do not say otherwise, since the tests are. What labels they have is left behind.

    Raises ForbiddenTracksError where a test track is among them, by its folder's name or by its content, and
    DataSetError where there is no track.
    """
    if not folder and not settings.profile.unlabelled:
        return None
    root = Path(folder) if folder else _drawn(settings, progress)
    table = read_tracks(root, plate=data.plate, split="train" if folder else None, progress=progress).table
    table = table.assign(text="", layout="", trainable=False, scenario=table["scenario"].replace("", "B"))
    made_of = data.lr.frame_format or FrameFormat(colour=data.lr.images.shape[2] == 3)
    for modality in made_of.modalities:
        if modality.name not in table:  # nobody took any
            table[modality.name] = [[""] * len(files) for files in table["lr"]]
    options: dict[str, Any] = {
        "frame_format": made_of,
        "frames": data.lr.images.shape[1],
        "progress": progress,
    }
    place = settings.scratch / "packed" / "unlabelled-lr"
    lr = pack(table, place, size=data.lr.images.shape[3:], **options)
    refuse_tests(table, lr, known_tests(settings, frame_format=made_of, progress=progress))
    return TrackData(table.assign(split=""), data.plate, lr)


def known_tests(
    settings: Settings, *, frame_format: FrameFormat | None = None, progress: bool = True
) -> Packed | None:
    """The packed frames of the data set's own test tracks, made as ``frame_format`` says; None where it has none."""
    table: pd.DataFrame = open_data(settings, progress).table
    tests = table[table["split"] == "test"].reset_index(drop=True)
    if tests.empty:
        return None
    return packed(settings, tests, "test-lr", frame_format=frame_format, progress=progress)


def _drawn(settings: Settings, progress: bool) -> Path:
    """Tracks of Scenario B drawn like the demo data, from another seed."""
    root, seed = settings.scratch / "unlabelled-data", settings.profile.phase1.seed + 2
    train = (0, settings.profile.unlabelled)
    return write_dataset(root, train=train, test=0, seed=seed, progress=progress, recipe=DEMO)
