"""What is read of frames and of tracks: the one currency, slot log-probabilities, whatever the network puts out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from lpr_helpers.decoding.ctc import greedy
from lpr_helpers.decoding.lattice import slot_log_probs
from lpr_helpers.decoding.track_texts import TrackTexts, likeliest
from lpr_helpers.models.output import Output
from lpr_helpers.plates import BRAZIL, PlateFormat


@dataclass(frozen=True, eq=False)
class FrameReadings:
    """What a recogniser says of every frame: B tracks, F frames, L slots, A characters.

    slots: float32 [B, F, L, A], log-probabilities, normalised over A.
    texts: B lists of F free-length readings.
    confidences: float32 [B, F], mean over time (or slots) of the largest softmax probability.
    valid: bool [B, F], False where the frame is missing.
    sharpness: float32 [B, F], larger is sharper, in any unit; None if it was not measured.
    joint: float32 [B, L, A], log-probabilities of a reader that sees all frames of a track at once; None for others.
    """

    slots: Tensor
    texts: list[list[str]]
    confidences: Tensor
    valid: Tensor
    sharpness: Tensor | None = None
    joint: Tensor | None = None


@dataclass(frozen=True, eq=False)
class Readings:
    """One reading a track.

    texts: B strings of L characters.
    confidence: float32 [B], 0…1.
    slots: float32 [B, L, A], fused log-probabilities, normalised over A.
    layouts: the name of the layout that was imposed on each track, "" for none.
    """

    texts: list[str]
    confidence: Tensor
    slots: Tensor
    layouts: list[str]

    @property
    def char_confidences(self) -> Tensor:
        """Probability of the likeliest character at each slot, float32 [B, L]."""
        return torch.from_numpy(likeliest(self.slots.numpy()))

    @classmethod
    def of(cls, found: TrackTexts) -> Readings:
        """The same, in tensors."""
        return cls(
            found.texts, torch.from_numpy(found.confidence), torch.from_numpy(found.slots), found.layouts
        )


def read_output(
    output: Output, valid: Tensor, plate: PlateFormat = BRAZIL, sharpness: Tensor | None = None
) -> FrameReadings:
    """Everything that fusion needs, from what any network puts out.

    output: of B tracks of F frames. valid: bool [B, F]. sharpness: [B, F] or None.
    """
    if output.ctc_logits is not None:
        frames = read_frames(output.ctc_logits, valid.shape[1], plate, valid, sharpness)
    elif output.frame_slot_logits is not None:
        frames = _read_frame_slots(output.frame_slot_logits, plate, valid, sharpness)
    else:
        raise ValueError(
            "the network says nothing of single frames: expected CTC logits or slot logits of each"
        )
    joint = output.slot_logits
    return frames if joint is None else replace(frames, joint=joint.float().log_softmax(-1))


def read_frames(
    logits: Tensor,
    frames_per_track: int,
    plate: PlateFormat = BRAZIL,
    valid: Tensor | None = None,
    sharpness: Tensor | None = None,
) -> FrameReadings:
    """`read_output` of CTC logits alone.

    Parameters
    ----------
    logits: [T, B * F, 1 + A], the F = ``frames_per_track`` frames of a track side by side.
    valid: bool [B, F], None if every frame is there.
    sharpness: [B, F] or None.
    """
    texts, confidences = greedy(logits, plate)
    if frames_per_track < 1 or len(texts) % frames_per_track:
        raise ValueError(f"{len(texts)} frames are not a whole number of tracks of {frames_per_track} frames")
    shape = (len(texts) // frames_per_track, frames_per_track)
    for name, given in (("valid", valid), ("sharpness", sharpness)):
        if given is not None and given.shape != shape:
            raise ValueError(f"{name} has shape {tuple(given.shape)}, expected {shape} (tracks, frames)")
    if valid is None:
        valid = torch.ones(shape, dtype=torch.bool)
    slots, _ = slot_log_probs(logits, plate.length)
    return FrameReadings(
        slots=slots.unflatten(0, shape),
        texts=[texts[i * shape[1] : (i + 1) * shape[1]] for i in range(shape[0])],
        confidences=confidences.unflatten(0, shape),
        valid=valid.to(logits.device, torch.bool),
        sharpness=None if sharpness is None else sharpness.to(logits.device, torch.float32),
    )


def _read_frame_slots(
    logits: Tensor, plate: PlateFormat, valid: Tensor, sharpness: Tensor | None
) -> FrameReadings:
    """Readings of frames whose slot logits [B, F, L, A] are known."""
    slots = logits.float().log_softmax(-1)
    peak, best = slots.max(-1)
    return FrameReadings(
        slots=slots,
        texts=[[plate.decode(frame) for frame in track] for track in best.tolist()],
        confidences=peak.exp().mean(-1),
        valid=valid.to(logits.device, torch.bool),
        sharpness=None if sharpness is None else sharpness.to(logits.device, torch.float32),
    )
