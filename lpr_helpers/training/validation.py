"""What training is judged on: the figures of the validation tracks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch

from lpr_helpers.data.batches import Batch, TrackBatches
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.evaluation import metrics
from lpr_helpers.inference.recognition import frame_readings, merge_shares, outputs
from lpr_helpers.inference.results import results_table
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.losses import slot_loss, track_loss
from lpr_helpers.models.output import Output
from lpr_helpers.utils.distributed import all_gather, shard


def validate(
    recogniser: Recogniser,
    data: TrackData,
    rows: np.ndarray,
    device: str | torch.device,
    tell: Callable[[pd.DataFrame], None] | None = None,
) -> dict[str, float]:
    """Figures of the validation tracks: no augmentation, no high-resolution frame, the layout not given away.

    Several processes read a part each, and all return the figures of the whole. ``tell`` gets the readings themselves,
    as `results_table` has them.
    """
    batches = TrackBatches(data.lr, rows, 32, device, targets=data.targets, shard=shard())
    parts, losses = [], []
    for batch, output in outputs(recogniser, batches):
        losses += _losses(batch, output)
        parts.append(frame_readings(recogniser, data.lr, batch, output))
    shares = all_gather((parts, losses))
    frames = merge_shares([parts for parts, _ in shares])
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
        "recognition_rate": metrics.recognition_rate(results),
        "character_accuracy": metrics.character_accuracy(results),
        "single_frame_rate": float(np.mean(single)),
    }


def _losses(batch: Batch, output: Output) -> list[float]:
    """The loss of every track, in nats per character; of every valid frame where the network reads frames alone."""
    if output.slot_logits is not None:
        return [float(slot_loss(output.slot_logits, batch.targets))] * len(batch.rows)
    return [float(track_loss(output, batch.valid, batch.targets))] * int(batch.valid.sum())
