"""Tracks of one scenario made to look like those of another, by as much as was measured between the two."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from lpr_helpers.transforms.jpeg import compress_jpeg
from lpr_helpers.utils.resampling import resized_by_area

LOOKS = ("light", "contrast", "sharpness", "noise")
"""What is measured of a track and given to another: mean grey, deviation of the grey values, deviation of the Laplacian
against theirs, and what is left of the Laplacian where a frame is quiet, against theirs too."""
NATIVE = (24, 56)
"""(height, width), about an LR crop's, at which noise and compression come in; multiples of JPEG's blocks."""
BLUR = (5.0, 2.0)
"""Deviations of the blur that frames are mixed with, across and down, in pixels: they are stretched more in width."""
MOST_BLUR, MOST_SHARPENING = 1.0, 3.0
"""How far frames are taken towards that blur, and away from it, which is an unsharp mask."""
GAIN = (0.25, 4.0)
QUIET = 0.25
"""Share of a frame that counts as quiet."""
_NOISE_SHOWS = 0.3186 * 20**0.5
"""What white noise of deviation 1 leaves in `LOOKS`' noise: the first quartile of |Laplacian|, of deviation √20."""


@dataclass(frozen=True, eq=False)
class DegradationTransfer:
    """Gives tracks the looks of other tracks.

    looks: `LOOKS` of tracks of the scenario that is wanted, float32 [R, 4], as `looks_of` measures them. Each track
    gets those of one of them, drawn anew every time, so that measures that go together stay together. quality: of the
    JPEG compression that the other scenario has had more of; None for none.

    Size and focus are one here: frames come in one size, and what was small is not sharp. Frames of a track are changed
    alike, so what differs between them stays. Random numbers are torch's global ones.
    """

    looks: Tensor
    quality: float | None = None

    @torch.no_grad()
    def __call__(self, images: Tensor, valid: Tensor) -> Tensor:
        """Images, float32 [B, F, C, H, W] in 0…1, and which frames there are, bool [B, F] → images, changed."""
        looks = self.looks.to(images.device)
        wanted = looks[torch.randint(len(looks), (len(images),), device=images.device)]
        images = _poorer(images, valid, wanted, self.quality)
        for _ in range(
            2
        ):  # what is clipped at white and black changes light, contrast and sharpness once more
            images = _relit(_refocused(images, valid, wanted[:, 2]), valid, wanted)
        return images * valid[..., None, None, None]


def looks_of(images: Tensor, valid: Tensor) -> Tensor:
    """`LOOKS` of tracks, means over their valid frames: float32 [B, F, C, H, W] in 0…1, bool [B, F] → [B, 4]."""
    grey = images.mean(2)  # [B, F, H, W]
    spread = _spread(grey)
    small = resized_by_area(grey.flatten(0, 1)[:, None], NATIVE)[:, 0]
    quiet = _laplacian(small).abs().flatten(1).quantile(QUIET, dim=1).view_as(spread)
    measures = torch.stack(
        [grey.mean((2, 3)), spread, _spread(_laplacian(grey)) / spread, quiet / spread], -1
    )
    return _over_frames(measures, valid)


def _poorer(images: Tensor, valid: Tensor, wanted: Tensor, quality: float | None) -> Tensor:
    """As noisy as is wanted, where they are not so already, and compressed. Neither takes anything else away."""
    own = looks_of(images, valid)
    missing = (wanted[:, 3].square() - own[:, 3].square()).clamp(
        min=0
    ).sqrt() / _NOISE_SHOWS  # of a contrast of 1
    shape = (*images.shape[:3], *NATIVE)
    change = torch.randn(shape, device=images.device) * (missing * own[:, 1]).view(-1, 1, 1, 1, 1)
    if quality is not None:
        small = resized_by_area(images.flatten(0, 1), NATIVE)
        noisy = (small + change.flatten(0, 1)).clamp(0, 1)
        levels = torch.full((len(small), 1, 1, 1), quality, device=images.device)
        change = (compress_jpeg(noisy, levels) - small).view(shape)
    larger = interpolate(change.flatten(0, 1), images.shape[-2:], mode="bilinear").view_as(images)
    return (images + larger).clamp(0, 1)


def _refocused(images: Tensor, valid: Tensor, sharpness: Tensor) -> Tensor:
    """Blurred or sharpened to a sharpness [B], as far as `MOST_BLUR` and `MOST_SHARPENING` go."""
    blur = _blurred(images) - images
    grey, change = images.mean(2), blur.mean(2)
    steps = torch.linspace(-MOST_SHARPENING, MOST_BLUR, 81, device=images.device)
    ratio = (
        _along(_laplacian(grey), _laplacian(change), steps) / _along(grey, change, steps)
    ).sqrt()  # [81, B, F]
    reached = _over_frames(ratio.permute(1, 2, 0), valid)  # [B, 81]
    best = (reached.log() - sharpness.log()[:, None]).abs().argmin(1)
    return (images + steps[best].view(-1, 1, 1, 1, 1) * blur).clamp(0, 1)


def _relit(images: Tensor, valid: Tensor, wanted: Tensor) -> Tensor:
    """With the light and the contrast that are wanted, by one gain and one offset a track."""
    grey = images.mean(2)
    own = _over_frames(torch.stack([grey.mean((2, 3)), _spread(grey)], -1), valid)
    gain = (wanted[:, 1] / own[:, 1]).clamp(*GAIN).view(-1, 1, 1, 1, 1)
    light, middle = (looks[:, 0].view(-1, 1, 1, 1, 1) for looks in (wanted, own))
    return ((images - middle) * gain + light).clamp(0, 1)


def _along(one: Tensor, change: Tensor, steps: Tensor) -> Tensor:
    """The variance of ``one`` + step · ``change`` [B, F, h, w] for each of some steps [S]: [S, B, F]."""
    one, change = (values - values.mean((2, 3), keepdim=True) for values in (one, change))
    square, both, last = (values.mean((2, 3)) for values in (one * one, one * change, change * change))
    steps = steps[:, None, None]
    return (square + 2 * steps * both + steps * steps * last).clamp(min=1e-9)


def _blurred(images: Tensor) -> Tensor:
    across, down = (
        _smoothing(size, blur).to(images) for size, blur in zip(images.shape[:-3:-1], BLUR, strict=True)
    )
    return down @ images @ across.T


@lru_cache(maxsize=8)
def _smoothing(size: int, deviation: float) -> Tensor:
    """Each of ``size`` pixels as shares of its neighbours, a bell of ``deviation`` pixels: float32 [size, size]."""
    place = torch.arange(float(size))
    shares = torch.exp(-((place[:, None] - place) ** 2) / (2 * deviation**2))
    return shares / shares.sum(1, keepdim=True)


def _laplacian(grey: Tensor) -> Tensor:
    """[..., H, W] → [..., H − 2, W − 2], as `utils.images.sharpness` has it."""
    around = grey[..., :-2, 1:-1] + grey[..., 2:, 1:-1] + grey[..., 1:-1, :-2] + grey[..., 1:-1, 2:]
    return around - 4 * grey[..., 1:-1, 1:-1]


def _spread(values: Tensor) -> Tensor:
    """The deviation of [..., h, w] over the last two, never 0."""
    return values.std((-2, -1), correction=0).clamp(min=1e-4)


def _over_frames(measures: Tensor, valid: Tensor) -> Tensor:
    """The mean of [B, F, n] over the valid frames; over all, of a track without one: [B, n]."""
    weight = (valid | ~valid.any(1, keepdim=True)).to(measures.dtype)[..., None]
    return (measures * weight).sum(1) / weight.sum(1)
