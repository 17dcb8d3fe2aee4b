"""What the report's CRNN says, read in other ways; and an OCR off the shelf. Nothing is trained for these lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import torch

from lpr_helpers.data.batches import TrackBatches
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.decoding import (
    FrameReadings,
    constrained_beam,
    corrected_frames,
    fuse,
    read_frames,
    with_texts,
)
from lpr_helpers.inference.recognition import outputs
from lpr_helpers.models import Recogniser, parameter_count
from lpr_helpers.plates import PlateFormat
from lpr_helpers.utils.devices import best_device
from tests.benchmarks import ocr_baseline
from tests.benchmarks.systems.networks import BATCH, CRNN, from_nothing
from tests.benchmarks.systems.system import Budget, Read, System

PART = "decoding"
VOTED, EXACT = "CRNN, greedy, majority vote", "CRNN, exact slots"
Logits = tuple[torch.Tensor, torch.Tensor]
"""CTC logits [T, B · F, 1 + A] of a batch's frames, and which of them are valid [B, F]."""
Way = Callable[[Logits, list[str], PlateFormat], list[str]]
"""What a way to decode makes of a batch, its tracks' layouts ("" for unknown ones) and the plate format: B texts."""


@dataclass(frozen=True)
class Decoded:
    """How a CTC network reads with one way to decode it."""

    recogniser: Recogniser
    way: Way

    @property
    def parameters(self) -> int:
        """Of the network."""
        return parameter_count(self.recogniser.model)

    def __call__(self, data: TrackData) -> list[str]:
        """A text a track."""
        layouts, texts = data.table["layout"].tolist(), []
        batches = TrackBatches(data.lr, range(len(layouts)), BATCH, best_device())
        for batch, output in outputs(self.recogniser, batches):
            logits = output.ctc_logits, batch.valid
            texts += self.way(logits, [layouts[row] for row in batch.rows.tolist()], self.recogniser.plate)
        return texts


def frames_of(logits: Logits, plate: PlateFormat) -> FrameReadings:
    """What each frame says, greedily and slot by slot."""
    return read_frames(logits[0], logits[1].shape[1], plate, logits[1])


def joined(logits: Logits, layouts: list[str], plate: PlateFormat, method: str, *, masked: bool) -> list[str]:
    """What `fuse` makes of the frames, with or without the layouts."""
    return fuse(frames_of(logits, plate), method, plate=plate, layouts=layouts if masked else None).texts


def one_frame(logits: Logits, _: list[str], plate: PlateFormat) -> list[str]:
    """What is read greedily of the middle one of the frames that are there."""
    frames = frames_of(logits, plate)
    there = [valid.cpu().nonzero().flatten().tolist() or [0] for valid in frames.valid]
    return [texts[places[len(places) // 2]] for texts, places in zip(frames.texts, there, strict=True)]


def look_alikes(logits: Logits, layouts: list[str], plate: PlateFormat) -> list[str]:
    """A majority vote of texts that rules of format have put right."""
    return fuse(corrected_frames(frames_of(logits, plate), plate, layouts), "majority", plate=plate).texts


def constrained(logits: Logits, layouts: list[str], plate: PlateFormat) -> list[str]:
    """A majority vote of the likeliest plates that a beam search finds which knows the layouts."""
    count = logits[1].shape[1]
    each = [layout for layout in layouts for _ in range(count)]
    found = constrained_beam(logits[0], plate, each)
    return fuse(with_texts(frames_of(logits, plate), found), "majority", plate=plate).texts


def decoded(budget: Budget, way: Way) -> Decoded:
    """The CRNN of this budget, which it shares with the line of its own, decoded in a way."""
    return Decoded(from_nothing(budget, "crnn").recogniser, way)


def off_the_shelf(_: Budget) -> Read:
    """RapidOCR as it comes: all frames, the format forced on what it reads, and a vote."""
    engine = ocr_baseline.rapidocr()

    def read(data: TrackData) -> list[str]:
        texts = []
        for images, valid, layout in zip(data.lr.images, data.lr.valid, data.table["layout"], strict=True):
            frames = [
                engine(cv2.cvtColor(frame[0], cv2.COLOR_GRAY2BGR)) for frame in np.asarray(images)[valid]
            ]
            texts.append(ocr_baseline.forced_vote(frames, layout or None, data.plate))
        return texts

    return read


def _way(name: str, way: Way, expected: str = "", beside: str = VOTED) -> System:
    return System(name, PART, partial(decoded, way=way), expected, beside)


SYSTEMS = (
    _way(VOTED, partial(joined, method="majority", masked=False), "35–40 % of tracks (9.1)", CRNN),
    _way("CRNN, greedy, one frame", one_frame, "8–12 % of tracks (9.1)"),
    _way(
        "CRNN, greedy, confidence vote",
        partial(joined, method="confidence_vote", masked=False),
        "more robust than a majority vote (8.1)",
    ),
    _way("CRNN, look-alikes put right, vote", look_alikes, "up to 10 % of failures (7.2, 9.3)"),
    _way("CRNN, constrained beam, vote", constrained, "+2–3 % (10.3)"),
    _way(EXACT, partial(joined, method="log_sum", masked=False)),
    _way(f"{EXACT}, mask", partial(joined, method="log_sum", masked=True), "+2–3 % (10.3)", EXACT),
    System("RapidOCR, format forced, vote", PART, off_the_shelf, "20–25 % (9.2)", CRNN, trained=False),
)
