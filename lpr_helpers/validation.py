"""What training is judged on: the tracks with their split, and the figures of the validation tracks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from torch import Tensor
from torch.nn.functional import nll_loss

from lpr_helpers import evaluation
from lpr_helpers.batches import Batch, TrackBatches, targets_of
from lpr_helpers.checkpoints import Recogniser
from lpr_helpers.frames import Packed
from lpr_helpers.fusion import fuse
from lpr_helpers.models import ctc_loss
from lpr_helpers.parallel import gathered, shard
from lpr_helpers.plates import PlateFormat
from lpr_helpers.reading import joined, look, read_batch, results_table


@dataclass(frozen=True)
class TrainingData:
    """A table with its split, and the packed frames of all its tracks, row for row."""

    table: pd.DataFrame
    plate: PlateFormat
    lr: Packed
    hr: Packed | None = None

    def rows(self, split: str, scenarios: tuple[str, ...] = ()) -> np.ndarray:
        """Positions of the trainable tracks of a split, of ``scenarios`` if the data know any of them."""
        chosen = (self.table["split"] == split) & self.table["trainable"]
        if scenarios and self.table["scenario"].isin(scenarios).any():
            chosen &= self.table["scenario"].isin(scenarios)
        return np.flatnonzero(chosen)


def validate(
    recogniser: Recogniser,
    data: TrainingData,
    rows: np.ndarray,
    device,
    tell: Callable[[pd.DataFrame], None] | None = None,
) -> dict[str, float]:
    """Figures of the validation tracks: no augmentation, no high-resolution frame, the layout not given away.

    Several processes read a part each, and all return the figures of the whole. ``tell`` gets the readings themselves,
    as `results_table` has them.
    """
    batches = TrackBatches(data.lr, targets_of(data.table, data.plate), rows, 32, device, shard=shard())
    parts, losses = [], []
    for batch, logits, joint in look(recogniser, batches):
        losses += _losses(batch, logits, joint)
        parts.append(read_batch(recogniser, data.lr, batch, logits, joint))
    shares = gathered((parts, losses))
    frames = joined([parts for parts, _ in shares])
    results = results_table(data.table.iloc[rows], frames, fuse(frames, plate=data.plate, layouts="any"))
    if tell:
        tell(results)
    single = [
        text == truth
        for texts, truth in zip(results.frame_readings, results.text, strict=True)
        for text in texts
    ]
    return {
        "val_loss": float(np.mean([loss for _, losses in shares for loss in losses])),
        "recognition_rate": evaluation.recognition_rate(results),
        "character_accuracy": evaluation.character_accuracy(results),
        "single_frame_rate": float(np.mean(single)),
    }


def _losses(batch: Batch, logits: Tensor, joint: Tensor | None) -> list[float]:
    """The loss of every track, in nats per character; of every valid frame where the reader knows frames alone."""
    if joint is not None:
        return [float(nll_loss(joint.flatten(0, 1), batch.targets.flatten()))] * len(joint)
    valid = batch.valid.flatten()
    targets = batch.targets.repeat_interleave(batch.valid.shape[1], 0)
    return [float(ctc_loss(logits[:, valid], targets[valid]))] * int(valid.sum())
