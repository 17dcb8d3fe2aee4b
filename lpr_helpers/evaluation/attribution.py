"""What a reading rests on: the frames that weigh most, and the columns that each slot was read from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from lpr_helpers.data.batches import TrackBatches
from lpr_helpers.data.frames import Packed
from lpr_helpers.decoding.readings import FrameReadings
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.multiframe import COLUMNS
from lpr_helpers.utils.devices import best_device


@dataclass(frozen=True, eq=False)
class Attribution:
    """What the readings of B tracks rest on: F frames, L slots.

    frames: uint8 [B, F, 32, W], grey, as the convolutions saw them: our reader aligns frames first, so they are
        turned, scaled and shifted a little against the files.
    attention: float32 [B, F, L, COLUMNS], how much of the last cross-attention of a slot's query fell on each column, 1
        in sum over F and COLUMNS; None for a network without attention.
    frame_weights: float32 [B, F], the share of each frame, 0 for missing ones, 1 in sum: of the attention, or without
        it of the frames' confidences.
    valid: bool [B, F]. length: L.
    """

    frames: np.ndarray
    attention: np.ndarray | None
    frame_weights: np.ndarray
    valid: np.ndarray
    length: int

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
    pictures, maps = [], []
    for batch in batches:
        with torch.inference_mode(), _captured(model) as captured:
            recogniser.architecture.forward(model, batch.images, batch.valid)
        aligned = captured.get("frames", batch.images.flatten(0, 1))
        pictures.append(_grey(aligned).reshape(*batch.valid.shape, *aligned.shape[-2:]))
        if "attention" in captured:  # [B, heads, L, F · COLUMNS]
            shares = captured["attention"].float().mean(1).unflatten(-1, (-1, COLUMNS))
            maps.append(shares.transpose(1, 2).cpu().numpy())
    valid = frames.valid.cpu().numpy()
    attention = np.concatenate(maps) if maps else None
    weights = frames.confidences.cpu().numpy() if attention is None else attention.sum(3).mean(2)
    weights = np.where(valid, weights, 0)
    weights = (weights / np.maximum(weights.sum(1, keepdims=True), 1e-9)).astype(np.float32)
    return Attribution(np.concatenate(pictures), attention, weights, valid, recogniser.plate.length)


@contextmanager
def _captured(model: nn.Module) -> Iterator[dict[str, Tensor]]:
    """What our reader aligns ("frames") and the weights of its last cross-attention ("attention"); of others
    nothing.
    """
    captured: dict[str, Tensor] = {}
    hooks = []
    align, decoder = getattr(model, "align", None), getattr(model, "decoder", None)
    if align is not None:
        hooks.append(align.register_forward_hook(lambda *call: captured.update(frames=call[-1])))
    if decoder is not None:
        hooks.append(decoder[-1].register_forward_hook(lambda *call: captured.update(attention=call[-1][1])))
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
