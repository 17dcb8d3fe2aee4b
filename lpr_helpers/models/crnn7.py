"""The CRNN of the paper, which the report's is a short form of: seven convolutions instead of four."""

from __future__ import annotations

from torch import Tensor, nn

from lpr_helpers.models.layers import init_weights, standardise


class SevenLayerCRNN(nn.Module):
    """Seven convolutions, a bidirectional LSTM of two layers, one linear layer.

    Parameters
    ----------
    classes: characters of the alphabet plus the blank, which is class 0. channels: 1 grey, 3 red-green-blue.
    hidden: LSTM units in each direction. dropout: between and after the LSTM layers.

    Source: Shi et al., 2016, table 1, with the pooling of their code, which pads the width. A frame of 32 × 128 is
    wider than their 100 pixels and gives 33 time steps. Weights and frames begin as in `crnn.CRNN`.
    """

    def __init__(self, classes: int = 37, channels: int = 1, hidden: int = 256, dropout: float = 0.3) -> None:
        super().__init__()
        self.features = nn.Sequential(  # of a frame [channels, 32, 128]
            *(nn.Conv2d(channels, 64, 3, padding=1), nn.ReLU()),
            nn.MaxPool2d(2),  # [64, 16, 64]
            *(nn.Conv2d(64, 128, 3, padding=1), nn.ReLU()),
            nn.MaxPool2d(2),  # [128, 8, 32]
            *(nn.Conv2d(128, 256, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU()),
            nn.MaxPool2d(2, (2, 1), (0, 1)),  # [256, 4, 33]
            *(nn.Conv2d(256, 512, 3, padding=1), nn.BatchNorm2d(512), nn.ReLU()),
            *(nn.Conv2d(512, 512, 3, padding=1), nn.BatchNorm2d(512), nn.ReLU()),
            nn.MaxPool2d(2, (2, 1), (0, 1)),  # [512, 2, 34]
            *(nn.Conv2d(512, 512, 2), nn.ReLU()),  # [512, 1, 33]
        )
        self.sequence = nn.LSTM(512, hidden, 2, bidirectional=True, dropout=dropout, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * hidden, classes)
        self.apply(init_weights)

    def forward(self, images: Tensor) -> Tensor:
        """Frames, float [B, channels, 32, W] in 0…1 → logits [T = W / 4 + 1, B, classes]."""
        features = self.features(standardise(images).to(self.head.weight.dtype))  # [B, 512, 1, T]
        context, _ = self.sequence(features.squeeze(2).transpose(1, 2))  # [B, T, 2·hidden]
        return self.head(self.dropout(context)).transpose(0, 1)  # [T, B, classes]

    def matrices(self) -> list[nn.Parameter]:
        """The weights between the first layer and the LSTM, which the optimiser Muon is for."""
        return [weight for weight in self.features[3:].parameters() if weight.ndim > 1]
