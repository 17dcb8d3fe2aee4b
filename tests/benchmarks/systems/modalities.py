"""More modalities (10.3): a synthetic infrared camera beside the grey one, joined early, late, and not there at all.

Early: its frames are more channels of one network, which a third of the time has to do without one of the two. Late: a
network for each camera, whose log-probabilities are averaged; each sees half as many tracks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lpr_helpers.data.frame_format import FrameFormat, Modality
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.synthetic.infrared import NAME, PREFIX
from tests.benchmarks.systems.redrawn import Reader, learnt, usual, with_frames
from tests.benchmarks.systems.system import Budget, System

PART = "modalities"
ALONE = "grey alone"
INFRARED = Modality(NAME, PREFIX)
BOTH = FrameFormat(modalities=(INFRARED,))
SECOND = FrameFormat(modalities=(INFRARED,), visible=False)


@dataclass(frozen=True)
class Late:
    """A reader for each camera; where one of them sees nothing, the other reads alone."""

    readers: tuple[Reader, ...]

    @property
    def parameters(self) -> int:
        """Of both networks."""
        return sum(reader.parameters for reader in self.readers)

    def __call__(self, data: TrackData) -> np.ndarray:
        """Slot log-probabilities [N, L, A], float32."""
        slots, seen = map(np.stack, zip(*(reader.read(data) for reader in self.readers), strict=True))
        weight = (seen | ~seen.any(0)).astype(np.float32)[..., None, None]
        joined = (slots * weight).sum(0) / weight.sum(0)
        return joined - np.logaddexp.reduce(joined, axis=-1, keepdims=True)


def early(budget: Budget) -> Reader:
    """One network of both cameras' frames, as two channels."""
    folder = budget.run.parent / f"{PART}-early-{budget.seed}"
    data = with_frames(budget.data, BOTH, budget.run.parent / f"{PART}-data" / "both")
    recogniser = learnt(data, BOTH, budget, budget.looks, folder / "run")
    return Reader(recogniser, BOTH, budget.run.parent / f"{PART}-data")


def early_without(budget: Budget) -> Reader:
    """The same network, where the second camera is off in every track that it reads."""
    both = early(budget)
    return Reader(both.recogniser, FrameFormat(), both.folder)


def second_alone(budget: Budget, looks: int = 0) -> Reader:
    """A network of the second camera's frames."""
    looks = looks or budget.looks
    data = with_frames(budget.data, SECOND, budget.run.parent / f"{PART}-data" / "second")
    run = budget.run.parent / f"{PART}-second-{looks}-{budget.seed}"
    return Reader(
        learnt(data, SECOND, budget, looks, run), SECOND, budget.run.parent / f"{PART}-data" / "alone"
    )


def late(budget: Budget) -> Late:
    """A network for each camera, each of half the looks."""
    looks = budget.looks // 2
    run = budget.run.parent / f"{PART}-first-{looks}-{budget.seed}"
    first = Reader(learnt(budget.data, FrameFormat(), budget, looks, run), FrameFormat(), run)
    return Late((first, second_alone(budget, looks)))


SYSTEMS = (
    System(ALONE, PART, usual),
    System("infrared alone", PART, second_alone, beside=ALONE),
    System("grey and infrared, early", PART, early, "+5–7 % (10.3)", ALONE),
    System("grey and infrared, late", PART, late, "+5–7 % (10.3)", ALONE),
    System("grey and infrared, early, no infrared when reading", PART, early_without, beside=ALONE),
)
