"""A small SVTR for single frames: patches attend to their neighbours, then to all, and end in columns for CTC."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lpr_helpers.models.layers import COLUMNS, EncoderLayer, conv, init_weights, standardise

WINDOW = (7, 11)
"""Rows and columns of the neighbourhood that local mixing sees."""
WIDTHS = (64, 128, 192)
"""Features of a patch in each of the stages."""


class Mixing(nn.Module):
    """A stage: ``local`` layers in which patches see their neighbours, and ``everywhere`` in which they see all."""

    def __init__(self, width: int, rows: int, local: int, everywhere: int, dropout: float) -> None:
        super().__init__()
        self.local = nn.ModuleList(EncoderLayer(width, dropout) for _ in range(local))
        self.everywhere = nn.ModuleList(EncoderLayer(width, dropout) for _ in range(everywhere))
        self.register_buffer("hidden", _far_apart(rows), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """[N, width, rows, COLUMNS] → the same shape."""
        tokens = images.flatten(2).transpose(1, 2)  # [N, rows · COLUMNS, width]
        for layer in self.local:
            tokens = layer(tokens, self.hidden)
        for layer in self.everywhere:
            tokens = layer(tokens)
        return tokens.transpose(1, 2).unflatten(2, images.shape[2:])


class SVTR(nn.Module):
    """Overlapping patches, three stages of mixing with half the rows after each, and one linear layer.

    Parameters
    ----------
    classes: characters of the alphabet plus the blank, which is class 0. channels: 1 grey, 3 red-green-blue.
    dropout: in all layers.

    Source: Du et al., 2022, with two thirds of the layers of their smallest, narrower ones, and batch normalisation
    after merging, which reading folds away.
    """

    def __init__(self, classes: int = 37, channels: int = 1, dropout: float = 0.1) -> None:
        super().__init__()
        first, second, third = WIDTHS
        self.patches = nn.Sequential(conv(channels, first // 2, 3, 2, 1), conv(first // 2, first, 3, 2, 1))
        self.position = nn.Parameter(0.02 * torch.randn(first, 8, COLUMNS))
        self.stages = nn.Sequential(
            Mixing(first, 8, local=2, everywhere=0, dropout=dropout),  # [64, 8, 32]
            _merge(first, second),
            Mixing(second, 4, local=2, everywhere=2, dropout=dropout),  # [128, 4, 32]
            _merge(second, third),
            Mixing(third, 2, local=0, everywhere=2, dropout=dropout),  # [192, 2, 32]
        )
        self.combine = nn.Sequential(
            nn.LayerNorm(third), nn.Linear(third, third), nn.Hardswish(), nn.Dropout(dropout)
        )
        self.head = nn.Linear(third, classes)
        self.apply(init_weights)

    def forward(self, images: Tensor) -> Tensor:
        """Frames, float [B, channels, 32, 128] in 0…1 → logits [T = 32, B, classes]."""
        features = self.patches(standardise(images).to(self.position.dtype)) + self.position  # [B, 64, 8, 32]
        columns = self.stages(features).mean(2).transpose(1, 2)  # [B, T, 192]
        return self.head(self.combine(columns)).transpose(0, 1)  # [T, B, classes]

    def matrices(self) -> list[nn.Parameter]:
        """The weights between the first convolution and the last layer, which the optimiser Muon is for."""
        middle = (self.patches[1], self.stages, self.combine)
        return [weight for part in middle for weight in part.parameters() if weight.ndim > 1]


def _merge(before: int, after: int) -> nn.Sequential:
    """Half the rows: [N, before, H, W] → [N, after, H / 2, W]."""
    return nn.Sequential(nn.Conv2d(before, after, 3, (2, 1), 1, bias=False), nn.BatchNorm2d(after))


def _far_apart(rows: int) -> Tensor:
    """−∞ for each pair of patches that are no neighbours, else 0: [rows · COLUMNS, rows · COLUMNS]."""
    row, column = torch.arange(rows * COLUMNS) // COLUMNS, torch.arange(rows * COLUMNS) % COLUMNS
    far = (row[:, None] - row).abs() > WINDOW[0] // 2
    far = far | ((column[:, None] - column).abs() > WINDOW[1] // 2)
    return torch.zeros(far.shape).masked_fill(far, -torch.inf)
