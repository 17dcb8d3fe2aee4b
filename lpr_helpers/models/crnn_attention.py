"""The report's CRNN, read one character after another by a decoder that attends to its columns."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lpr_helpers.models.crnn import CRNN
from lpr_helpers.models.layers import evenly_spaced, init_weights


class AttentionCRNN(CRNN):
    """The CRNN with a sequence-to-sequence decoder (Bahdanau et al., 2015) in place of CTC: a step for each slot.

    Parameters
    ----------
    characters, length: of the plate. channels: 1 grey, 3 red-green-blue. hidden: units of the decoder, and of the LSTM
    in each direction. dropout: in the LSTM, and before the last layer.

    A step knows the character before it as the decoder's own softmax, in training too: the truth, which others feed in
    there (teacher forcing), never reaches `forward`, so training and reading are one path. Each step is told where
    its slot would be if all stood evenly spaced, and learns the rest.
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
        self.key, self.query = nn.Linear(2 * hidden, hidden), nn.Linear(hidden, hidden)
        self.score = nn.Linear(hidden, 1)
        self.query_bias = nn.Parameter(evenly_spaced(length))
        self.attention = nn.Identity()  # passed by the weights, for whoever draws them
        self.embedding = nn.Linear(characters, hidden)
        self.cell = nn.LSTMCell(3 * hidden, hidden)
        self.head = nn.Linear(hidden, characters)
        self.apply(init_weights)

    def forward(self, images: Tensor) -> Tensor:
        """Frames, float [B, channels, 32, 128] in 0…1 → logits [B, length, characters]."""
        columns = self.columns(images)  # [B, T, 2·hidden]
        keys = self.key(columns)  # [B, T, hidden]
        state = memory = keys.new_zeros(keys.shape[0], keys.shape[2])
        said = keys.new_zeros(keys.shape[0], self.head.out_features)  # nothing yet
        logits, attention = [], []
        for bias in self.query_bias:
            scores = self.score((keys + self.query(state)[:, None]).tanh())[..., 0] + bias  # [B, T]
            weights = scores.float().softmax(-1)
            seen = (weights.to(columns.dtype)[:, None] @ columns)[:, 0]  # [B, 2·hidden]
            state, memory = self.cell(torch.cat((seen, self.embedding(said)), 1), (state, memory))
            logits.append(self.head(self.dropout(state)))
            said = logits[-1].float().softmax(-1).to(said.dtype)
            attention.append(weights)
        self.attention(torch.stack(attention, 1))  # [B, L, T]
        return torch.stack(logits, 1)
