"""Batch normalisation's running statistics estimated anew on tracks of another scenario, without their texts."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn

from lpr_helpers.data.batches import TrackBatches
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.utils.devices import best_device, work_after_forks

FORBIDDEN = {
    "test": "statistics are never estimated on test tracks: they are a part of the reader, which would then be trained "
    "on them, and the competition's rules forbid it",
    "val": "statistics are not estimated on validation tracks: they show what the reader is worth, and it would be "
    "fitted to them",
    "held_out": "statistics are not estimated on tracks that are held out: they show what is read of plates and frames "
    "that were never seen",
}
BATCH = 64
"""Tracks a batch: the statistics are means over batches."""


def target_rows(data: TrackData, *scenarios: str) -> np.ndarray:
    """The tracks that statistics may be estimated on, labelled or not: positions, int64 [n].

    scenarios: of these alone, if the data know any of them.
    """
    usable = data.lr.valid.any(1) & ~data.table["split"].isin([*FORBIDDEN]).to_numpy(bool)
    wanted = data.table["scenario"].isin(scenarios).to_numpy(bool)
    return np.flatnonzero(usable & wanted if wanted.any() else usable)


def adapt_batch_norm(
    recogniser: Recogniser, data: TrackData, rows: ArrayLike, *, device: str | torch.device | None = None
) -> Recogniser:
    """A copy of ``recogniser`` with the running statistics of the tracks ``rows`` of some data (Li et al., 2016).

    No weight changes and no text is looked at. Every track counts as often, a remainder smaller than a batch and tracks
    without a frame not at all; ``device``: default the best at hand.

    A network without batch normalisation stays as it is.

    Raises ValueError for no tracks, and for tracks of the test, of the validation or held out.
    """
    wanted = np.asarray(rows, dtype=np.int64)
    sides = data.table["split"].iloc[wanted]
    for side, reason in FORBIDDEN.items():
        if count := int(sides.eq(side).sum()):
            raise ValueError(f"{count} of the tracks are of the side {side!r}: {reason}")
    wanted = wanted[data.lr.valid[wanted].any(1)]
    if not len(wanted):
        raise ValueError("no tracks to estimate statistics on: give positions of tracks that have frames")
    model = copy.deepcopy(recogniser.model).to(device or best_device()).eval()
    layers = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    if layers:
        _estimate(recogniser, model, layers, TrackBatches(data.lr, wanted, BATCH, device or best_device()))
    about = recogniser.about | {"batch_norm": f"statistics of {len(wanted)} tracks"}
    return replace(recogniser, model=model.eval(), about=about)


@torch.no_grad()
def _estimate(
    recogniser: Recogniser, model: nn.Module, layers: list[nn.BatchNorm2d], batches: TrackBatches
) -> None:
    """Let the layers' running statistics become the mean over all whole batches."""
    work_after_forks()
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.train()  # and nothing else: dropout stays off
    for number, batch in enumerate(batches, 1):
        if number > 1 and len(batch.rows) < BATCH:
            break
        for layer in layers:
            layer.momentum = 1 / number
        recogniser.forward(batch.images, batch.valid, model)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
