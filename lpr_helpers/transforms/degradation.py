"""High-resolution frames made as poor as low-resolution ones."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from lpr_helpers.transforms.augment import JPEG_QUALITY, uniform
from lpr_helpers.transforms.jpeg import compress_jpeg
from lpr_helpers.utils.resampling import resized_by_area

DEGRADED_SIZES = ((16, 40), (16, 48), (16, 56), (24, 56), (24, 64))
"""(height, width) in pixels, about LR crops' sizes."""


def degrade(frames: Tensor) -> Tensor:
    """HR frames made as poor as LR ones: float [..., C, H, W] in 0…1, each batch in one of `DEGRADED_SIZES`, and JPEG.

    For training on HR frames without learning that plates are sharp. Random numbers are torch's global ones.
    """
    flat = frames.flatten(0, -4)
    size = DEGRADED_SIZES[int(torch.randint(len(DEGRADED_SIZES), ()))]
    poor = resized_by_area(flat, size)
    poor = compress_jpeg(poor, uniform(poor, *JPEG_QUALITY))
    return interpolate(poor, frames.shape[-2:], mode="bicubic").clamp(0, 1).view_as(frames)


def poor_frames(sharp: Tensor) -> Tensor:
    """HR frames [..., C, H, W] as LR frames of half their size show them: resized by area, then `degrade`d."""
    size = (sharp.shape[-2] // 2, sharp.shape[-1] // 2)
    small = resized_by_area(sharp.flatten(0, -4), size)
    return degrade(small.unflatten(0, sharp.shape[:-3]))
