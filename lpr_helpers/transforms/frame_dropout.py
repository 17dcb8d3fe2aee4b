"""Frames that go missing: what a reader of whole tracks has to learn to do without."""

from __future__ import annotations

import torch
from torch import Tensor

SHORT_SHARE = 1 / 3  # of the tracks, for readers of whole ones
DROP_RATE = 0.1  # share of the frames lost, never a track's last one


def drop_frames(valid: Tensor, scale: float = 1.0) -> Tensor:
    """Drop `DROP_RATE` of the frames of bool [B, F]; a track that would lose all keeps what it had."""
    kept = valid & (torch.rand(valid.shape, device=valid.device) >= scale * DROP_RATE)
    return torch.where(kept.any(1, keepdim=True), kept, valid)


def shorten_tracks(valid: Tensor) -> Tensor:
    """Of `SHORT_SHARE` of the tracks in bool [B, F], keep a random number of frames; a reader learns to do with any.

    Which of them, and how many from one to all, is random; other tracks keep what they had.
    """
    count = valid.shape[1]
    order = torch.rand(valid.shape, device=valid.device).masked_fill(~valid, 2.0).argsort(1).argsort(1)
    kept = torch.randint(1, count + 1, (len(valid), 1), device=valid.device)
    short = torch.rand(len(valid), 1, device=valid.device) < SHORT_SHARE
    return valid & (~short | (order < kept))
