"""Super-resolution before reading (the report's 10.2): the same reader on pictures twice as large as its frames.

Pictures are learnt from the HR frames of further tracks, a twenty-fifth as many as there are to train on, made as poor
as LR ones: that comes on top of the budget, which the reader has for itself. "Jointly" means that it begins with the
same pictures, and its loss then reaches them. The first line learns no pictures: it tells what large ones are worth by
themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from lpr_helpers.data.track_data import TrackData
from lpr_helpers.decoding.slot_fusion import track_slots
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.synthetic.fresh import FreshTracks
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import SPACED_STEPS, SR_PHASE
from lpr_helpers.training.pretraining import PHASE
from lpr_helpers.training.super_resolution import drawn_pairs, train_super_resolution
from tests.benchmarks.systems.system import Budget, System

SEEDS = {"train": 9301, "val": 9302}
"""Of the streams of tracks with HR frames, which nobody else draws."""
SHARE, LEAST = 1 / 25, 16
"""Tracks with HR frames for each one to train on, and how many at least; a tenth as many choose the best pictures."""


@dataclass(frozen=True)
class Reading:
    """How a trained network reads: tracks → float32 slot log-probabilities [N, L, A]."""

    recogniser: Recogniser
    device: str

    def __call__(self, data: TrackData) -> np.ndarray:
        rows = range(len(data.table))
        frames = recognise(self.recogniser, data.lr, rows, device=self.device, progress=False)
        return track_slots(frames).float().numpy()

    @property
    def parameters(self) -> int:
        """Of pictures and reader together, frozen ones too."""
        return sum(weight.numel() for weight in self.recogniser.model.parameters())


def make(kind: str, budget: Budget, *, pictures: bool = True, frozen: bool = True) -> Reading:
    """Train a kind of network: its ``pictures`` first, if they are to be learnt, then its reader, or both together."""
    plate = budget.data.plate
    channels = budget.data.lr.images.shape[2]
    start = Recogniser.new(plate, budget.seed, kind=kind, channels=channels)
    if pictures:
        _train_pictures(start, budget)
    recogniser = Recogniser.new(plate, budget.seed, kind=kind, channels=channels, frozen=frozen)
    recogniser.model.load_state_dict(start.model.state_dict())
    tracks = len(budget.data.rows("train"))
    phase = replace(
        PHASE, epochs=max(1, round(budget.looks / tracks)), seed=budget.seed, spaced_steps=SPACED_STEPS
    )
    fit(recogniser, budget.data, phase, budget.run / "reader", progress=False)
    return Reading(recogniser, budget.device)


def _train_pictures(recogniser: Recogniser, budget: Budget) -> None:
    tracks = max(LEAST, round(SHARE * len(budget.data.rows("train"))))
    colour = recogniser.colour
    train, val = (
        FreshTracks(count, seed=SEEDS[side], colour=colour, workers=None if tracks > 100 else 0)
        for side, count in {"train": tracks, "val": max(4, tracks // 10)}.items()
    )
    data = drawn_pairs(train, val, budget.run / "sharp-tracks", progress=False)
    train_super_resolution(
        recogniser, data, replace(SR_PHASE, seed=budget.seed), budget.run / "pictures", progress=False
    )


BICUBIC = "bicubic pictures, then our reader"
ESPCN = "ESPCN, then our reader"
SYSTEMS = (
    System(
        BICUBIC, "super-resolution", partial(make, "sr-espcn", pictures=False), "", "our reader, from nothing"
    ),
    System(ESPCN, "super-resolution", partial(make, "sr-espcn"), "+3–5 % (10.2)", BICUBIC),
    System(
        "residual super-resolution, then our reader",
        "super-resolution",
        partial(make, "sr-residual"),
        "",
        ESPCN,
    ),
    System(
        "super-resolution of five frames, then our reader",
        "super-resolution",
        partial(make, "sr-multiframe"),
        "",
        ESPCN,
    ),
    System(
        "ESPCN jointly with our reader",
        "super-resolution",
        partial(make, "sr-espcn", frozen=False),
        "",
        ESPCN,
    ),
)
