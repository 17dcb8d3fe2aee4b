"""Modalities that go missing in training: what a reader of several has to learn to do without."""

from __future__ import annotations

import torch
from torch import Tensor

MODALITY_SHARE = 1 / 3
"""Of the tracks, those that may lose some of their modalities."""


def shown_groups(images: Tensor, groups: tuple[int, ...]) -> Tensor:
    """Which modalities frames [B, F, C, H, W] show, bool [B, F, M]; one that is 0 everywhere is missing.

    groups: channels of each modality.
    """
    lit = (images != 0).flatten(3).any(3)  # [B, F, C]
    return torch.stack([part.any(2) for part in lit.split(groups, 2)], 2)


def hidden_groups(images: Tensor, shown: Tensor, groups: tuple[int, ...]) -> Tensor:
    """Frames [B, F, C, H, W] with all that ``shown``, bool [B, F, M], denies made 0."""
    return images * shown.repeat_interleave(torch.tensor(groups, device=images.device), 2)[..., None, None]


def drop_modalities(images: Tensor, groups: tuple[int, ...]) -> Tensor:
    """Frames [B, F, C, H, W] of which `MODALITY_SHARE` of the tracks keep a random number of their modalities.

    Which of them, and how many from one to all, is random; a track keeps one that it has at least. With one modality
    alone nothing changes, and no random number is drawn.
    """
    if len(groups) < 2:
        return images
    shown = shown_groups(images, groups)
    has = shown.any(1)  # [B, M]
    order = torch.rand(has.shape, device=images.device).masked_fill(~has, 2.0).argsort(1).argsort(1)
    kept = torch.randint(1, len(groups) + 1, (len(images), 1), device=images.device)
    some = torch.rand(len(images), 1, device=images.device) < MODALITY_SHARE
    return hidden_groups(images, shown & (~some | (order < kept))[:, None], groups)
