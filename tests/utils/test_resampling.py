"""Frames on other grids: the forms that every device has show what torch's and kornia's own would."""

import re

import pytest
import torch
from kornia.geometry.transform import get_perspective_transform, warp_perspective
from torch.nn.functional import affine_grid, grid_sample, interpolate

from lpr_helpers.transforms.degradation import DEGRADED_SIZES
from lpr_helpers.utils.files import PACKAGE
from lpr_helpers.utils.images import SIZES
from lpr_helpers.utils.resampling import full_precision, gathered, moved_to, resized_by_area, sampled

SHAPES = [(9, 1, 32, 128), (9, 3, 64, 256), (9, 1, 20, 44), (9, 2, 31, 97)]


def poses(shape, reach):
    """Frames of noise, and grids that reach beyond their edges."""
    torch.manual_seed(0)
    frames = torch.rand(shape)
    theta = torch.eye(2, 3) + reach * torch.randn(shape[0], 2, 3)
    return frames, affine_grid(theta, list(shape), align_corners=False)


def gradients(result, *inputs):
    torch.manual_seed(1)
    return torch.autograd.grad((result * torch.randn_like(result)).sum(), inputs)


@pytest.mark.parametrize("shape", SHAPES)
def test_sampling_is_grid_sample_with_border_padding(shape):
    frames, grid = (tensor.requires_grad_() for tensor in poses(shape, 0.4))
    wanted = grid_sample(frames, grid, padding_mode="border", align_corners=False)
    found = sampled(frames, grid)
    power_of_two = shape[2:] in SIZES.values()
    torch.testing.assert_close(found, wanted, atol=0 if power_of_two else 1e-6, rtol=0)
    for ours, theirs in zip(gradients(found, frames, grid), gradients(wanted, frames, grid), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6 * theirs.abs().max().item(), rtol=0)


@pytest.mark.parametrize("shape", SHAPES)
def test_gathering_is_sampling_with_the_same_gradient(shape):
    frames, grid = poses(shape, 0.4)
    frames, grid = frames.requires_grad_(), grid.clamp(-0.93, 0.93).requires_grad_()
    found, wanted = gathered(frames, grid), sampled(frames, grid)
    torch.testing.assert_close(found, wanted, atol=5e-6, rtol=0)
    for ours, theirs in zip(gradients(found, frames, grid), gradients(wanted, frames, grid), strict=True):
        torch.testing.assert_close(ours, theirs, atol=3e-6 * theirs.abs().max().item(), rtol=0)


@pytest.mark.parametrize("size", [*DEGRADED_SIZES, SIZES["lr"], (50, 300), (1, 1), (64, 200)])
def test_resizing_by_area_is_interpolate_by_area(size):
    frames = torch.rand(5, 3, 64, 256, generator=torch.Generator().manual_seed(0))
    found = resized_by_area(frames, size)
    torch.testing.assert_close(found, interpolate(frames, size, mode="area"), atol=2e-6, rtol=0)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(resized_by_area(frames, size), found, atol=0, rtol=0)


@pytest.mark.parametrize("size", [*SIZES.values(), (20, 44)])
def test_moved_corners_are_kornias_perspective(size):
    height, width = size
    torch.manual_seed(0)
    frames, ends = torch.rand(20, 1, height, width), torch.tensor([width - 1.0, height - 1.0])
    corners = torch.tensor([[0.0, 0], [1, 0], [1, 1], [0, 1]]) * ends
    moved = corners + 0.1 * ends * (2 * torch.rand(20, 4, 2) - 1)
    matrix = get_perspective_transform(corners.expand(20, 4, 2), moved)
    wanted = warp_perspective(frames, matrix, size, padding_mode="border")
    torch.testing.assert_close(moved_to(frames, moved), wanted, atol=3e-4, rtol=0)  # 1e-4 pixels, in noise
    torch.testing.assert_close(moved_to(frames, corners.expand(20, 4, 2)), frames, atol=1e-5, rtol=0)


def test_float32_stays_float32_under_autocast():
    ones = torch.ones(4, 4)
    with torch.autocast("cpu", torch.bfloat16):
        with full_precision(ones.device):
            assert (ones @ ones).dtype == torch.float32
        assert (ones @ ones).dtype == torch.bfloat16


def test_nobody_else_uses_what_apples_gpus_lack():
    lacking = re.compile(
        r"""grid_sample\(|mode=["']area|padding_mode|warp_perspective|warp_affine|torch\.linalg\.solve"""
    )
    users = [
        file.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob("*.py")
        if lacking.search(file.read_text(encoding="utf-8"))
    ]
    assert users == ["utils/resampling.py"]


def test_whoever_read_first_can_still_learn():
    frames, grid = poses((2, 1, 30, 99), 0.3)  # of a size that no other test has
    with torch.inference_mode():
        sampled(frames, grid)
    grid.requires_grad_()
    sampled(frames, grid).square().sum().backward()
    assert grid.grad.abs().sum() > 0
