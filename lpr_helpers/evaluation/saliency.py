"""The pixels that a reading hangs on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lpr_helpers.data.frames import Packed
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.losses import slot_loss, track_loss
from lpr_helpers.utils.opencv import cv2

NOISE = 0.03
"""Deviation of the noise that `saliency_map` averages over, where white is 1."""
BLUR = 1.5
"""Deviation of its blur in pixels of a frame of 32 × 128: half a pixel of a usual LR frame."""


def saliency_map(
    recogniser: Recogniser, packed: Packed, row: int, reading: str, truth: str = "", *, copies: int = 16
) -> np.ndarray:
    """Which pixels of a track's frames its reading hangs on: float32 [F, H, W], 0 to 1, 0 for missing frames.

    It is the size of the gradient, by each pixel, of log p(reading) − log p(truth): where a small change argues most
    for the one text or the other. Without a truth, or where it is the reading, that of log p(reading) alone. The mean
    over ``copies`` of the frames with a little noise, since the gradient of a single one is mostly noise itself
    (Smilkov et al., "SmoothGrad", 2017). Unlike `Attribution.frames`, these are the frames before any alignment.
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


def saliency_maps(
    recogniser: Recogniser, packed: Packed, rows: Sequence[int], results: pd.DataFrame, chosen: Sequence[int]
) -> dict[int, np.ndarray]:
    """The `saliency_map` of some of the results of the tracks ``rows``, by their position among them."""
    return {
        place: saliency_map(
            recogniser, packed, rows[place], results["reading"].iloc[place], results["text"].iloc[place]
        )
        for place in chosen
    }


def _log_probability(recogniser: Recogniser, images: Tensor, valid: Tensor, text: Tensor) -> Tensor:
    """Log-probability, with a gradient, that one track [1, F, C, H, W] says ``text``, int64 [1, L]."""
    output = recogniser.forward(images, valid)
    whole = output.slot_logits
    loss = track_loss(output, valid, text) if whole is None else slot_loss(whole, text)
    return -loss * text.shape[1]
