"""Several readers of the same tracks as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from lpr_helpers.decoding.readings import FrameReadings
from lpr_helpers.decoding.slot_fusion import track_slots


def ensemble(members: Sequence[FrameReadings]) -> FrameReadings:
    """Several readers of the same tracks as one: ``joint`` is the mean of their log-probabilities for whole tracks.

    Adding them would read the same, and be too sure: members who agree are no independent witnesses. A reader of single
    frames brings the sum over its frames. All else is the first member's.

    Raises ValueError for no members, or for members that have read different numbers of tracks.
    """
    shapes = {(len(member.texts), *member.slots.shape[2:]) for member in members}
    if len(shapes) != 1:
        raise ValueError(
            f"the members of an ensemble have to read the same tracks; these have read {sorted(shapes)}"
        )
    joined = [track_slots(member) for member in members]
    return replace(members[0], joint=torch.stack(joined).mean(0).log_softmax(-1).float())
