"""Our reader: all frames of a track at once, one answer for each slot of the plate."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lpr_helpers.models.layers import (
    COLUMNS,
    DecoderLayer,
    EncoderLayer,
    Residual,
    SpatialTransformer,
    conv,
    evenly_spaced,
    repeated,
    standardise,
)
from lpr_helpers.models.output import Output


class MultiFrameReader(nn.Module):
    """Convolutions for each frame, fused early by their mean and late by the cross-attention of one query a slot.

    Parameters
    ----------
    characters, length: of the plate. channels: 1 grey, 3 red-green-blue. width: features of a column.
    encoder_layers: in which the columns of all frames attend to one another. decoder_layers: in which the queries
    attend to the columns. align: turn, scale and shift every frame first. detail: how many times the channels of the
    convolutions. residual_layers: at the coarser of two sizes; the finer one has one less. early_fusion: give every
    frame the mean of all after the first convolutions.
    Frames have no order: any number of them, missing ones too, can be read. Of a track without a valid frame it reads
    what the images hold; `fuse` does not believe that.
    """

    def __init__(
        self,
        characters: int = 36,
        length: int = 7,
        channels: int = 1,
        width: int = 192,
        encoder_layers: int = 0,
        decoder_layers: int = 2,
        dropout: float = 0.0,
        align: bool = True,
        detail: int = 1,
        residual_layers: int = 1,
        early_fusion: bool = True,
    ) -> None:
        super().__init__()
        first, fine, coarse = 48 * detail, 64 * detail, 96 * detail
        self.align = SpatialTransformer(channels) if align else None
        self.stem = nn.Sequential(
            conv(channels, first, 4, 2, 1),
            conv(first, fine, 3, (2, 1), 1),  # [fine, 8, 64]
            *(Residual(conv(fine, fine, 3, 1, 1)) for _ in range(residual_layers - 1)),
        )
        self.early_fusion = nn.Conv2d(fine, fine, 1) if early_fusion else None
        self.stages = nn.Sequential(
            conv(fine, coarse, 3, 2, 1),  # [coarse, 4, 32]
            *(Residual(conv(coarse, coarse, 3, 1, 1)) for _ in range(residual_layers)),
            conv(coarse, width, (4, 3), 1, (0, 1)),  # [width, 1, 32]
        )
        self.position = nn.Parameter(0.02 * torch.randn(COLUMNS, width))
        self.encoder = nn.ModuleList(EncoderLayer(width, dropout) for _ in range(encoder_layers))
        self.norm = nn.LayerNorm(width)
        self.quality = nn.Linear(width, 1)
        self.queries = nn.Parameter(0.02 * torch.randn(length, width))
        self.query_bias = nn.Parameter(evenly_spaced(length))
        self.decoder = nn.ModuleList(DecoderLayer(width, dropout) for _ in range(decoder_layers))
        self.attention = nn.Identity()  # passed by the weights, for whoever draws them
        self.slot_head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, characters))
        self.ctc_head = nn.Linear(width, 1 + characters)

    def forward(self, images: Tensor, valid: Tensor) -> Output:
        """Tracks, float [B, F, channels, 32, 128] in 0…1, and which frames they have, bool [B, F] → `Output`."""
        batch, frames = valid.shape
        valid = valid | ~valid.any(1, keepdim=True)  # attention to nothing would be no number
        pixels = standardise(images.flatten(0, 1))
        pixels = self.align(pixels) if self.align else pixels
        features = self.stem(pixels.to(self.position.dtype).contiguous(memory_format=torch.channels_last))
        if self.early_fusion:
            common = self.early_fusion(_frame_mean(features, valid))
            features = features + repeated(common, frames, 0)
        tokens = self.stages(features).squeeze(2).transpose(1, 2) + self.position  # [B·F, T, width]
        ctc_logits = self.ctc_head(tokens).transpose(0, 1)
        tokens = tokens.unflatten(0, (batch, frames)).flatten(1, 2)  # [B, F·T, width]
        hidden = repeated(valid.logical_not(), COLUMNS, 1)
        bias = torch.zeros_like(hidden, dtype=tokens.dtype).masked_fill(hidden, -torch.inf)[:, None, None]
        for layer in self.encoder:
            tokens = layer(tokens, bias)
        memory = self.norm(tokens)
        quality = self.quality(memory.unflatten(1, (frames, COLUMNS)).mean(2))[..., 0]  # [B, F]
        bias = bias + repeated(quality, COLUMNS, 1)[:, None, None] + self.query_bias.repeat(1, frames)
        queries = self.queries.expand(batch, -1, -1)
        for layer in self.decoder:
            queries, weights = layer(queries, memory, bias)
        shares = self.attention(weights.mean(1).unflatten(-1, (frames, COLUMNS)))  # [B, L, F, T]
        frame_weights = shares.sum(-1).mean(1)
        return Output(ctc_logits, slot_logits=self.slot_head(queries), frame_weights=frame_weights)

    def matrices(self) -> list[nn.Parameter]:
        """The weights between the first layer and the last ones, which the optimiser Muon is for."""
        middle = (self.stem[1:], self.early_fusion, self.stages, self.encoder, self.decoder)
        return [weight for part in middle if part for weight in part.parameters() if weight.ndim > 1]

    def slow(self) -> list[nn.Parameter]:
        """The weights of the alignment, which shakes the frames if it learns as fast as all else: in the beginning no
        query can find its character then.
        """
        return list(self.align.parameters()) if self.align else []


def _frame_mean(features: Tensor, valid: Tensor) -> Tensor:
    """What the valid frames show in common: features [B·F, C, H, W] and bool [B, F] → [B, C, H, W]."""
    weight = (valid / valid.sum(1, keepdim=True)).to(features.dtype)[..., None, None, None]
    return (features.unflatten(0, tuple(valid.shape)) * weight).sum(1)
