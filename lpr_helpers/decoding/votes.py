"""String votes, the report's way: each frame elects the text that it reads."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch

from lpr_helpers.decoding.readings import FrameReadings, Readings
from lpr_helpers.plates import PlateFormat

VOTES: dict[str, Callable[[list[float]], Any]] = {
    "majority": lambda confidences: (len(confidences), math.fsum(confidences)),
    "confidence_vote": math.fsum,
    "max_confidence": max,
}
"""How often and how confidently a text was read → its rank; the text with the largest one wins."""


def elect(
    frames: FrameReadings, track: int, method: str, candidates: list[str], plate: PlateFormat
) -> tuple[str, float] | None:
    """The elected text of a track and its confidence; None if no frame reads a text of the plate's length."""
    votes: dict[str, list[float]] = defaultdict(list)
    ballots = zip(
        frames.texts[track], frames.confidences[track].tolist(), frames.valid[track].tolist(), strict=True
    )
    for text, confidence, valid in ballots:
        if valid and len(text) == plate.length:
            votes[text].append(confidence)
    if not votes:
        return None
    fitting = [text for text in votes if matching_layouts(text, candidates, plate)]
    winner = max(fitting or votes, key=lambda text: VOTES[method](votes[text]))
    chosen = votes[winner]
    return winner, max(chosen) if method == "max_confidence" else math.fsum(chosen) / len(chosen)


def matching_layouts(text: str, candidates: list[str], plate: PlateFormat) -> list[str]:
    """Those of the candidate layouts that a text fits; "", for no layout, fits any."""
    return [name for name in candidates if not name or plate.misfit(text, name) is None]


def with_elected(readings: Readings, votes: list[tuple[str, float] | None], plate: PlateFormat) -> Readings:
    """The readings with the elected texts put in, save for characters that the layout imposed rules out."""
    texts, confidences = list(readings.texts), readings.confidence.tolist()
    for track, vote in enumerate(votes):
        if vote is not None:
            text, confidences[track] = vote
            possible = readings.slots[track, range(plate.length), plate.encode(text)] > -torch.inf
            texts[track] = "".join(
                voted if keep else read
                for voted, read, keep in zip(text, texts[track], possible.tolist(), strict=True)
            )
    return Readings(texts, torch.tensor(confidences), readings.slots, readings.layouts)
