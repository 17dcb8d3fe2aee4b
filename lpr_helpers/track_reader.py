"""Our reader: all frames of a track at once, one answer for each of the plate's places."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import affine_grid, cross_entropy, grid_sample

from lpr_helpers.models import ctc_loss, standardise

COLUMNS = 32
"""Columns of features that a frame becomes."""
HEAD = 32
"""Features of an attention head."""
REACH = 0.3
"""How far alignment can move a frame: its scale, shear and shift, in halves of a frame."""
SPREAD = 3.0
"""Columns by which a character may be off its place, one standard deviation, before anything is learnt."""
CTC_SHARE = 0.25
"""Weight of the CTC loss, nats per character, beside the cross-entropy of the places."""


@dataclass(frozen=True)
class Said:
    """What the reader says of B tracks of F frames.

    slots: [B, L, A] logits of each character at each place. steps: [T, B·F, 1 + A] logits of every frame on its own,
    for CTC, blank 0. trust: float32 [B, F], share of the attention that each frame got, sums to 1.
    """

    slots: Tensor
    steps: Tensor
    trust: Tensor


class TrackReader(nn.Module):
    """Convolutions for each frame, joined early by their mean and late by the attention of one query a place.

    Parameters
    ----------
    characters, length: of the plate. channels: 1 grey, 3 red-green-blue. width: features of a column. mixers:
    transformer layers in which the columns of all frames see one another. looks: layers in which the places look at
    the columns. align: turn, scale and shift every frame first. Frames have no order: any number of them, missing ones
    too, can be read. Of a track without a valid frame it reads what the images hold; `fusion.fuse` does not believe
    that.

    ``forward``: float [B, F, channels, 32, 128] in 0…1 and valid bool [B, F] → `Said`.
    """

    def __init__(
        self,
        characters: int = 36,
        length: int = 7,
        channels: int = 1,
        width: int = 192,
        mixers: int = 0,
        looks: int = 2,
        dropout: float = 0.0,
        align: bool = True,
    ):
        super().__init__()
        self.align = _Align(channels) if align else None
        self.near = nn.Sequential(_conv(channels, 48, 4, 2, 1), _conv(48, 64, 3, (2, 1), 1))  # [64, 8, 64]
        self.early = nn.Conv2d(64, 64, 1)
        self.far = nn.Sequential(
            _conv(64, 96, 3, 2, 1),  # [96, 4, 32]
            _Residual(_conv(96, 96, 3, 1, 1)),
            _conv(96, width, (4, 3), 1, (0, 1)),  # [width, 1, 32]
        )
        self.place = nn.Parameter(0.02 * torch.randn(COLUMNS, width))
        self.mixers = nn.ModuleList(_Mixer(width, dropout) for _ in range(mixers))
        self.settle = nn.LayerNorm(width)
        self.quality = nn.Linear(width, 1)
        self.queries = nn.Parameter(0.02 * torch.randn(length, width))
        self.where = nn.Parameter(_evenly_spaced(length))
        self.looks = nn.ModuleList(_Look(width, dropout) for _ in range(looks))
        self.slots = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, characters))
        self.steps = nn.Linear(width, 1 + characters)

    def forward(self, images: Tensor, valid: Tensor) -> Said:
        batch, frames = valid.shape
        valid = valid | ~valid.any(1, keepdim=True)  # attention to nothing would be no number
        pixels = standardise(images.flatten(0, 1))
        pixels = self.align(pixels) if self.align else pixels
        near = self.near(pixels.to(self.place.dtype).contiguous(memory_format=torch.channels_last))
        near = near + self._mean(near, valid)
        tokens = self.far(near).squeeze(2).transpose(1, 2) + self.place  # [B·F, T, width]
        steps = self.steps(tokens).transpose(0, 1)
        tokens = tokens.unflatten(0, (batch, frames)).flatten(1, 2)  # [B, F·T, width]
        hidden = valid.logical_not().repeat_interleave(COLUMNS, 1)
        bias = torch.zeros_like(hidden, dtype=tokens.dtype).masked_fill(hidden, -torch.inf)[:, None, None]
        for mixer in self.mixers:
            tokens = mixer(tokens, bias)
        tokens = self.settle(tokens)
        quality = self.quality(tokens.unflatten(1, (frames, COLUMNS)).mean(2))[..., 0]  # [B, F]
        bias = bias + quality.repeat_interleave(COLUMNS, 1)[:, None, None] + self.where.repeat(1, frames)
        places = self.queries.expand(batch, -1, -1)
        for look in self.looks:
            places, attention = look(places, tokens, bias)
        trust = attention.float().unflatten(-1, (frames, COLUMNS)).sum(-1).mean((1, 2))
        return Said(self.slots(places), steps, trust)

    def matrices(self) -> list[nn.Parameter]:
        """The weights between the first layer and the last ones, which the optimiser Muon is for."""
        middle = (self.near[1], self.early, self.far, self.mixers, self.looks)
        return [weight for part in middle for weight in part.parameters() if weight.ndim > 1]

    def _mean(self, near: Tensor, valid: Tensor) -> Tensor:
        """What the valid frames show in common, for each of the frames."""
        batch, frames = valid.shape
        weight = (valid / valid.sum(1, keepdim=True)).to(near.dtype)[..., None, None, None]
        common = self.early((near.unflatten(0, (batch, frames)) * weight).sum(1))
        return common.repeat_interleave(frames, 0)


def track_loss(model: nn.Module, images: Tensor, valid: Tensor, targets: Tensor) -> Tensor:
    """What `TrackReader` is trained on: cross-entropy of the places, and a little of every frame's CTC loss.

    images: float [B, F, C, H, W]. valid: bool [B, F]. targets: int64 [B, L].
    """
    said, valid_frames = model(images, valid), valid.flatten()
    places = cross_entropy(said.slots.float().flatten(0, 1), targets.flatten())
    targets = targets.repeat_interleave(valid.shape[1], 0)
    return places + CTC_SHARE * ctc_loss(said.steps[:, valid_frames], targets[valid_frames])


def _evenly_spaced(length: int) -> Tensor:
    """Where a place is looked for before anything is learnt: log-weights [length, COLUMNS] of characters side by side.

    Without it, nothing but chance tells the places apart, and learning stands still until they have found theirs.
    """
    centres = (torch.arange(length) + 0.5) * COLUMNS / length - 0.5
    return -((torch.arange(COLUMNS) - centres[:, None]) ** 2) / (2 * SPREAD**2)


class _Align(nn.Module):
    """A spatial transformer (Jaderberg et al., 2015): each frame [N, channels, 32, 128] as it is best read.

    Its reach is bounded. One that may look anywhere can lose the plate early on, and then nothing is ever learnt.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.reach = REACH
        self.pose = nn.Sequential(
            nn.Conv2d(channels, 16, 5, 4, 2),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, 2, 1),  # [32, 4, 16]
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 4 * 16, 6),
        )
        nn.init.zeros_(self.pose[-1].weight)  # frames stay as they are, to begin with
        nn.init.zeros_(self.pose[-1].bias)

    def forward(self, frames: Tensor) -> Tensor:
        move = self.pose(frames.to(self.pose[0].weight.dtype)).float().view(-1, 2, 3)
        move = self.reach * (move / self.reach).tanh()
        with torch.autocast(
            frames.device.type, enabled=False
        ):  # places in half precision would be too coarse
            grid = affine_grid(
                torch.eye(2, 3, device=frames.device) + move, list(frames.shape), align_corners=False
            )
            return grid_sample(frames.float(), grid, padding_mode="border", align_corners=False)


class _Mixer(nn.Module):
    """A transformer layer over all columns of all frames."""

    def __init__(self, width: int, dropout: float):
        super().__init__()
        self.before, self.inner = nn.LayerNorm(width), nn.Linear(width, 3 * width)
        self.outer, self.dropout = nn.Linear(width, width), nn.Dropout(dropout)
        self.think = _mlp(width, dropout)

    def forward(self, tokens: Tensor, bias: Tensor) -> Tensor:
        query, key, value = _heads(self.inner(self.before(tokens))).chunk(3, 1)
        tokens = tokens + self.dropout(self.outer(_attend(query, key, value, bias)[0]))
        return tokens + self.think(tokens)


class _Look(nn.Module):
    """The places of the plate look at the columns of all frames, then at one another, and think."""

    def __init__(self, width: int, dropout: float):
        super().__init__()
        self.before, self.query, self.pair = (
            nn.LayerNorm(width),
            nn.Linear(width, width),
            nn.Linear(width, 2 * width),
        )
        self.outer, self.dropout = nn.Linear(width, width), nn.Dropout(dropout)
        self.among = _Mixer(width, dropout)

    def forward(self, places: Tensor, tokens: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        query = _heads(self.query(self.before(places)))
        key, value = _heads(self.pair(tokens)).chunk(2, 1)
        seen, attention = _attend(query, key, value, bias)
        places = places + self.dropout(self.outer(seen))
        return self.among(places, None), attention


class _Residual(nn.Module):
    def __init__(self, inner: nn.Module):
        super().__init__()
        self.inner = inner

    def forward(self, images: Tensor) -> Tensor:
        return images + self.inner(images)


def _conv(before: int, after: int, kernel, stride, padding) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, stride, padding, bias=False), nn.BatchNorm2d(after), nn.ReLU()
    )


def _mlp(width: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(width),
        nn.Linear(width, 2 * width),
        nn.GELU(approximate="tanh"),
        nn.Linear(2 * width, width),
        nn.Dropout(dropout),
    )


def _attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor]:
    """Attention of [B, heads, N, HEAD] to M others: what was seen [B, N, width], and the weights [B, heads, N, M].

    On a CPU this trains a tenth faster than torch's fused attention, and the weights are wanted anyway.
    """
    scores = query @ key.transpose(-1, -2) * HEAD**-0.5
    weights = (scores if bias is None else scores + bias).float().softmax(-1)
    return (weights.to(value.dtype) @ value).transpose(1, 2).flatten(2), weights


def _heads(tokens: Tensor) -> Tensor:
    """[B, N, heads · HEAD] → [B, heads, N, HEAD]."""
    return tokens.unflatten(-1, (-1, HEAD)).transpose(1, 2)
