"""Tracks without labels that a training learns from besides: `fit(…, unlabelled=Unlabelled(tracks))`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from lpr_helpers.data.forbidden import frame_digests, refuse_tests, tracks_with
from lpr_helpers.data.frames import Packed
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.training.errors import TrainingError


@dataclass(frozen=True, eq=False)
class Unlabelled:
    """Tracks without labels, and how much is made of them (see `consistency`); texts in their table are not looked at.

    tracks: their table and packed frames; those with a valid frame are used. tests: the test tracks that are known, so
    that none of them is among the tracks, whatever it is called there.
    threshold: how sure the teacher has to be of a character, 0…1. weight: of their loss beside that of labelled tracks.
    decay: how much of the teacher stays in a step. ratio: unlabelled tracks in a step for each labelled one, or frames.

    Raises ForbiddenTracksError where a test track is among them, and ValueError for settings out of range.
    """

    tracks: TrackData
    tests: Packed | None = field(default=None, repr=False)
    threshold: float = 0.95
    weight: float = 1.0
    decay: float = 0.999
    ratio: float = 1.0

    def __post_init__(self) -> None:
        for name in ("threshold", "decay"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)}: a number from 0 to below 1")
        if self.weight < 0 or self.ratio <= 0:
            raise ValueError(f"weight={self.weight}, ratio={self.ratio}: not below 0, and the ratio above it")
        refuse_tests(self.tracks.table, self.tracks.lr, self.tests)

    @cached_property
    def rows(self) -> np.ndarray:
        """Positions of the tracks that have a valid frame, int64 [n]."""
        return np.flatnonzero(self.tracks.lr.valid.any(1))

    @cached_property
    def identity(self) -> dict:
        """What a run depends on: how much is made of the tracks, and their content."""
        digest = hashlib.sha256()
        for one in sorted(frame_digests(self.tracks.lr)):
            digest.update(one)
        names = ("threshold", "weight", "decay", "ratio")
        told = {name: getattr(self, name) for name in names}
        return told | {"tracks": len(self.rows), "frames": digest.hexdigest()[:16]}

    def check(self, data: TrackData) -> None:
        """Raise TrainingError where the tracks do not fit ``data`` or hold a validation track's frame."""
        ours, theirs = self.tracks.lr.images.shape[2:], data.lr.images.shape[2:]
        if ours != theirs:
            raise TrainingError(
                f"unlabelled frames are packed as {ours}, those of the data as {theirs}: pack both alike"
            )
        if data.lr.frame_format and (misfit := self.tracks.lr.misfit(data.lr.frame_format)):
            raise TrainingError(f"of the unlabelled tracks, {misfit}")
        if not len(self.rows):
            raise TrainingError("of the unlabelled tracks none has a frame that can be read")
        if shared := tracks_with(self.tracks.lr, frame_digests(data.lr, data.rows("val"))):
            name = self.tracks.table["track_id"].iloc[shared[0]]
            raise TrainingError(
                f"{len(shared)} unlabelled tracks hold a frame of a validation track, {name} among them: leave them "
                "out, or validation would flatter"
            )
