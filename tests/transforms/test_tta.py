"""Test-time augmentation: frames moved as they say."""

import pytest
import torch

from lpr_helpers.transforms.tta import POSES, tta_images


def test_the_first_pose_is_the_frame_itself():
    images = torch.rand(2, 5, 1, 32, 128)
    (first,) = tta_images(images)
    assert first is images
    assert [moved.shape for moved in tta_images(images, len(POSES))] == [images.shape] * len(POSES)


def test_frames_are_moved_as_their_poses_say():
    ramp = torch.linspace(0, 1, 128).expand(1, 1, 1, 32, 128)  # brighter to the right
    _, right, left, near, far = (moved[0, 0, 0, 16, 32:96] for moved in tta_images(ramp, 5))
    middle = ramp[0, 0, 0, 16, 32:96]
    assert (right < middle).all()
    assert (left > middle).all()
    assert near.diff().mean() < middle.diff().mean() < far.diff().mean()


def test_there_are_only_so_many_poses():
    with pytest.raises(ValueError, match="tta=9: choose 1"):
        tta_images(torch.rand(1, 1, 1, 32, 128), 9)
