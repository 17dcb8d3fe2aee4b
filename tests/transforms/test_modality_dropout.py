"""Modalities that go missing in training, and that stay missing whatever else happens to the frames."""

import pytest
import torch

from lpr_helpers.transforms.augment import Augment
from lpr_helpers.transforms.modality_dropout import drop_modalities, shown_groups

GROUPS = (1, 3, 1)


@pytest.fixture
def images():
    """Many tracks of two frames, some of which lack a modality."""
    torch.manual_seed(0)
    images = torch.rand(300, 2, 5, 8, 16) + 0.1
    images[:100, :, 1:4] = 0
    images[100:150, 0, 0] = 0
    return images


def test_no_track_loses_all_that_it_shows_and_none_wins_any(images):
    before, after = shown_groups(images, GROUPS), shown_groups(drop_modalities(images, GROUPS), GROUPS)
    assert after.flatten(1).any(1).all()
    assert not (after & ~before).any()
    lost = (before != after).flatten(1).any(1).float().mean()
    assert 0.1 < lost < 1 / 3


def test_what_is_kept_stays_as_it_was(images):
    kept = drop_modalities(images, GROUPS)
    assert ((kept == images) | (kept == 0)).all()


def test_light_alone_is_left_alone_and_costs_no_random_number(images):
    state = torch.get_rng_state()
    assert drop_modalities(images, (5,)) is images
    assert torch.get_rng_state().equal(state)


@pytest.mark.parametrize("strength", ["none", "light", "aggressive"])
def test_augmentation_leaves_a_missing_modality_black(images, strength):
    valid = torch.ones(images.shape[:2], dtype=torch.bool)
    changed, kept = Augment(strength, groups=GROUPS)(images.clamp(0, 1), valid)
    assert not (shown_groups(changed, GROUPS) & ~shown_groups(images, GROUPS)).any()
    assert changed.shape == images.shape
    assert 0 <= changed.min() <= changed.max() <= 1
    assert kept.any(1).all()
