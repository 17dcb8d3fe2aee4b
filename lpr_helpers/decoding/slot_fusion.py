"""Slot methods: the frames of a track joined slot by slot, into log-probabilities float64 [B, L, A]."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lpr_helpers.decoding.readings import FrameReadings

FLOOR = -30.0
"""No frame is believed beyond this log-probability: a single one could veto a character otherwise."""
SHARPNESS_RANGE = (0.5, 2.0)
"""One frame's sharpness counts for at most twice, at least half, what the track's average frame does."""


def _floored(frames: FrameReadings) -> tuple[Tensor, Tensor]:
    """Floored log-probabilities [B, F, L, A] and validity [B, F, 1, 1], float64, both 0 for invalid frames."""
    # On the CPU: this is little work, and Apple's devices have no double precision.
    valid = frames.valid.cpu()[..., None, None]
    slots = frames.slots.cpu().double().clamp(min=FLOOR)
    return torch.where(valid, slots, 0.0), valid.double()


def track_slots(frames: FrameReadings) -> Tensor:
    """The best that a reader says of whole tracks: `joint` where it has that, else `log_sum`."""
    return joint(frames) if frames.joint is not None else log_sum(frames)


def joint(frames: FrameReadings) -> Tensor:
    """What a reader says that saw all frames of the track at once; uniform without a valid frame."""
    if frames.joint is None:
        raise ValueError("the reader saw the frames one by one: nothing is known of whole tracks")
    seen = frames.valid.cpu().any(1)[:, None, None]
    return torch.where(seen, frames.joint.cpu().double(), 0.0).log_softmax(-1)


def log_sum(frames: FrameReadings) -> Tensor:
    """The sum of the frames' log-probabilities: the frames as independent witnesses."""
    slots, _ = _floored(frames)
    return slots.sum(1).log_softmax(-1)


def mean_prob(frames: FrameReadings) -> Tensor:
    """The mean of the frames' probabilities."""
    slots, valid = _floored(frames)
    # Without any valid frame every mean is 0: the floor then makes them uniform.
    mean = (slots.exp() * valid).sum(1) / valid.sum(1).clamp(min=1.0)
    return mean.clamp(min=math.exp(FLOOR)).log().log_softmax(-1)


def temporal(frames: FrameReadings) -> Tensor:
    """The sum of the frames' log-probabilities, weighted by `temporal_weights`."""
    slots, _ = _floored(frames)
    return (temporal_weights(frames)[..., None, None] * slots).sum(1).log_softmax(-1)


def temporal_weights(frames: FrameReadings) -> Tensor:
    """How much each frame counts in ``temporal``: float64 [B, F], 0 for invalid frames.

    The product of two factors, scaled so that a track's weights sum to its number of valid frames. Sharpness:
    the frame's over the track's mean, within `SHARPNESS_RANGE`; 1 where it was not measured. Agreement: the
    probability that a character drawn from the frame equals one drawn from the mean of the track's other frames,
    averaged over slots; 1 where there is no other frame.
    """
    slots, valid = _floored(frames)
    probabilities = slots.exp() * valid
    valid = valid[..., 0, 0]
    count = valid.sum(1, keepdim=True)
    others = (count - 1).clamp(min=1.0)[..., None, None]
    mean_of_others = (probabilities.sum(1, keepdim=True) - probabilities) / others
    agreement = (probabilities * mean_of_others).sum(-1).mean(-1)
    # The small constant leaves equal weights to frames of which no two agree.
    weights = valid * torch.where(count > 1, agreement.clamp(min=0.0) + 1e-6, 1.0)
    if frames.sharpness is not None:
        weights = weights * _relative_sharpness(frames.sharpness.cpu().double(), frames.valid.cpu())
    return weights * count / weights.sum(1, keepdim=True).clamp(min=1e-12)


def _relative_sharpness(sharpness: Tensor, valid: Tensor) -> Tensor:
    measured = valid & sharpness.isfinite()
    values = torch.where(measured, sharpness, 0.0)
    mean = values.sum(1, keepdim=True) / measured.sum(1, keepdim=True).clamp(min=1)
    ratio = (values / mean.clamp(min=1e-12)).clamp(*SHARPNESS_RANGE)
    return torch.where(measured & (mean > 0), ratio, 1.0)


SLOT_METHODS = {"mean_prob": mean_prob, "temporal": temporal, "log_sum": log_sum}
"""Those of single frames, the best one last; a reader of whole tracks has `joint` too."""
