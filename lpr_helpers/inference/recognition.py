"""From packed frames to readings: the one path that validation, error analysis and submission share."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from lpr_helpers.data.batches import Batch, TrackBatches
from lpr_helpers.data.frames import Packed
from lpr_helpers.decoding.readings import FrameReadings, read_output
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.output import Output, mean_output
from lpr_helpers.transforms.tta import tta_images
from lpr_helpers.utils.devices import best_device, work_after_forks
from lpr_helpers.utils.distributed import all_gather, shard
from lpr_helpers.utils.images import sharpness
from lpr_helpers.utils.progress import bar


def recognise(
    recogniser: Recogniser,
    packed: Packed,
    rows: ArrayLike,
    *,
    tta: int = 1,
    batch_size: int = 32,
    device: str | torch.device | None = None,
    progress: bool = True,
) -> FrameReadings:
    """Read every frame of the tracks ``rows`` (positions in ``packed``), in that order.

    tta: how often each track is read, slightly moved (test-time augmentation, `tta.tta_images`). batch_size: tracks a
    batch. device: default the best at hand. Several processes (see `multi_device`) read a part each, and all return the
    whole.

    Raises ValueError where the frames were packed in another way than the network's were.
    """
    if misfit := packed.misfit(recogniser.frame_format):
        raise ValueError(misfit)
    mine = shard()
    batches = TrackBatches(packed, rows, batch_size, device or best_device(), shard=mine)
    read = outputs(recogniser, batches, tta)
    shown = bar(read, "Reading tracks", total=len(batches), disable=not progress or mine[0] > 0)
    parts = [frame_readings(recogniser, packed, batch, output) for batch, output in shown]
    return merge_shares(all_gather(parts))


def outputs(recogniser: Recogniser, batches: TrackBatches, tta: int = 1) -> Iterator[tuple[Batch, Output]]:
    """Each batch with what the model, in evaluation mode, puts out, on the batch's device, in float32.

    With test-time augmentation it is the mean over so many `tta.tta_images`.
    """
    work_after_forks()
    model = recogniser.model.to(batches.device).eval()
    for batch in batches:
        with torch.inference_mode():
            versions = tta_images(batch.images, tta)
            read = [recogniser.forward(images, batch.valid, model) for images in versions]
            output = mean_output([one.float() for one in read])
        yield batch, output


def frame_readings(recogniser: Recogniser, packed: Packed, batch: Batch, output: Output) -> FrameReadings:
    """What a model put out for a batch as readings, on the CPU; missing frames are marked invalid."""
    sharp = torch.from_numpy(sharpness(packed.images[batch.rows.numpy()]))
    return read_output(output.cpu(), batch.valid.cpu(), recogniser.plate, sharp)


def merge_shares(shares: list[list[FrameReadings]]) -> FrameReadings:
    """The readings of all tracks, in their order, from the batches that each of n processes has read.

    Process r has read the tracks r, r + n, r + 2n …, as `TrackBatches` gives them out.
    """
    counts = [sum(len(part.texts) for part in parts) for parts in shares]
    places = [np.arange(count) * len(shares) + number for number, count in enumerate(counts)]
    order = np.argsort(np.concatenate(places))
    parts = [part for parts in shares for part in parts]
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(FrameReadings):
        values = [getattr(part, field.name) for part in parts]
        if values[0] is None:
            fields[field.name] = None
        elif isinstance(values[0], Tensor):
            fields[field.name] = torch.cat(values)[order]
        else:
            items = [item for value in values for item in value]
            fields[field.name] = [items[place] for place in order]
    return FrameReadings(**fields)
