"""From packed frames to readings: the one path that validation, error analysis and submission share."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lpr_helpers.batches import Batch, TrackBatches
from lpr_helpers.checkpoints import Recogniser
from lpr_helpers.decoding import FrameReadings, Readings, read_frames
from lpr_helpers.devices import best_device
from lpr_helpers.files import write_whole
from lpr_helpers.frames import Packed, sharpness
from lpr_helpers.parallel import gathered, shard
from lpr_helpers.plates import PlateFormat
from lpr_helpers.progress import bar
from lpr_helpers.views import views as poses

Looked = tuple[Batch, Tensor, Tensor | None]


def look(recogniser: Recogniser, batches: TrackBatches, count: int = 1) -> Iterator[Looked]:
    """Each batch with what the model, in evaluation mode, sees in it, on the batch's device, in float32.

    That is every frame's CTC logits [T, B·F, 1 + A], and the whole tracks' slot log-probabilities [B, L, A] or None;
    of so many `views.views`, the mean of both.
    """
    model = recogniser.model.to(batches.device).eval()
    for batch in batches:
        with torch.inference_mode():
            looks = [recogniser.reader.look(model, seen, batch.valid) for seen in poses(batch.images, count)]
        logits, joint = zip(*looks, strict=True)
        yield batch, mean_log(logits), None if joint[0] is None else mean_log(joint)


def mean_log(said: Sequence[Tensor]) -> Tensor:
    """The mean of logits or log-probabilities [..., A], as log-probabilities; a single one as it is."""
    return (
        said[0]
        if len(said) == 1
        else torch.stack([logits.log_softmax(-1) for logits in said]).mean(0).log_softmax(-1)
    )


def read_batch(
    recogniser: Recogniser, packed: Packed, batch: Batch, logits: Tensor, joint: Tensor | None
) -> FrameReadings:
    """What `look` saw in a batch, on the CPU; missing frames are marked invalid."""
    readings = read_frames(
        logits.cpu(),
        batch.images.shape[1],
        recogniser.plate,
        valid=batch.valid.cpu(),
        sharpness=torch.from_numpy(sharpness(packed.images[batch.rows.numpy()])),
    )
    return dataclasses.replace(readings, joint=None if joint is None else joint.cpu())


def recognise(
    recogniser: Recogniser,
    packed: Packed,
    rows,
    *,
    views: int = 1,
    batch_size: int = 32,
    device=None,
    progress: bool = True,
) -> FrameReadings:
    """Read every frame of the tracks ``rows`` (positions in ``packed``), in that order.

    views: looks at each track, slightly moved (see `views`). batch_size: tracks a batch. device: default the best at
    hand. Several processes (see `launch`) read a part each, and all return the whole.
    """
    unknown = np.full((len(packed), recogniser.plate.length), -1)
    mine = shard()
    batches = TrackBatches(packed, unknown, rows, batch_size, device or best_device(), shard=mine)
    looked = look(recogniser, batches, views)
    shown = bar(looked, "Reading tracks", total=len(batches), disable=not progress or mine[0] > 0)
    parts = [read_batch(recogniser, packed, *seen) for seen in shown]
    return joined(gathered(parts))


def joined(shares: list[list[FrameReadings]]) -> FrameReadings:
    """The readings of all tracks, in their order, from the batches that each of n processes has read.

    Process r has read the tracks r, r + n, r + 2n …, as `TrackBatches` gives them out.
    """
    counts = [sum(len(part.texts) for part in parts) for parts in shares]
    places = [np.arange(count) * len(shares) + number for number, count in enumerate(counts)]
    order = np.argsort(np.concatenate(places))
    parts, fields = [part for parts in shares for part in parts], {}
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


def results_table(table: pd.DataFrame, frames: FrameReadings, readings: Readings) -> pd.DataFrame:
    """One row a track, for evaluation, the error browser and the submission.

    table: the tracks that were read, in the same order. Adds to their identity and truth: ``reading``,
    ``confidence`` (0…1), ``read_layout``, ``char_confidences``, ``frame_readings`` and ``frame_confidences``
    (valid frames only).
    """
    columns = ["track_id", "folder", "text", "scenario", "layout", "lr", "hr"]
    results = table[columns].reset_index(drop=True)
    results["reading"] = readings.texts
    results["confidence"] = readings.confidence.double().tolist()
    results["read_layout"] = readings.layouts
    results["char_confidences"] = readings.char_confidences.tolist()
    valid = frames.valid.tolist()
    results["frame_readings"] = [
        [text for text, kept in zip(texts, keep, strict=True) if kept]
        for texts, keep in zip(frames.texts, valid, strict=True)
    ]
    results["frame_confidences"] = [
        [value for value, kept in zip(values, keep, strict=True) if kept]
        for values, keep in zip(frames.confidences.tolist(), valid, strict=True)
    ]
    return results


def alternatives(readings: Readings, plate: PlateFormat, count: int = 3) -> list[list[list]]:
    """The likeliest characters of each place with their probabilities, for the error browser.

    B lists of L lists of at most ``count`` pairs [character, probability], likeliest first; characters that the layout
    rules out are none. Six decimals, so that they survive `save_results`.
    """
    values, indices = readings.slots.double().exp().topk(min(count, len(plate.alphabet)))
    return [
        [
            [[plate.alphabet[i], round(p, 6)] for p, i in zip(*place, strict=True) if p > 0]
            for place in zip(*track, strict=True)
        ]
        for track in zip(values.tolist(), indices.tolist(), strict=True)
    ]


def save_results(results: pd.DataFrame, file: Path) -> Path:
    """Keep a table of results as JSON lines, one track a line."""
    return write_whole(file, results.to_json(orient="records", lines=True))


def load_results(file: Path) -> pd.DataFrame:
    """The table that `save_results` wrote."""
    with file.open(encoding="utf-8") as lines:
        return pd.DataFrame([json.loads(line) for line in lines])
