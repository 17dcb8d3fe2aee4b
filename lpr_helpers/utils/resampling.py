"""Frames on other grids, in forms that every device has: Apple's GPUs lack some of torch's own.

`grid_sample` with border padding is not there before torch 2.13, nor is its gradient, `interpolate` by area for
sizes that do not divide, or the solver that kornia's perspective needs. Every other module asks here, so that nobody
has to remember.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample


def sampled(frames: Tensor, grid: Tensor) -> Tensor:
    """Frames [N, C, H, W] at the places of a grid [N, h, w, 2], bilinear; beyond the edge lies the edge's colour.

    Places are as `affine_grid` gives them without align_corners: −1 and 1 are the outer edges of the frame.
    """
    if grid.device.type != "mps":
        return grid_sample(frames, grid, padding_mode="border", align_corners=False)
    height, width = frames.shape[-2:]
    end = _last_centre(width, height, grid.dtype, grid.device)
    grid = grid.clamp(-end, end)
    if torch.is_grad_enabled() and (grid.requires_grad or frames.requires_grad):
        return gathered(frames, grid)
    return grid_sample(frames, grid, align_corners=False)


@lru_cache(maxsize=64)
def _last_centre(width: int, height: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The centre of a frame's last pixel; kept, as what is copied to a GPU cannot be recorded there."""
    with torch.inference_mode(False):  # else what read first could not learn any more
        return torch.tensor([1 - 1 / width, 1 - 1 / height], dtype=dtype, device=device)


def gathered(frames: Tensor, grid: Tensor) -> Tensor:
    """What `sampled` gives, for a grid within the frames, by operations that every device can derive; slower."""
    height, width = frames.shape[-2:]
    size = torch.tensor([width, height], dtype=grid.dtype, device=grid.device)
    place = ((grid + 1) * size - 1) / 2  # [N, h, w, 2], in pixels
    first = place.detach().floor().clamp(min=0).minimum(size - 1)
    share = place - first
    result = torch.zeros((), device=frames.device)
    for down in (0, 1):
        for right in (0, 1):
            x, y = (
                (first[..., i] + step).minimum(size[i] - 1).long() for i, step in enumerate((right, down))
            )
            index = (y * width + x).flatten(1)[:, None].expand(-1, frames.shape[1], -1)
            taken = frames.flatten(2).gather(2, index).unflatten(2, grid.shape[1:3])
            across, along = (
                part if step else 1 - part for part, step in zip(share.unbind(-1), (right, down), strict=True)
            )
            result = result + taken * (across * along)[:, None]
    return result


def moved_to(frames: Tensor, corners: Tensor) -> Tensor:
    """Frames [N, C, H, W] with their corners moved to ``corners`` [N, 4, 2], in pixels, clockwise from the top left.

    A perspective; the centres of the corner pixels come to lie there. Beyond the edge lies the edge's colour.
    """
    height, width = frames.shape[-2:]
    x, y = (torch.arange(float(side), device=frames.device) for side in (width, height))
    with full_precision(frames.device):
        across, down, depth = _to_unit_square(corners).unbind(1)
        rows = torch.stack(
            [_to_grid(across, depth, width), _to_grid(down, depth, height), depth], 1
        )  # [N, 3, 3]
        along_x = rows[:, :, 0, None] * x
        along_y = rows[:, :, 1, None] * y + rows[:, :, 2, None]
        found = along_x[:, :, None] + along_y[..., None]  # [N, 3, H, W]
        grid = found[:, :2] / found[:, 2:]
    return sampled(frames, grid.permute(0, 2, 3, 1))


def _to_grid(row: Tensor, depth: Tensor, side: int) -> Tensor:
    """A homography's row [N, 3] that ends as places of `sampled`, from one that ends as shares of a side."""
    return row * (2 * (side - 1) / side) + depth * (1 / side - 1)


def _to_unit_square(corners: Tensor) -> Tensor:
    """Homographies [N, 3, 3] from quadrilaterals [N, 4, 2] to the unit square, up to scale (Heckbert, 1989)."""
    one, two, three, four = corners.unbind(1)
    right, down, sides = two - three, four - three, one - two + three - four
    area = right[:, 0] * down[:, 1] - down[:, 0] * right[:, 1]
    g = (sides[:, 0] * down[:, 1] - down[:, 0] * sides[:, 1]) / area
    h = (right[:, 0] * sides[:, 1] - sides[:, 0] * right[:, 1]) / area
    first = torch.cat([two - one + g[:, None] * two, g[:, None]], 1)  # the columns of the way there
    second = torch.cat([four - one + h[:, None] * four, h[:, None]], 1)
    third = torch.cat([one, torch.ones_like(g)[:, None]], 1)
    pairs = ((second, third), (third, first), (first, second))
    # the rows of the way back: the cross products of the columns
    return torch.stack([a.roll(-1, 1) * b.roll(-2, 1) - a.roll(-2, 1) * b.roll(-1, 1) for a, b in pairs], 1)


def resized_by_area(frames: Tensor, size: tuple[int, int]) -> Tensor:
    """Frames [N, C, H, W] in another (height, width): each pixel the mean of those that it covers."""
    height, width = map(int, frames.shape[-2:])
    if height % size[0] == 0 and width % size[1] == 0:
        return avg_pool2d(frames, (height // size[0], width // size[1]))
    with full_precision(frames.device):
        rows, columns = (_covering(*sides) for sides in ((height, size[0]), (width, size[1])))
        return rows.to(frames) @ frames @ columns.T.to(frames)


def full_precision(device: torch.device) -> AbstractContextManager:
    """A context in which float32 stays float32, whatever autocast is on."""
    if torch.amp.is_autocast_available(device.type):
        return torch.autocast(device.type, enabled=False)
    return nullcontext()  # Apple's GPUs know no autocast before torch 2.5


@lru_cache(maxsize=64)
def _covering(before: int, after: int) -> Tensor:
    """Each of ``after`` pixels as shares of the ``before`` ones that it touches, float32 [after, before]."""
    shares = np.zeros((after, before), dtype=np.float32)
    for place in range(after):
        first, end = place * before // after, -(-(place + 1) * before // after)
        shares[place, first:end] = 1 / (end - first)
    return torch.from_numpy(shares)
