"""The report's plain baseline: convolutions, and a linear head for each slot of the plate."""

from __future__ import annotations

from torch import Tensor, nn

from lpr_helpers.models.layers import conv, init_weights, standardise

WIDTHS = (32, 64, 128, 256)


class SimpleCNN(nn.Module):
    """Four convolutions with pooling, one hidden layer, and one head a slot; it reads a single frame at a time.

    Parameters
    ----------
    characters, length: of the plate. channels: 1 grey, 3 red-green-blue. hidden: features between the convolutions
    and the heads. dropout: before the heads.

    The report names it (table 9.2) and draws nothing: widths and hidden features are ours.
    """

    def __init__(
        self,
        characters: int = 36,
        length: int = 7,
        channels: int = 1,
        hidden: int = 512,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        self.features = nn.Sequential(  # of a frame [channels, 32, 128]
            *(conv(channels, WIDTHS[0], 3, 1, 1), nn.MaxPool2d(2)),  # [32, 16, 64]
            *(conv(WIDTHS[0], WIDTHS[1], 3, 1, 1), nn.MaxPool2d(2)),  # [64, 8, 32]
            *(conv(WIDTHS[1], WIDTHS[2], 3, 1, 1), nn.MaxPool2d(2)),  # [128, 4, 16]
            *(conv(WIDTHS[2], WIDTHS[3], 3, 1, 1), nn.MaxPool2d((2, 1))),  # [256, 2, 16]
        )
        self.hidden = nn.Sequential(
            nn.Flatten(), nn.Linear(WIDTHS[-1] * 2 * 16, hidden), nn.ReLU(), nn.Dropout(dropout)
        )
        self.heads = nn.Linear(hidden, length * characters)
        self.length = length
        self.apply(init_weights)

    def forward(self, images: Tensor) -> Tensor:
        """Frames, float [B, channels, 32, 128] in 0…1 → logits [B, length, characters]."""
        features = self.features(standardise(images).to(self.heads.weight.dtype))  # [B, 256, 2, 16]
        return self.heads(self.hidden(features)).unflatten(1, (self.length, -1))  # [B, L, A]

    def matrices(self) -> list[nn.Parameter]:
        """The weights between the first layer and the heads, which the optimiser Muon is for."""
        return [
            weight
            for part in (self.features[2:], self.hidden)
            for weight in part.parameters()
            if weight.ndim > 1
        ]
