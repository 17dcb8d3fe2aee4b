"""Ensembles (report, 10.2): three readers that share the looks of one, and three that have as many each.

Its members are our reader; our reader with other fresh weights and strong augmentation; and the CRNN of seven layers.
Their weights are chosen on "val".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from torch import Tensor

from lpr_helpers.data.track_data import TrackData
from lpr_helpers.decoding.ensembles import weigh_members, weighted_mean
from lpr_helpers.decoding.slot_fusion import track_slots
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.layers import parameter_count
from lpr_helpers.models.registry import ARCHITECTURES, OURS
from lpr_helpers.plates import BRAZIL
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import Phase
from lpr_helpers.training.pretraining import FRAME_PHASE, PHASE
from lpr_helpers.training.unlabelled import Unlabelled
from tests.benchmarks.systems.system import Budget, System

PART = "ensembles"
EXPECTED = "+5–8 % (10.2)"
ONE = "our reader, from nothing"
MEMBERS = (("base", OURS, "light"), ("augmentation", OURS, "aggressive"), ("crnn7", "crnn7", "light"))


@dataclass(frozen=True)
class Joined:
    """How some readers read together: the weighted mean of their log-probabilities for whole tracks."""

    readers: Sequence[Recogniser]
    weights: Sequence[float]

    @property
    def parameters(self) -> int:
        """Of all of them."""
        return sum(parameter_count(reader.model) for reader in self.readers)

    def __call__(self, data: TrackData) -> np.ndarray:
        """Slot log-probabilities [N, L, A], float32."""
        each = [slots_of(reader, data, range(len(data.table))) for reader in self.readers]
        return weighted_mean(each, self.weights).log_softmax(-1).float().numpy()


def slots_of(reader: Recogniser, data: TrackData, rows: Sequence[int]) -> Tensor:
    """What one of them says of some tracks: slot log-probabilities, float64 [n, L, A]."""
    return track_slots(recognise(reader, data.lr, rows, progress=False))


def after(
    reader: Recogniser,
    data: TrackData,
    looks: int,
    run: Path,
    unlabelled: Unlabelled | None = None,
    **changes: object,
) -> Recogniser:
    """The reader after so many looks at the training tracks of ``data``; changes: of its usual phase."""
    train = data.rows("train")
    epochs = max(1, round(looks / len(train)))
    if looks < len(train):
        table = data.table.copy()
        table.loc[table.index[train[looks:]], "split"] = ""
        data = replace(data, table=table)
    usual: Phase = PHASE if ARCHITECTURES[reader.kind].multi_frame else FRAME_PHASE
    phase = replace(usual, epochs=epochs, **changes)
    fit(reader, data, phase, run, unlabelled=unlabelled, progress=False)
    return reader


def three(budget: Budget, share: int) -> Joined:
    """Three readers, each of which gets the looks of the budget divided by ``share``."""
    readers = []
    for number, (name, kind, augmentation) in enumerate(MEMBERS):
        seed = 100 * number + budget.seed
        fresh = Recogniser.new(BRAZIL, seed=seed, kind=kind)
        looks, run = budget.looks // share, budget.run / name
        readers.append(after(fresh, budget.data, looks, run, seed=seed, augmentation=augmentation))
    rows = budget.data.rows("val")
    texts = budget.data.table["text"].iloc[rows].tolist()
    return Joined(readers, weigh_members([slots_of(one, budget.data, rows) for one in readers], texts))


SYSTEMS = (
    System("three readers, a third of the looks each", PART, partial(three, share=3), EXPECTED, ONE),
    System("three readers, all the looks each", PART, partial(three, share=1), EXPECTED, ONE),
)
