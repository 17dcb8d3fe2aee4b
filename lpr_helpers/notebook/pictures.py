"""Super-resolution in the notebooks: trained in 02, shown below the frames in 04."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.inference.pictures import enlarge
from lpr_helpers.models.checkpoints import Recogniser, load_recogniser
from lpr_helpers.notebook.settings import Settings
from lpr_helpers.synthetic.fresh import FreshTracks
from lpr_helpers.training.super_resolution import drawn_pairs, train_super_resolution
from lpr_helpers.utils.steps import require_step

DRAWN = {"tiny": 16, "demo": 400, "full": 4000}
"""Tracks to learn pictures from where the data have no HR frames, by profile; a tenth as many choose the best."""


def train_pictures(
    settings: Settings, data: TrackData, *, kind: str = "sr-espcn", progress: bool = True
) -> tuple[Recogniser, pd.DataFrame]:
    """A network with super-resolution that was trained as the profile says, alone, and the history of its training.

    Where the data have no HR frames to train and to validate on, tracks are drawn that have. Pictures are of light, and
    at one scale; other modalities stay as they are.
    """
    data = replace(data, lr=data.lr.first, hr=data.hr.first if data.hr else None)
    seed, channels = settings.profile.pictures.seed, data.lr.images.shape[2]
    made_of = data.lr.frame_format or FrameFormat(colour=channels == 3)
    made_of = replace(made_of, preprocessing=replace(made_of.preprocessing, scales=(1.0,)))
    recogniser = Recogniser.new(data.plate, seed, kind=kind, frame_format=made_of)
    tracks = settings.profile.sharp_tracks
    if not _has_hr(data):
        data, tracks = _drawn(settings, seed, replace(made_of, modalities=(), visible=True), progress), None
    history = train_super_resolution(
        recogniser, data, settings.profile.pictures, settings.pictures, tracks=tracks, progress=progress
    )
    return recogniser, history


def enlarger(settings: Settings) -> Callable[[Sequence[str]], list[np.ndarray | None]]:
    """Files of a track's frames → the pictures that notebook 02's super-resolution makes of them, see `enlarge`.

    For the error browser. Raises MissingStepError where none was trained.
    """
    return partial(enlarge, load_recogniser(require_step(settings.pictures / "best", "02_train_phase1")))


def _has_hr(data: TrackData) -> bool:
    """Whether there are HR frames on both sides of the split."""
    return data.hr is not None and all(data.hr.valid[data.rows(side)].any() for side in ("train", "val"))


def _drawn(settings: Settings, seed: int, made_of: FrameFormat, progress: bool) -> TrackData:
    count = DRAWN[settings.profile.name]
    workers = None if count > 100 else 0  # few are drawn before a process has started
    train, val = (
        FreshTracks(tracks, seed=seed + place, frame_format=made_of, workers=workers)
        for place, tracks in enumerate((count, max(4, count // 10)))
    )
    print("The data have no HR frames on both sides of the split: plates are drawn to learn pictures from.")
    return drawn_pairs(train, val, settings.scratch / "sharp-tracks", progress)
