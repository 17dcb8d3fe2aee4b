"""From one scenario to another, learnt from training tracks: what a `DegradationTransfer` needs to know of both."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lpr_helpers.data.batches import Batch, TrackBatches
from lpr_helpers.data.store import to_device
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.evaluation.domain_gap import compression_gap
from lpr_helpers.transforms.degradation_transfer import DegradationTransfer, looks_of

TRACKS = 1000
"""As many tracks of the wanted scenario are measured at most."""
FILES = 100
"""As many tracks of each scenario are opened at their own size, for what is known of their compression."""
SHARE = 0.5
"""Share of the tracks that are changed; the others keep a reader from forgetting how they look."""


def learn_transfer(data: TrackData, one: str, other: str, *, seed: int = 0) -> DegradationTransfer | None:
    """Learn how training tracks of the scenario ``one`` come to look like those of the ``other``.

    `LOOKS` are measured on packed frames. How much more the other is compressed shows at the frames' own size alone, so
    it is learnt where their files can be opened, else none is added. None where there are no tracks of either.
    """
    groups = [data.rows("train", scenarios=(name,)) for name in (one, other)]
    known = data.table["scenario"]
    if not all(known.iloc[rows].eq(name).any() for rows, name in zip(groups, (one, other), strict=True)):
        return None
    drawn = np.sort(np.random.default_rng(seed).permutation(groups[1])[:TRACKS])
    looks = [
        looks_of(batch.images, batch.valid) for batch in TrackBatches(data.lr, drawn, 64) if len(batch.rows)
    ]
    tables = [data.table.iloc[rows] for rows in groups]
    return DegradationTransfer(torch.cat(looks), compression_gap(*tables, tracks=FILES, seed=seed))


@dataclass(frozen=True)
class ScenarioTransfer:
    """Changes some tracks of a batch. transfer: how. of: which tracks of the table may be, bool [N], on the device.
    channels: so many of the first ones, those of light; None for all.
    """

    transfer: DegradationTransfer
    of: Tensor
    channels: int | None = None

    def __call__(self, batch: Batch) -> Tensor:
        """The images of a batch, float32 [B, F, C, H, W], of which those of `SHARE` of the tracks are changed."""
        chosen = self.of[batch.rows.to(self.of.device)] & (
            torch.rand(len(batch.rows), device=self.of.device) < SHARE
        )
        images = batch.images.clone()
        if chosen.any():
            images[chosen, :, : self.channels] = self.transfer(
                images[chosen, :, : self.channels], batch.valid[chosen]
            )
        return images


def scenario_transfer(
    data: TrackData, scenarios: tuple[str, str] | None, seed: int, device: torch.device
) -> ScenarioTransfer | None:
    """What `Phase.transfer` asks for; None where it asks for nothing, or the data have no such scenarios."""
    data = replace(data, lr=data.lr.first, hr=None)  # looks are those of light
    learnt = learn_transfer(data, *scenarios, seed=seed) if scenarios else None
    if not (scenarios and learnt):
        return None
    of = to_device(data.table["scenario"].eq(scenarios[0]).to_numpy(bool, copy=True), device)
    looks = DegradationTransfer(learnt.looks.to(device), learnt.quality)
    return ScenarioTransfer(looks, of, data.lr.first.images.shape[2])
