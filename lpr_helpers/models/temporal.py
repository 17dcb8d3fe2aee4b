"""A track as a sequence: what each frame says of each slot, followed over time by a GRU or a small transformer."""

from __future__ import annotations

import math

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
    standardise,
)
from lpr_helpers.models.output import Output

SLOWEST = 100.0
"""The longest wave that tells frames apart has 2π · `SLOWEST` of them."""


class TemporalReader(nn.Module):
    """Convolutions for each frame, pooled to slots by a query for each, then a temporal model over the frames.

    Parameters
    ----------
    characters, length: of the plate. channels: 1 grey, 3 red-green-blue. width: features of a column and of a slot.
    gru_layers: bidirectional GRUs over the frames. encoder_layers: in which a slot's frames attend to one another,
    knowing their places in time. align: turn, scale and shift every frame first. Frames have an order, and there may be
    any number; missing ones are passed over.

    Frames are pooled before time is modelled: the plate moves within its crop, so a column shows different characters
    from frame to frame, and a slot does not. Convolutions are those of our reader, without its early fusion.
    """

    def __init__(
        self,
        characters: int = 36,
        length: int = 7,
        channels: int = 1,
        width: int = 192,
        gru_layers: int = 1,
        encoder_layers: int = 0,
        dropout: float = 0.0,
        align: bool = True,
    ) -> None:
        super().__init__()
        self.align = SpatialTransformer(channels) if align else None
        self.stages = nn.Sequential(
            conv(channels, 48, 4, 2, 1),
            conv(48, 64, 3, (2, 1), 1),  # [64, 8, 64]
            conv(64, 96, 3, 2, 1),  # [96, 4, 32]
            Residual(conv(96, 96, 3, 1, 1)),
            conv(96, width, (4, 3), 1, (0, 1)),  # [width, 1, 32]
        )
        self.position = nn.Parameter(0.02 * torch.randn(COLUMNS, width))
        self.norm = nn.LayerNorm(width)
        self.queries = nn.Parameter(0.02 * torch.randn(length, width))
        self.query_bias = nn.Parameter(evenly_spaced(length))
        self.pool = DecoderLayer(width, dropout)
        self.gru = nn.ModuleList(TemporalGRU(width, dropout) for _ in range(gru_layers))
        self.encoder = nn.ModuleList(EncoderLayer(width, dropout) for _ in range(encoder_layers))
        self.quality = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 1))
        self.attention = nn.Identity()  # passed by the weights, for whoever draws them
        self.slot_head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, characters))
        self.ctc_head = nn.Linear(width, 1 + characters)

    def forward(self, images: Tensor, valid: Tensor) -> Output:
        """Tracks, float [B, F, channels, 32, 128] in 0…1, and which frames they have, bool [B, F] → `Output`."""
        batch, frames = valid.shape
        valid = valid | ~valid.any(1, keepdim=True)  # attention to nothing would be no number
        pixels = standardise(images.flatten(0, 1))
        pixels = self.align(pixels) if self.align else pixels
        pixels = pixels.to(self.position.dtype).contiguous(memory_format=torch.channels_last)
        columns = self.stages(pixels).squeeze(2).transpose(1, 2) + self.position  # [B·F, T, width]
        ctc_logits = self.ctc_head(columns).transpose(0, 1)
        queries = self.queries.expand(batch * frames, -1, -1)
        slots, places = self.pool(
            queries, self.norm(columns), self.query_bias
        )  # [B·F, L, width], [B·F, heads, L, T]
        length = slots.shape[1]
        states = slots.unflatten(0, (batch, frames)).transpose(1, 2).flatten(0, 1)  # [B·L, F, width]
        states, scores = self._over_time(states, valid.repeat_interleave(length, 0))
        shares = scores.softmax(1)  # [B·L, F], of each frame in each slot
        joined = (shares.to(states.dtype)[..., None] * states).sum(1).unflatten(0, (batch, length))
        shares = shares.unflatten(0, (batch, length))  # [B, L, F]
        places = places.mean(1).unflatten(0, (batch, frames)).transpose(1, 2)  # [B, L, F, T]
        self.attention(shares[..., None] * places)
        return Output(ctc_logits, slot_logits=self.slot_head(joined), frame_weights=shares.mean(1))

    def matrices(self) -> list[nn.Parameter]:
        """The weights between the first layer and the last ones, which the optimiser Muon is for."""
        middle = (self.stages[1:], self.pool, self.gru, self.encoder)
        return [weight for part in middle for weight in part.parameters() if weight.ndim > 1]

    def slow(self) -> list[nn.Parameter]:
        """The weights of the alignment, as in our reader."""
        return list(self.align.parameters()) if self.align else []

    def _over_time(self, states: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """One slot's frames [N, F, width] → the same, knowing of one another, and their scores, float32 [N, F]."""
        for layer in self.gru:
            states = layer(states, valid)
        if self.encoder:
            states = states + time_waves(states.shape[1], states.shape[2], states.device).to(states.dtype)
            bias = torch.zeros_like(valid, dtype=states.dtype).masked_fill(~valid, -torch.inf)[:, None, None]
            for layer in self.encoder:
                states = layer(states, bias)
        return states, self.quality(states)[..., 0].float().masked_fill(~valid, -torch.inf)


class TemporalGRU(nn.Module):
    """What comes in, plus what a GRU each way over time has gathered (Cho et al., 2014), past missing frames."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm, self.dropout = nn.LayerNorm(width), nn.Dropout(dropout)
        self.forth, self.back = nn.GRUCell(width, width // 2), nn.GRUCell(width, width // 2)

    def forward(self, states: Tensor, valid: Tensor) -> Tensor:
        """[N, F, width] and which of them are there, bool [N, F] → the same shape."""
        tokens = self.norm(states)
        # elsewhere in turn: a GRU whose weights are those of cells is warned of, and laid out anew, on a GPU
        gathered = gathered_at_once if torch.onnx.is_in_onnx_export() else gathered_in_turn
        ways = [
            gathered(self.forth, tokens, valid),
            gathered(self.back, tokens.flip(1), valid.flip(1)).flip(1),
        ]
        return states + self.dropout(torch.cat(ways, -1))


def gathered_in_turn(cell: nn.GRUCell, tokens: Tensor, valid: Tensor) -> Tensor:
    """The cell's state after each frame of [N, F, width], which a missing frame leaves as it was: [N, F, hidden]."""
    state, states = tokens.new_zeros(len(tokens), cell.hidden_size), []
    for token, there in zip(tokens.unbind(1), valid.unbind(1), strict=True):
        state = torch.where(there[:, None], cell(token, state).to(state.dtype), state)
        states.append(state)
    return torch.stack(states, 1)


def gathered_at_once(cell: nn.GRUCell, tokens: Tensor, valid: Tensor) -> Tensor:
    """The same without a loop, which a graph would hold for one number of frames: frames that are there come first.

    What comes after them changes no earlier state; each frame then takes the state after as many as are there up to it.
    """
    order = torch.argsort(
        (~valid).int() * valid.shape[1] + torch.arange(valid.shape[1], device=valid.device), 1
    )
    packed = tokens.gather(1, order[..., None].expand_as(tokens))
    weights = [cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh]
    before = tokens.new_zeros(1, tokens.shape[0], cell.hidden_size)
    states, _ = torch.gru(packed, before, weights, True, 1, 0.0, False, False, True)
    states = torch.cat([before.transpose(0, 1), states], 1)  # [N, 1 + F, hidden]
    met = valid.long().cumsum(1)[..., None]
    return states.gather(1, met.expand(-1, -1, cell.hidden_size))


def time_waves(frames: int, width: int, device: torch.device | None = None) -> Tensor:
    """Sines and cosines that tell a frame's place in time, float32 [frames, width] (Vaswani et al., 2017)."""
    rates = torch.exp(-math.log(SLOWEST) * torch.arange(width // 2, device=device) / (width // 2))
    angles = torch.arange(frames, device=device)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], 1)
