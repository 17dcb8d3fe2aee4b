"""The report's network: convolutions and an LSTM over the columns of a single frame, read by CTC."""

from __future__ import annotations

from torch import Tensor, nn

from lpr_helpers.models.layers import init_weights, standardise


class CRNN(nn.Module):
    """The report's network: four convolutions, a bidirectional LSTM of two layers, one linear layer.

    Parameters
    ----------
    classes: characters of the alphabet plus the blank, which is class 0.
    channels: 1 grey, 3 red-green-blue.
    hidden: LSTM units in each direction.
    dropout: between and after the LSTM layers.

    Source: Shi et al., 2016. The drawing leaves open how weights begin and how frames are scaled. Both decide how long
    CTC's first plateau lasts: see `init_weights` and `standardise`.
    """

    def __init__(self, classes: int = 37, channels: int = 1, hidden: int = 256, dropout: float = 0.3) -> None:
        super().__init__()
        self.features = nn.Sequential(  # of a frame [channels, 32, 128]
            nn.Conv2d(channels, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),  # [64, 16, 64]
            nn.Conv2d(64, 128, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),  # [128, 8, 32]
            nn.Conv2d(128, 256, 3, padding=1),
            nn.BatchNorm2d(256),
            nn.ReLU(),
            nn.MaxPool2d((2, 1)),  # [256, 4, 32]
            nn.Conv2d(256, 512, 3, padding=1),
            nn.BatchNorm2d(512),
            nn.ReLU(),
            nn.MaxPool2d((2, 1)),  # [512, 2, 32]
        )
        self.sequence = nn.LSTM(1024, hidden, 2, bidirectional=True, dropout=dropout, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * hidden, classes)
        self.apply(init_weights)

    def forward(self, images: Tensor) -> Tensor:
        """Frames, float [B, channels, 32, W] in 0…1 → logits [T = W / 4, B, classes]."""
        return self.head(self.dropout(self.columns(images))).transpose(0, 1)  # [T, B, classes]

    def columns(self, images: Tensor) -> Tensor:
        """Frames → what the LSTM says of their columns, [B, T, 2·hidden]."""
        features = self.features(standardise(images).to(self.head.weight.dtype))  # [B, 512, 2, T]
        steps = features.flatten(1, 2).transpose(1, 2)  # [B, T, 1024]
        return self.sequence(steps)[0]

    def matrices(self) -> list[nn.Parameter]:
        """The weights between the first layer and the LSTM, which the optimiser Muon is for."""
        return [weight for weight in self.features[3:].parameters() if weight.ndim > 1]
