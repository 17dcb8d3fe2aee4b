"""What a reading rests on: the frames that weigh most, and where in them the network looked.

A network that attends has its weights pass by a module that only hands them on, and is watched there: ``attention``,
of each slot to the columns, or ``spatial_attention``, to the parts of a frame whatever the slot.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from lpr_helpers.data.batches import TrackBatches
from lpr_helpers.data.frames import Packed
from lpr_helpers.decoding.readings import FrameReadings
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.utils.devices import best_device

WATCHED = ("align", "attention", "spatial_attention")
"""Modules of a network that say how it saw its frames, and where in them it looked."""


@dataclass(frozen=True, eq=False)
class Attribution:
    """What the readings of B tracks rest on: F frames, L slots.

    frames: uint8 [B, F, H, W], grey, as the convolutions saw them: our reader aligns frames first, so they are
        turned, scaled and shifted a little against the files; super-resolution makes them larger, too.
    attention: float32 [B, F, L, T], how much of a slot's attention fell on each of a frame's T columns, 1 in sum over F
        and T; of a network of single frames, each frame's own by its weight. None for one whose slots do not attend.
    frame_weights: float32 [B, F], the share of each frame, 0 for missing ones, 1 in sum: of the attention, or for a
        network of single frames of the frames' confidences.
    valid: bool [B, F]. length: L.
    spatial: float32 [B, F, h, w], how much of each part of a frame was let through, 0…1; None for a network without
        such attention.
    together: whether the network sees all frames of a track at once, so that attention tells which it believed.
    """

    frames: np.ndarray
    attention: np.ndarray | None
    frame_weights: np.ndarray
    valid: np.ndarray
    length: int
    spatial: np.ndarray | None = None
    together: bool = True

    def centre(self, track: int, frame: int, slot: int) -> float:
        """How far from the left a slot (0 is the first) is read, as a share of the frame's width.

        Without attention, where it stands if the frame is cut into equal parts.
        """
        if self.attention is None:
            return (slot + 0.5) / self.length
        weights = self.attention[track, frame, slot]
        middles = (np.arange(len(weights)) + 0.5) / len(weights)
        return float((weights * middles).sum() / max(weights.sum(), 1e-9))


def attribute(
    recogniser: Recogniser,
    packed: Packed,
    rows: ArrayLike,
    frames: FrameReadings,
    *,
    batch_size: int = 32,
    device: str | torch.device | None = None,
) -> Attribution:
    """Read the tracks ``rows`` of ``packed`` once more, and note what the readings rest on.

    frames: what `recognition.recognise` made of the same tracks, in the same order.
    """
    batches = TrackBatches(packed, rows, batch_size, device or best_device())
    model = recogniser.model.to(batches.device).eval()
    pictures: list[np.ndarray] = []
    slots: list[np.ndarray] = []
    spatial: list[np.ndarray] = []
    for batch in batches:
        with torch.inference_mode(), _captured(model) as captured:
            recogniser.forward(batch.images, batch.valid, model)
        shape, aligned = tuple(batch.valid.shape), captured.get("align", batch.images.flatten(0, 1))
        pictures.append(_grey(aligned).reshape(*shape, *aligned.shape[-2:]))
        if "attention" in captured:  # [B, L, F, T], or of single frames [B · F, L, T]
            shares = captured["attention"].float()
            together = shares.transpose(1, 2) if shares.ndim == 4 else shares.unflatten(0, shape)
            slots.append(together.cpu().numpy())
        if "spatial_attention" in captured:  # [B · F, 1, h, w]
            spatial.append(captured["spatial_attention"].float().squeeze(1).unflatten(0, shape).cpu().numpy())
    valid, together = frames.valid.cpu().numpy(), recogniser.architecture.multi_frame
    attention = np.concatenate(slots) if slots else None
    weights = frames.confidences.cpu().numpy()
    if together and attention is not None:
        weights = attention.sum(3).mean(2)
    weights = np.where(valid, weights, 0)
    weights = (weights / np.maximum(weights.sum(1, keepdims=True), 1e-9)).astype(np.float32)
    if attention is not None and not together:
        attention = attention * weights[:, :, None, None]
    where = np.concatenate(spatial) if spatial else None
    return Attribution(
        np.concatenate(pictures), attention, weights, valid, recogniser.plate.length, where, together
    )


@contextmanager
def _captured(model: nn.Module) -> Iterator[dict[str, Tensor]]:
    """What modules named as in `WATCHED` hand on, by their names; where there are several of a name, the last."""
    captured: dict[str, Tensor] = {}

    def watch(name: str, module: nn.Module) -> RemovableHandle:
        return module.register_forward_hook(lambda *call: captured.update({name: call[-1]}))

    hooks = [
        watch(name, module)
        for path, module in model.named_modules()
        if (name := path.rpartition(".")[2]) in WATCHED
    ]
    try:
        yield captured
    finally:
        for hook in hooks:
            hook.remove()


def _grey(images: Tensor) -> np.ndarray:
    """Images [N, C, H, W] of any scale as uint8 [N, H, W], each from its darkest to its brightest pixel."""
    grey = images.float().mean(1)
    low, high = grey.amin((1, 2), keepdim=True), grey.amax((1, 2), keepdim=True)
    return (255 * (grey - low) / (high - low).clamp(min=1e-6)).round().byte().cpu().numpy()
