"""The spatial transformer: frames as they are to begin with, and never out of reach."""

import math

import pytest
import torch

from lpr_helpers.models.layers import REACH, SpatialTransformer


@pytest.fixture
def align():
    """A transformer that has learnt nothing yet."""
    return SpatialTransformer(1).eval()


@pytest.fixture(scope="module")
def frames():
    """Ten frames of noise."""
    return torch.rand(10, 1, 32, 128, generator=torch.Generator().manual_seed(0))


@torch.inference_mode()
def test_a_fresh_reader_sees_frames_as_they_are_and_a_learnt_pose_moves_them(align, frames):
    torch.testing.assert_close(align(frames), frames, atol=1e-5, rtol=0)
    ten_pixels = 2 / 128 * 10  # of 2, the width
    align.localisation[-1].bias[2] = REACH * math.atanh(ten_pixels / REACH)
    torch.testing.assert_close(align(frames)[..., :118], frames[..., 10:], atol=1e-4, rtol=0)


@torch.inference_mode()
def test_no_pose_loses_the_plate(align, frames):
    frames = torch.zeros_like(frames)
    frames[..., 12:20, 56:72] = 1  # in the middle: within reach, wherever the frame goes
    for row in range(2):
        align.localisation[-1].bias[3 * row + 2] = 1e6
    assert (align(frames).amax((1, 2, 3)) > 0.9).all()


@torch.inference_mode()
def test_a_pose_is_no_coarser_in_half_precision(align, frames):
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(align(frames), frames, atol=1e-5, rtol=0)
