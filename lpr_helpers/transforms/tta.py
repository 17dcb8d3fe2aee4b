"""Test-time augmentation: a frame as it is, and slightly moved, for a reader to read each and take the mean."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import affine_grid

from lpr_helpers.utils.resampling import sampled

POSES = ((0.0, 0.0, 1.0), (0.02, 0.0, 1.0), (-0.02, 0.0, 1.0), (0.0, 0.0, 0.95), (0.0, 0.0, 1.05))
"""Shifts right and down as shares of the width and height, and how much is seen: 0.95 is a little nearer."""


def tta_images(images: Tensor, count: int = 1) -> list[Tensor]:
    """The first ``count`` of `POSES` of float images [..., C, H, W]; the first is the images themselves.

    What lies beyond the edge is the edge's colour. Raises ValueError for a count that is not 1 … ``len(POSES)``.
    """
    check_tta(count)
    return [images, *(_moved(images, *pose) for pose in POSES[1:count])]


def check_tta(count: int) -> None:
    """Raise ValueError for a number of poses that there is not."""
    if count not in range(1, len(POSES) + 1):
        raise ValueError(f"tta={count!r}: choose 1 (frames as they are) to {len(POSES)}")


def _moved(images: Tensor, right: float, down: float, seen: float) -> Tensor:
    frames = images.flatten(0, -4)
    matrix = torch.tensor([[seen, 0.0, -2 * right], [0.0, seen, -2 * down]], device=images.device)
    grid = affine_grid(matrix.expand(len(frames), 2, 3), list(frames.shape), align_corners=False)
    return sampled(frames, grid).view_as(images)
