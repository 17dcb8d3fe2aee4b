"""Slots of texts, and tracks of them."""

from dataclasses import replace

import torch

from lpr_helpers.decoding.readings import FrameReadings
from lpr_helpers.plates import BRAZIL

VOTES = ("majority", "confidence_vote", "max_confidence")
SLOT_METHODS = ("mean_prob", "log_sum", "temporal")


def slots_of(text, probability=0.9):
    """Slots [7, 36] with ``probability`` on each character of the text, the rest spread evenly."""
    slots = torch.full((7, 36), (1 - probability) / 35)
    slots[range(7), BRAZIL.encode(text)] = probability
    return slots.log()


def track(ballots, valid=None, sharpness=None, probability=0.9):
    """One track, from (text, confidence) of each frame; texts of another length get uniform slots."""
    slots = [slots_of(text, probability) if len(text) == 7 else uniform() for text, _ in ballots]
    return FrameReadings(
        slots=torch.stack(slots)[None],
        texts=[[text for text, _ in ballots]],
        confidences=torch.tensor([[confidence for _, confidence in ballots]]),
        valid=torch.tensor([valid or [True] * len(ballots)]),
        sharpness=None if sharpness is None else torch.tensor([sharpness]),
    )


def uniform():
    """Slots that say nothing."""
    return torch.full((7, 36), 1 / 36).log()


def whole(text, probability):
    """What a reader of whole tracks says, whose frames by themselves say something else."""
    return replace(track([("ZZZ9999", 0.9)]), joint=slots_of(text, probability)[None])
