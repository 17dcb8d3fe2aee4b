"""The networks, each by itself: from nothing, and our reader with the weights in the package."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from lpr_helpers.data.batches import TrackBatches
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.decoding.readings import read_output
from lpr_helpers.decoding.slot_fusion import track_slots
from lpr_helpers.inference.recognition import outputs
from lpr_helpers.models import OURS, Output, Recogniser, initial_recogniser, parameter_count
from lpr_helpers.plates import BRAZIL
from lpr_helpers.training.loop import fit
from lpr_helpers.training.pretraining import FRAME_PHASE, PHASE
from lpr_helpers.utils.devices import best_device
from lpr_helpers.utils.locks import sole_writer
from tests.benchmarks.systems.system import Budget, System

PART = "networks"
BATCH = 32
CRNN = "the report's CRNN"
AS_IT_COMES = "our reader, as it comes"


@dataclass(frozen=True)
class Reader:
    """How one network reads: of single frames, the log-probabilities are added; of tracks, what it says of them."""

    recogniser: Recogniser
    run: Path | None = None
    """Where it was trained."""

    @property
    def parameters(self) -> int:
        """Of the network."""
        return parameter_count(self.recogniser.model)

    def __call__(self, data: TrackData) -> np.ndarray:
        """Slot log-probabilities [N, L, A], float32."""
        batches = TrackBatches(data.lr, range(len(data.table)), BATCH, best_device())
        slots = [self._slots(output, batch.valid) for batch, output in outputs(self.recogniser, batches)]
        return torch.cat(slots).float().numpy()

    def _slots(self, output: Output, valid: torch.Tensor) -> torch.Tensor:
        if output.slot_logits is not None:  # what its CTC head says of frames costs more than all the rest
            return output.slot_logits.cpu().log_softmax(-1)
        return track_slots(read_output(output, valid, self.recogniser.plate))


def shortened(data: TrackData, looks: int) -> tuple[TrackData, int]:
    """The data and the passes over their training tracks that make so many looks; fewer looks than tracks are one pass
    over the first of them.
    """
    train = data.rows("train")
    if looks >= len(train):
        return data, round(looks / len(train))
    table = data.table.copy()
    table.loc[table.index[train[looks:]], "split"] = ""
    return replace(data, table=table), 1


def trained(recogniser: Recogniser, budget: Budget, run: Path, *, warm: bool = False) -> Recogniser:
    """The recogniser after a budget's looks, in a run that others may share: they wait for the one that trains it.

    warm: it has learned before, so it goes on at half the rate, and is told nothing of where characters stand.
    """
    data, epochs = shortened(budget.data, budget.looks)
    usual = PHASE if recogniser.architecture.multi_frame else FRAME_PHASE
    phase = replace(usual, epochs=epochs, seed=budget.seed)
    if warm:
        phase = replace(phase, learning_rate=usual.learning_rate / 2, spaced_steps=0)
    with sole_writer(run.with_name(f"{run.name}-shared"), wait=True):
        fit(recogniser, data, phase, run, progress=False)
    return recogniser


def from_nothing(budget: Budget, kind: str) -> Reader:
    """A network with fresh weights, trained; every line that needs it shares one run."""
    run = budget.run.parent / f"network-{kind}-{budget.seed}"
    return Reader(trained(Recogniser.new(BRAZIL, seed=budget.seed, kind=kind), budget, run), run)


def warm_started(budget: Budget) -> Reader:
    """Our reader with the weights in the package, trained on."""
    run = budget.run / "ours"
    return Reader(trained(initial_recogniser("ours", BRAZIL), budget, run, warm=True), run)


def as_it_comes(_: Budget) -> Reader:
    """Our reader with the weights in the package."""
    return Reader(initial_recogniser("ours", BRAZIL))


def _network(kind: str, name: str, expected: str = "", beside: str = CRNN) -> System:
    return System(name, PART, partial(from_nothing, kind=kind), expected, beside)


SYSTEMS = (
    _network("crnn", CRNN, "42–45 % of characters, 35–40 % of tracks (9.1)", ""),
    _network("cnn", "a simple CNN", "30–35 %, below the CRNN (9.2)"),
    _network("crnn7", "a CRNN of seven layers", "a member of the ensemble (10.2)"),
    _network("crnn-attention", "a CRNN with attention in the LSTM", "+4–6 % (10.2)"),
    _network("crnn-cbam", "a CRNN with spatial attention", "+4–6 % (10.2)"),
    _network("crnn-slots", "a CRNN with character-level attention", "+4–6 % (10.2)"),
    _network("vit", "a small ViT", "+8–10 % (10.3)"),
    _network("svtr", "a small SVTR, transformer and CTC", "+8–10 % (10.3)"),
    _network(OURS, "our reader, from nothing"),
    System(AS_IT_COMES, PART, as_it_comes, trained=False),
    System("our reader, warm-started", PART, warm_started, beside=AS_IT_COMES),
)
