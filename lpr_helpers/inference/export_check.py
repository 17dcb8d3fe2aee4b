"""Whether a reader's ONNX file reads what the reader reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lpr_helpers.inference.reader import load_reader
from lpr_helpers.inference.reading import Reading
from lpr_helpers.models.shipped_files import SHIPPED
from lpr_helpers.synthetic.dataset import make_track
from lpr_helpers.utils.progress import bar

SEED = 21
"""Of the tracks that are drawn."""


@dataclass(frozen=True)
class ExportCheck:
    """Two readers of the same tracks.

    tracks: how many, synthetic, of one to five frames. equal: the share with the same text. difference, confidence: by
    how much a character's probability, and a plate's confidence, differ at most. right: what either reads, a share.
    """

    tracks: int
    equal: float
    difference: float
    confidence: float
    right: tuple[float, float]

    def __str__(self) -> str:
        torch, onnx = self.right
        return (
            f"{self.tracks:,} synthetic tracks of 1 to 5 frames: {self.equal:.2%} of the readings are equal; largest "
            f"difference of a character's probability {self.difference:.1e}, of a confidence {self.confidence:.1e}; "
            f"read right: {torch:.1%} by torch (float32), {onnx:.1%} by ONNX"
        )


def check_export(checkpoint: str | Path | None, file: str | Path, tracks: int = 1000) -> ExportCheck:
    """Read drawn tracks with a checkpoint by torch, in float32 on the CPU, and with the file that was exported of it.

    checkpoint: the one in the package where None. Raises ValueError for no tracks, and CheckpointError where either is
    no reader.
    """
    if tracks < 1:
        raise ValueError(f"{tracks} tracks; it takes at least one to compare readers")
    one, other = load_reader(checkpoint or SHIPPED, "cpu", precision="no"), load_reader(file)
    frames, texts = drawn_tracks(tracks)
    return compared(one.read_many(frames), other.read_many(frames), texts)


def drawn_tracks(count: int) -> tuple[list[list[np.ndarray]], list[str]]:
    """The frames of so many synthetic tracks of both scenarios and layouts, one to five of each, and their texts."""
    frames, texts = [], []
    for number in bar(range(count), "Drawing tracks"):
        track = make_track((SEED, number), "AB"[number % 2], ("Brazilian", "Mercosur")[number // 2 % 2])
        frames.append(list(track.lr[: 1 + number % 5]))
        texts.append(track.text)
    return frames, texts


def compared(one: Sequence[Reading], other: Sequence[Reading], texts: Sequence[str]) -> ExportCheck:
    """Readings of the same tracks by two readers, compared."""
    pairs = list(zip(one, other, strict=True))
    slots = [[np.exp(np.asarray(reading.slots)) for reading in pair] for pair in pairs]
    return ExportCheck(
        tracks=len(pairs),
        equal=float(np.mean([a.text == b.text and a.layout == b.layout for a, b in pairs])),
        difference=float(max(np.abs(a - b).max() for a, b in slots)),
        confidence=max(abs(a.confidence - b.confidence) for a, b in pairs),
        right=(_right(one, texts), _right(other, texts)),
    )


def _right(readings: Sequence[Reading], texts: Sequence[str]) -> float:
    return float(np.mean([reading.text == text for reading, text in zip(readings, texts, strict=True)]))
