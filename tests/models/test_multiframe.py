"""Our reader: any frames, in any order, and only those that are there."""

import copy
import math

import pytest
import torch

from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.layers import REACH
from lpr_helpers.plates import BRAZIL


@pytest.fixture(scope="module")
def model():
    return Recogniser.new(BRAZIL, kind="track", seed=1).model.eval()


@pytest.fixture(scope="module")
def images():
    return torch.rand(2, 5, 1, 32, 128, generator=torch.Generator().manual_seed(0))


def everything(images):
    return torch.ones(images.shape[:2], dtype=torch.bool)


@torch.inference_mode()
def test_one_answer_a_place_and_steps_for_every_frame(model, images):
    said = model(images, everything(images))
    assert said.slots.shape == (2, 7, 36)
    assert said.steps.shape == (32, 10, 37)
    torch.testing.assert_close(said.trust.sum(1), torch.ones(2))


@torch.inference_mode()
def test_the_order_of_frames_does_not_matter(model, images):
    forward, backward = (model(some, everything(some)) for some in (images, images.flip(1)))
    torch.testing.assert_close(forward.slots, backward.slots, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(forward.trust, backward.trust.flip(1), atol=1e-4, rtol=1e-3)


@torch.inference_mode()
def test_a_missing_frame_has_no_say(model, images):
    valid = everything(images)
    valid[:, 3:] = False
    with_gaps, short = model(images, valid), model(images[:, :3], valid[:, :3])
    torch.testing.assert_close(with_gaps.slots, short.slots, atol=1e-4, rtol=1e-3)
    assert not with_gaps.trust[:, 3:].any()


@torch.inference_mode()
def test_a_track_without_a_frame_harms_no_other(model, images):
    valid = everything(images)
    valid[0] = False
    said = model(images, valid)
    assert said.slots.isfinite().all()
    torch.testing.assert_close(said.slots[1:], model(images[1:], valid[1:]).slots, atol=1e-4, rtol=1e-3)


@torch.inference_mode()
def test_a_fresh_reader_sees_frames_as_they_are_and_a_learnt_pose_moves_them(model, images):
    frames = images.flatten(0, 1)
    torch.testing.assert_close(model.align(frames), frames, atol=1e-5, rtol=0)
    moved = copy.deepcopy(model.align)
    ten_pixels = 2 / 128 * 10  # of 2, the width
    moved.pose[-1].bias[2] = REACH * math.atanh(ten_pixels / REACH)
    torch.testing.assert_close(moved(frames)[..., :118], frames[..., 10:], atol=1e-4, rtol=0)


@torch.inference_mode()
def test_no_pose_loses_the_plate(model, images):
    frames = torch.zeros_like(images.flatten(0, 1))
    frames[..., 12:20, 56:72] = 1  # in the middle: within reach of the view, wherever it goes
    far = copy.deepcopy(model.align)
    for row in range(2):
        far.pose[-1].bias[3 * row + 2] = 1e6
    assert (far(frames).amax((1, 2, 3)) > 0.9).all()


@torch.inference_mode()
def test_a_pose_is_no_coarser_in_half_precision(model, images):
    frames = images.flatten(0, 1)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(model.align(frames), frames, atol=1e-5, rtol=0)
