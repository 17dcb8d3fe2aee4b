"""Networks of others, to time beside ours: written anew after the sizes and shapes in their papers, with fresh weights.

They learn and read nothing here but noise; what is compared is how long it takes. Frames are red-green-blue, 32 × 128,
five a track, and all end in CTC logits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import affine_grid, ctc_loss, grid_sample

CLASSES, FRAMES = 37, 5


class AttentionCRNN(nn.Module):
    """The CRNN of Shi et al. (2016), whose frames are joined by learned weights before the LSTM: 9 M numbers."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        widths = [3, 64, 128, 256, 256, 512, 512]
        pools = {
            1: nn.MaxPool2d(2),
            2: nn.MaxPool2d(2),
            4: nn.MaxPool2d(2, (2, 1), (0, 1)),
            6: nn.MaxPool2d(2, (2, 1), (0, 1)),
        }
        for number, (before, after) in enumerate(pairwise(widths), 1):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
            layers += [pools[number]] if number in pools else []
        self.features = nn.Sequential(*layers, nn.Conv2d(512, 512, 2), nn.ReLU())  # [512, 1, 33]
        self.weight = nn.Sequential(nn.Linear(512, 256), nn.Tanh(), nn.Linear(256, 1))
        self.sequence = nn.LSTM(512, 256, 2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(512, CLASSES)

    def forward(self, tracks: Tensor) -> Tensor:
        """Tracks [B, F, 3, 32, 128] → CTC logits [T, B, classes]."""
        columns = (
            self.features(tracks.flatten(0, 1)).squeeze(2).transpose(1, 2).unflatten(0, tracks.shape[:2])
        )
        shares = self.weight(columns).softmax(1)  # [B, F, T, 1]
        return self.head(self.sequence((shares * columns).sum(1))[0]).transpose(0, 1)


class Block(nn.Module):
    """Two convolutions and a way around them (He et al., 2016)."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(before, after, 3, (stride, 1), 1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, 1, 1, bias=False),
            nn.BatchNorm2d(after),
        )
        around = [nn.Conv2d(before, after, 1, (stride, 1), bias=False), nn.BatchNorm2d(after)]
        self.around = nn.Sequential(*(around if before != after else []))

    def forward(self, images: Tensor) -> Tensor:
        return (self.inner(images) + self.around(images)).relu()


class ResNetTransformer(nn.Module):
    """A spatial transformer, ResNet34 that keeps the columns, frames joined by weights, three layers: 31 M numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.localisation = nn.Sequential(
            *(nn.Conv2d(3, 32, 3, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 3, 2, 1), nn.ReLU()),
            *(nn.AdaptiveAvgPool2d((4, 8)), nn.Flatten(), nn.Linear(64 * 32, 6)),
        )
        layers: list[nn.Module] = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
        layers.append(nn.MaxPool2d(3, 2, 1))  # [64, 8, 32]
        before = 64
        for width, depth in ((64, 3), (128, 4), (256, 6), (512, 3)):  # ends as [512, 1, 32]
            for number in range(depth):
                layers.append(Block(before, width, 2 if number == 0 and width > 64 else 1))
                before = width
        self.features, self.weight = nn.Sequential(*layers), nn.Linear(512, 1)
        layer = nn.TransformerEncoderLayer(512, 8, 2048, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
        self.head = nn.Linear(512, CLASSES)

    def forward(self, tracks: Tensor) -> Tensor:
        """As `AttentionCRNN`."""
        frames = tracks.flatten(0, 1)
        theta = torch.eye(2, 3) + 0.1 * self.localisation(frames).tanh().view(-1, 2, 3)
        frames = grid_sample(
            frames, affine_grid(theta, list(frames.shape), align_corners=False), align_corners=False
        )
        columns = self.features(frames).squeeze(2).transpose(1, 2).unflatten(0, tracks.shape[:2])
        joined = (self.weight(columns).softmax(1) * columns).sum(1)
        return self.head(self.encoder(joined)).transpose(0, 1)


class Mix(nn.Module):
    """Patches mixed by a grouped convolution, or each with all by attention, then an MLP (Du et al., 2025)."""

    def __init__(self, width: int, heads: int, everywhere: bool) -> None:
        super().__init__()
        self.norm, self.everywhere = nn.LayerNorm(width), everywhere
        self.mixer = (
            nn.MultiheadAttention(width, heads, batch_first=True)
            if everywhere
            else nn.Conv2d(width, width, 5, padding=2, groups=heads)
        )
        self.mlp = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, images: Tensor) -> Tensor:
        tokens = images.flatten(2).transpose(1, 2)
        normed = self.norm(tokens)
        if self.everywhere:
            mixed = self.mixer(normed, normed, normed, need_weights=False)[0]
        else:
            mixed = (
                self.mixer(normed.transpose(1, 2).unflatten(2, images.shape[2:])).flatten(2).transpose(1, 2)
            )
        tokens = tokens + mixed
        return (tokens + self.mlp(tokens)).transpose(1, 2).unflatten(2, images.shape[2:])


class SVTRLike(nn.Module):
    """Patches of four pixels in three stages of six layers, as SVTRv2's base has them: 18 M numbers.

    Each frame is read by itself, and a vote over characters, which costs nothing, would join them.
    """

    def __init__(self) -> None:
        super().__init__()
        patches = [nn.Conv2d(3, 64, 3, 2, 1), nn.BatchNorm2d(64), nn.GELU()]
        layers: list[nn.Module] = [*patches, nn.Conv2d(64, 128, 3, 2, 1), nn.BatchNorm2d(128), nn.GELU()]
        layers += [Mix(128, 4, everywhere=False) for _ in range(6)]  # [128, 8, 32]
        layers += [nn.Conv2d(128, 256, 3, 1, 1)] + [Mix(256, 8, everywhere=number > 1) for number in range(6)]
        layers += [nn.Conv2d(256, 384, 3, (2, 1), 1)] + [Mix(384, 12, everywhere=True) for _ in range(6)]
        self.layers, self.head = nn.Sequential(*layers), nn.Linear(384, CLASSES)  # from [384, 4, 32]

    def forward(self, tracks: Tensor) -> Tensor:
        """Tracks [B, F, 3, 32, 128] → CTC logits of single frames [T, B · F, classes]."""
        return self.head(self.layers(tracks.flatten(0, 1)).mean(2).transpose(1, 2)).transpose(0, 1)


PEERS: dict[str, Callable[[], nn.Module]] = {
    "CRNN, attention over frames (9 M)": AttentionCRNN,
    "STN, ResNet34, transformer (31 M)": ResNetTransformer,
    "SVTRv2-like (18 M)": SVTRLike,
}


@dataclass(frozen=True)
class Peer:
    """A network of others that reads and learns tracks of noise, in float32."""

    model: nn.Module

    @classmethod
    def of(cls, name: str) -> Peer:
        """One of `PEERS`, with the same weights every time."""
        torch.manual_seed(0)
        return cls(PEERS[name]().to(memory_format=torch.channels_last))

    @torch.inference_mode()
    def read(self, tracks: Tensor) -> Tensor:
        """Tracks, float [B, F, 3, 32, 128] → the likeliest character of each column."""
        return self.model.eval()(tracks).argmax(2)

    def learn(self, tracks: Tensor) -> None:
        """A forward and backward pass."""
        logits = self.model.train()(tracks)
        steps, count = logits.shape[:2]
        targets = torch.arange(7).repeat(count, 1) + 1
        lengths = torch.full((count,), steps), torch.full((count,), 7)
        self.model.zero_grad(set_to_none=True)
        ctc_loss(logits.log_softmax(2), targets, *lengths).backward()
