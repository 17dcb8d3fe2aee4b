"""What a reader sees of a track, and what its members make of that: with torch where they take it, and without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.inference.frames import ReadFrames, read_track
from lpr_helpers.inference.members import JoinedFormat
from lpr_helpers.inference.onnx_member import OnnxMember, OnnxSlots

if TYPE_CHECKING:
    import torch

    from lpr_helpers.inference.modal_frames import ModalTrack
    from lpr_helpers.inference.network_slots import NetworkSlots


def slots_by(
    members: Sequence[Any],
    joined: JoinedFormat,
    device: torch.device | str,
    tta: int,
    precision: str | None,
    weights: Sequence[float] | None,
) -> OnnxSlots | NetworkSlots:
    """What makes of images uint8 [B, F, C, H, W] and valid [B, F] slot log-probabilities [B, L, A]."""
    if isinstance(members[0], OnnxMember):
        return OnnxSlots(members)
    from lpr_helpers.inference.network_slots import NetworkSlots

    return NetworkSlots(members, device, tta, precision, joined, weights)


def frames_of(track: ModalTrack, frame_format: FrameFormat, order: str) -> ReadFrames:
    """The frames of a track, as `read_frames` has them; what plain ones do not take is loaded for the others alone."""
    if frame_format.plain and not isinstance(track, Mapping):
        return ReadFrames(*read_track(track, frame_format.colour, order))
    from lpr_helpers.inference.modal_frames import read_frames

    return read_frames(track, frame_format, order)
