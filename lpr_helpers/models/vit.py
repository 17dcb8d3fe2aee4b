"""A vision transformer for single frames: patches attend to one another, and one query a slot to them all."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lpr_helpers.models.layers import DecoderLayer, EncoderLayer, evenly_spaced, init_weights, standardise

PATCH = (4, 8)
"""Height and width of a patch, in pixels."""
ROWS, COLUMNS = 32 // PATCH[0], 128 // PATCH[1]
"""Patches of a frame: 8 × 16."""


class VisionTransformer(nn.Module):
    """Patches with their positions, an encoder, and one decoder layer whose queries stand for the slots.

    Parameters
    ----------
    characters, length: of the plate. channels: 1 grey, 3 red-green-blue. width: features of a patch.
    encoder_layers: in which patches attend to one another. dropout: in all layers.

    Source: Dosovitskiy et al., 2021, made small; the queries begin evenly spaced, as those of our reader.
    """

    def __init__(
        self,
        characters: int = 36,
        length: int = 7,
        channels: int = 1,
        width: int = 192,
        encoder_layers: int = 5,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.patches = nn.Conv2d(channels, width, PATCH, PATCH)
        self.position = nn.Parameter(0.02 * torch.randn(ROWS * COLUMNS, width))
        self.encoder = nn.ModuleList(EncoderLayer(width, dropout) for _ in range(encoder_layers))
        self.norm = nn.LayerNorm(width)
        self.queries = nn.Parameter(0.02 * torch.randn(length, width))
        self.query_bias = nn.Parameter(evenly_spaced(length, COLUMNS))
        self.decoder = DecoderLayer(width, dropout)
        self.attention = nn.Identity()  # passed by the weights, for whoever draws them
        self.slot_head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, characters))
        self.apply(init_weights)

    def forward(self, images: Tensor) -> Tensor:
        """Frames, float [B, channels, 32, 128] in 0…1 → logits [B, length, characters]."""
        patches = self.patches(standardise(images).to(self.position.dtype))  # [B, width, 8, 16]
        tokens = patches.flatten(2).transpose(1, 2) + self.position  # [B, 128, width]
        for layer in self.encoder:
            tokens = layer(tokens)
        bias = self.query_bias.repeat(1, ROWS)  # [L, 128]
        queries = self.queries.expand(tokens.shape[0], -1, -1)
        queries, weights = self.decoder(queries, self.norm(tokens), bias)  # [B, L, width], [B, heads, L, 128]
        self.attention(weights.mean(1).unflatten(-1, (ROWS, COLUMNS)).sum(2))  # [B, L, 16]
        return self.slot_head(queries)

    def matrices(self) -> list[nn.Parameter]:
        """The weights between the patches and the head, which the optimiser Muon is for."""
        middle = (self.encoder, self.decoder)
        return [weight for part in middle for weight in part.parameters() if weight.ndim > 1]
