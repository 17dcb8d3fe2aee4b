"""The report's CRNN, whose convolutions are told which features, and which parts of the frame, to attend to."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lpr_helpers.models.crnn import CRNN

REDUCTION = 16
"""Features for each of those between the two layers that weigh them."""


class CBAM(nn.Module):
    """Weights for the features of an image, then for its parts (Woo et al., 2018).

    Both begin nearly open, at 0.88: halved twice in each of four layers, nothing would be left of a frame.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Linear(channels, channels // REDUCTION),
            nn.ReLU(),
            weigh := nn.Linear(channels // REDUCTION, channels),
        )
        self.spatial = nn.Conv2d(2, 1, 7, padding=3)
        self.spatial_attention = nn.Identity()  # passed by the weights, for whoever draws them
        nn.init.constant_(weigh.bias, 1.0)  # which counts twice
        nn.init.constant_(self.spatial.bias, 2.0)  # type: ignore[arg-type]

    def forward(self, images: Tensor) -> Tensor:
        """[N, channels, H, W] → the same shape."""
        weights = self.features(images.mean((2, 3))) + self.features(images.amax((2, 3)))  # [N, channels]
        images = images * weights.sigmoid()[..., None, None]
        pooled = torch.cat((images.mean(1, keepdim=True), images.amax(1, keepdim=True)), 1)  # [N, 2, H, W]
        return images * self.spatial_attention(self.spatial(pooled).sigmoid())  # of [N, 1, H, W]


class CBAMCRNN(CRNN):
    """The CRNN with a `CBAM` after each convolution, before its pooling; all else, arguments too, as there."""

    def __init__(self, classes: int = 37, channels: int = 1, hidden: int = 256, dropout: float = 0.3) -> None:
        super().__init__(classes, channels, hidden, dropout)
        attending, width = nn.Sequential(), 0
        for layer in self.features:
            if isinstance(layer, nn.MaxPool2d):
                attending.append(CBAM(width))
            width = getattr(layer, "out_channels", width)
            attending.append(layer)
        self.features = attending
