"""The report's CRNN, whose columns are read by one query for each character of the plate."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lpr_helpers.models.crnn import CRNN
from lpr_helpers.models.layers import evenly_spaced


class SlotCRNN(CRNN):
    """The CRNN with attention for each character in place of CTC: all slots at once, each by a learned query.

    Parameters
    ----------
    characters, length: of the plate. channels: 1 grey, 3 red-green-blue. hidden: LSTM units in each direction.
    dropout: in the LSTM, and before the last layer.

    The report names it (10.2) and draws nothing. The queries begin evenly spaced, as those of our reader.
    """

    def __init__(
        self,
        characters: int = 36,
        length: int = 7,
        channels: int = 1,
        hidden: int = 256,
        dropout: float = 0.3,
    ) -> None:
        super().__init__(characters, channels, hidden, dropout)
        self.key = nn.Linear(2 * hidden, 2 * hidden)
        self.queries = nn.Parameter(torch.randn(length, 2 * hidden))
        self.query_bias = nn.Parameter(evenly_spaced(length))
        self.attention = nn.Identity()  # passed by the weights, for whoever draws them

    def forward(self, images: Tensor) -> Tensor:
        """Frames, float [B, channels, 32, 128] in 0…1 → logits [B, length, characters]."""
        columns = self.columns(images)  # [B, T, 2·hidden]
        scores = self.queries @ self.key(columns).transpose(1, 2) * columns.shape[2] ** -0.5  # [B, L, T]
        weights = self.attention((scores + self.query_bias).float().softmax(-1))
        seen = weights.to(columns.dtype) @ columns  # [B, L, 2·hidden]
        return self.head(self.dropout(seen))  # [B, L, characters]
