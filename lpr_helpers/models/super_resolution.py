"""Pictures twice as large as the frames that they are made from, for a reader or for the eye.

Each network takes tracks, float [B, F, C, H, W] in 0…1, with which frames they have, bool [B, F], and gives a picture
for each frame, [B, F, C, 2H, 2W], in that frame's own pose, about in 0…1. All begin as bicubic interpolation, and learn
what that lacks: an untrained one invents nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pixel_unshuffle

from lpr_helpers.models.layers import Residual, SpatialTransformer, standardise

FACTOR = 2
"""How many times larger a picture is, in height and in width."""
WIDTH, BLOCKS = 24, 3
"""Features and residual blocks of `ResidualSR` and `MultiFrameSR`."""


class ESPCN(nn.Module):
    """Three convolutions on the small frame; the last one says the four pixels that each becomes (Shi et al., 2016).

    Not in the paper: they are added to the bicubic picture, so that training starts from that.
    """

    def __init__(self, channels: int = 1) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, 64, 5, padding=2),
            nn.Tanh(),
            nn.Conv2d(64, 32, 3, padding=1),
            nn.Tanh(),
            *_shuffled(32, channels),
        )

    def forward(self, images: Tensor, valid: Tensor) -> Tensor:
        """Tracks → a picture of each frame, from that frame alone."""
        return _each_frame(self.layers, images, valid)


class ResidualSR(nn.Module):
    """A few residual blocks without normalisation on the small frame (Lim et al., 2017, in small)."""

    def __init__(self, channels: int = 1) -> None:
        super().__init__()
        self.layers = _residual_layers(channels, channels)

    def forward(self, images: Tensor, valid: Tensor) -> Tensor:
        """Tracks → a picture of each frame, from that frame alone."""
        return _each_frame(self.layers, images, valid)


class MultiFrameSR(nn.Module):
    """`ResidualSR` that also sees what all valid frames of the track show where this frame shows it.

    Every frame in turn is the reference. A `SpatialTransformer` that sees both moves each of the others onto it, on the
    fine grid, where frames that lie half a pixel apart complete one another; their mean is the second thing to be seen.
    Any number of frames will do, one too.
    """

    def __init__(self, channels: int = 1) -> None:
        super().__init__()
        self.registration = SpatialTransformer(2 * channels)
        self.layers = _residual_layers(channels * (1 + FACTOR**2), channels)

    def forward(self, images: Tensor, valid: Tensor) -> Tensor:
        """Tracks → a picture of each frame, from all that are valid; of a track without any, from all."""
        batch, count = valid.shape
        frames = images.flatten(0, 1)  # [B·F, C, H, W]
        large = bicubic(frames)
        common = self._common(images, large.unflatten(0, (batch, count)), valid | ~valid.any(1, keepdim=True))
        seen = torch.cat((frames, pixel_unshuffle(common, FACTOR)), 1)  # [B·F, C + 4·C, H, W]
        return (large + _run(self.layers, seen)).unflatten(0, (batch, count))

    def _common(self, images: Tensor, large: Tensor, valid: Tensor) -> Tensor:
        """What the valid frames show on average, on the large grid of each of the frames: [B·F, C, 2H, 2W]."""
        count = valid.shape[1]
        shape = (-1, count, count, -1, -1, -1)  # tracks, references, frames
        others, references = images[:, None].expand(shape), images[:, :, None].expand(shape)
        pairs = standardise(torch.cat((others, references), 3).flatten(0, 2))
        moved = self.registration(pairs, large[:, None].expand(shape).flatten(0, 2))
        share = (valid / valid.sum(1, keepdim=True))[:, None, :, None, None, None]
        return (moved.unflatten(0, (-1, count, count)) * share).sum(2).flatten(0, 1)


def bicubic(images: Tensor) -> Tensor:
    """Frames [N, C, H, W] enlarged by interpolation, which is what every network here has to beat: [N, C, 2H, 2W]."""
    return interpolate(images, scale_factor=FACTOR, mode="bicubic", align_corners=False)


def _each_frame(layers: nn.Sequential, images: Tensor, valid: Tensor) -> Tensor:
    """The bicubic picture of every frame, and what the layers add to it."""
    frames = images.flatten(0, 1)
    return (bicubic(frames) + _run(layers, frames)).unflatten(0, tuple(valid.shape))


def _run(layers: nn.Sequential, frames: Tensor) -> Tensor:
    """Layers on frames [N, …, H, W], in their own precision; float32 again."""
    frames = frames.to(layers.get_parameter("0.weight").dtype)
    return layers(frames.contiguous(memory_format=torch.channels_last)).float()


def _residual_layers(before: int, channels: int) -> nn.Sequential:
    blocks = (
        Residual(
            nn.Sequential(
                nn.Conv2d(WIDTH, WIDTH, 3, padding=1), nn.ReLU(), nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
            )
        )
        for _ in range(BLOCKS)
    )
    return nn.Sequential(nn.Conv2d(before, WIDTH, 3, padding=1), *blocks, *_shuffled(WIDTH, channels))


def _shuffled(width: int, channels: int) -> tuple[nn.Module, nn.Module]:
    """Features [N, width, H, W] → [N, channels, 2H, 2W]: four pixels from each place, all 0 to begin with."""
    last = nn.Conv2d(width, channels * FACTOR**2, 3, padding=1)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)  # type: ignore[arg-type]
    return last, nn.PixelShuffle(FACTOR)
