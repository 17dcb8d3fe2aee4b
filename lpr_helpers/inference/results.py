"""Readings as a table, one row a track: what evaluation, error browser and submission share."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from lpr_helpers.decoding.readings import FrameReadings, Readings
from lpr_helpers.plates import PlateFormat
from lpr_helpers.utils.files import write_whole


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
