"""Where a reader looks: the frames it trusts, the columns it reads a place from, the pixels its answer hangs on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from lpr_helpers.batches import TrackBatches
from lpr_helpers.checkpoints import Recogniser
from lpr_helpers.decoding import FrameReadings
from lpr_helpers.devices import best_device
from lpr_helpers.frames import Packed
from lpr_helpers.models import ctc_loss
from lpr_helpers.track_reader import COLUMNS

NOISE = 0.03
"""Deviation of the noise that `evidence` averages over, where white is 1."""
BLUR = 1.5
"""Deviation of its blur in pixels of a frame of 32 × 128: half a pixel of a usual LR frame."""


@dataclass(frozen=True, eq=False)
class Looks:
    """What a reader looked at: B tracks, F frames, L places.

    frames: uint8 [B, F, 32, W], grey, as its convolutions saw them: our reader aligns frames first, so they are
        turned, scaled and shifted a little against the files.
    attention: float32 [B, F, L, COLUMNS], how much of a place's last look fell on each column, 1 in sum over F and
        COLUMNS; None for a reader of single frames, which has no attention.
    trust: float32 [B, F], the share of each frame, 0 for missing ones, 1 in sum: of the attention, or for a reader
        of single frames of their confidences.
    valid: bool [B, F]. length: L.
    """

    frames: np.ndarray
    attention: np.ndarray | None
    trust: np.ndarray
    valid: np.ndarray
    length: int

    def centre(self, track: int, frame: int, place: int) -> float:
        """How far from the left a place (0 is the first) is read, as a share of the frame's width.

        Without attention, where it stands if the frame is cut into equal parts.
        """
        if self.attention is None:
            return (place + 0.5) / self.length
        weights = self.attention[track, frame, place]
        middles = (np.arange(len(weights)) + 0.5) / len(weights)
        return float((weights * middles).sum() / max(weights.sum(), 1e-9))


def looks(
    recogniser: Recogniser, packed: Packed, rows, frames: FrameReadings, *, batch_size: int = 32, device=None
) -> Looks:
    """Let a reader look at the tracks ``rows`` of ``packed`` once more, and note where it does.

    frames: what `reading.recognise` made of the same tracks, in the same order.
    """
    unknown = np.full((len(packed), recogniser.plate.length), -1)
    batches = TrackBatches(packed, unknown, rows, batch_size, device or best_device())
    model = recogniser.model.to(batches.device).eval()
    pictures, attention = [], []
    for batch in batches:
        with torch.inference_mode(), _overheard(model) as heard:
            recogniser.reader.look(model, batch.images, batch.valid)
        seen = heard.get("frames", batch.images.flatten(0, 1))
        pictures.append(_grey(seen).reshape(*batch.valid.shape, *seen.shape[-2:]))
        if "attention" in heard:  # [B, heads, L, F · COLUMNS]
            shares = heard["attention"].float().mean(1).unflatten(-1, (-1, COLUMNS))
            attention.append(shares.transpose(1, 2).cpu().numpy())
    valid = frames.valid.cpu().numpy()
    whole = np.concatenate(attention) if attention else None
    trust = frames.confidences.cpu().numpy() if whole is None else whole.sum(3).mean(2)
    trust = np.where(valid, trust, 0)
    trust = trust / np.maximum(trust.sum(1, keepdims=True), 1e-9)
    return Looks(np.concatenate(pictures), whole, trust.astype(np.float32), valid, recogniser.plate.length)


@contextmanager
def _overheard(model: nn.Module) -> Iterator[dict[str, Tensor]]:
    """What our reader aligns ("frames") and what its last look attends to ("attention"); other models say nothing."""
    heard: dict[str, Tensor] = {}
    hooks = []
    if getattr(model, "align", None) is not None:
        hooks.append(model.align.register_forward_hook(lambda *said: heard.update(frames=said[-1])))
    if hasattr(model, "looks"):
        hooks.append(model.looks[-1].register_forward_hook(lambda *said: heard.update(attention=said[-1][1])))
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()


def _grey(images: Tensor) -> np.ndarray:
    """Images [N, C, H, W] of any scale as uint8 [N, H, W], each from its darkest to its brightest pixel."""
    grey = images.float().mean(1)
    low, high = grey.amin((1, 2), keepdim=True), grey.amax((1, 2), keepdim=True)
    return (255 * (grey - low) / (high - low).clamp(min=1e-6)).round().byte().cpu().numpy()


def evidence(
    recogniser: Recogniser, packed: Packed, row: int, reading: str, truth: str = "", *, copies: int = 16
) -> np.ndarray:
    """Which pixels of a track's frames its reading hangs on: float32 [F, H, W], 0 to 1, 0 for missing frames.

    It is the size of the gradient, by each pixel, of log p(reading) − log p(truth): where a small change argues most
    for the one text or the other. Without a truth, or where it is the reading, that of log p(reading) alone. The mean
    over ``copies`` of the frames with a little noise, since the gradient of a single one is mostly noise itself
    (Smilkov et al., "SmoothGrad", 2017). Unlike `Looks.frames`, these are the frames before any alignment.
    """
    model, plate = recogniser.model.eval(), recogniser.plate
    device = next(model.parameters()).device
    images = torch.from_numpy(packed.images[row].astype(np.float32) / 255)[None]
    valid = torch.from_numpy(packed.valid[row])[None].to(device)
    texts = [
        torch.from_numpy(plate.encode(text))[None].to(device) for text in {reading: 0, truth or reading: 0}
    ]
    total, noise = torch.zeros_like(images), torch.Generator().manual_seed(0)
    for _ in range(copies):
        copy = (images + NOISE * torch.randn(images.shape, generator=noise)).to(device).requires_grad_()
        with torch.backends.cudnn.flags(enabled=False):  # its LSTM has no gradient while it only reads
            odds = _log_probability(recogniser, copy, valid, texts[0])
            if len(texts) > 1:
                odds = odds - _log_probability(recogniser, copy, valid, texts[1])
        total += torch.autograd.grad(odds, copy)[0].abs().cpu()
    strength = (total * valid.cpu()[..., None, None, None])[0].mean(1).numpy()
    strength = np.stack([cv2.GaussianBlur(frame, (0, 0), BLUR) for frame in strength])
    return strength / max(float(strength.max()), 1e-12)


def _log_probability(recogniser: Recogniser, images: Tensor, valid: Tensor, text: Tensor) -> Tensor:
    """Log-probability, with a gradient, that one track [1, F, C, H, W] says ``text``, int64 [1, L]."""
    steps, joint = recogniser.reader.look(recogniser.model, images, valid)
    if joint is not None:
        return joint[0].gather(-1, text[0][:, None]).sum()
    seen = valid[0]
    return -ctc_loss(steps[:, seen], text.expand(int(seen.sum()), -1)) * text.shape[1]
