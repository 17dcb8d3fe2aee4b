"""From packed frames to readings: the one path that validation, error analysis and submission share."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from lpr_helpers.batches import TrackBatches
from lpr_helpers.checkpoints import Recogniser
from lpr_helpers.decoding import FrameReadings, Readings, read_frames
from lpr_helpers.files import write_whole
from lpr_helpers.frames import Packed, sharpness
from lpr_helpers.progress import bar


def best_device() -> torch.device:
    """The first CUDA or Apple GPU, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


@torch.inference_mode()
def recognise(
    recogniser: Recogniser, packed: Packed, rows, *, batch_size: int = 32, device=None, progress: bool = True
) -> FrameReadings:
    """Read every frame of the tracks ``rows`` (positions in ``packed``), in that order.

    batch_size: tracks a batch. Returns FrameReadings on the CPU; missing frames are marked invalid.
    """
    device = device or best_device()
    model = recogniser.model.to(device).eval()
    targets = np.full((len(packed), recogniser.plate.length), -1)
    batches = TrackBatches(packed, targets, rows, batch_size, device)
    parts = []
    for batch in bar(batches, "Reading tracks", disable=not progress):
        logits = model(batch.images.flatten(0, 1)).float().cpu()
        parts.append(
            read_frames(
                logits,
                batch.images.shape[1],
                recogniser.plate,
                valid=batch.valid.cpu(),
                sharpness=torch.from_numpy(sharpness(packed.images[batch.rows.numpy()])),
            )
        )
    return concatenate(parts)


def concatenate(parts: list[FrameReadings]) -> FrameReadings:
    """Join the readings of several batches."""
    joined = {}
    for field in dataclasses.fields(FrameReadings):
        values = [getattr(part, field.name) for part in parts]
        tensors = isinstance(values[0], torch.Tensor)
        joined[field.name] = torch.cat(values) if tensors else [item for value in values for item in value]
    return FrameReadings(**joined)


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


def save_results(results: pd.DataFrame, file: Path) -> Path:
    """Keep a table of results as JSON lines, one track a line."""
    return write_whole(file, results.to_json(orient="records", lines=True))


def load_results(file: Path) -> pd.DataFrame:
    """The table that `save_results` wrote."""
    with file.open(encoding="utf-8") as lines:
        return pd.DataFrame([json.loads(line) for line in lines])
