"""Temporal models over the frames of a track, beside the ways to join frames that have been read one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from lpr_helpers.data.track_data import TrackData
from lpr_helpers.decoding.slot_fusion import track_slots
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.layers import parameter_count
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import Phase
from lpr_helpers.training.pretraining import PHASE
from tests.benchmarks.systems.system import Budget, System

OURS = "our reader, from nothing"


@dataclass(frozen=True)
class Reading:
    """How a trained network reads: tracks → float32 slot log-probabilities [N, L, A]."""

    recogniser: Recogniser
    device: str

    def __call__(self, data: TrackData) -> np.ndarray:
        """Slot log-probabilities of all tracks."""
        frames = recognise(
            self.recogniser, data.lr, range(len(data.table)), device=self.device, progress=False
        )
        return track_slots(frames).float().numpy()

    @property
    def parameters(self) -> int:
        """Of the network."""
        return parameter_count(self.recogniser.model)


def learn(
    recogniser: Recogniser, data: TrackData, phase: Phase, run: Path, looks: int, *, last: bool = False
) -> Recogniser:
    """The recogniser after so many looks at the phase's tracks, in whole passes.

    Where there are more tracks than looks, the first of them are seen once, or the ``last`` ones.
    """
    rows = data.rows("train", scenarios=phase.scenarios)
    if looks < len(rows):
        table, left_out = data.table.copy(), rows[:-looks] if last else rows[looks:]
        table.loc[table.index[left_out], "split"] = ""
        data = replace(data, table=table)
    fit(recogniser, data, replace(phase, epochs=max(1, round(looks / len(rows)))), run, progress=False)
    return recogniser


def make(kind: str, budget: Budget, **network: int) -> Reading:
    """Train a kind of network of whole tracks from nothing; network: its arguments."""
    channels = budget.data.lr.images.shape[2]
    recogniser = Recogniser.new(budget.data.plate, budget.seed, kind=kind, channels=channels, **network)
    phase = replace(PHASE, seed=budget.seed)
    return Reading(learn(recogniser, budget.data, phase, budget.run / "reader", budget.looks), budget.device)


POOLED = "slots of frames, weighed and added"
GRU = "a GRU over the frames"
SYSTEMS = (
    System(POOLED, "temporal fusion", partial(make, "temporal-gru", gru_layers=0), "", OURS),
    System(GRU, "temporal fusion", partial(make, "temporal-gru"), "potentially best (4.6)", POOLED),
    System(
        "a transformer over the frames",
        "temporal fusion",
        partial(make, "temporal-transformer"),
        "potentially best (4.6)",
        POOLED,
    ),
)
