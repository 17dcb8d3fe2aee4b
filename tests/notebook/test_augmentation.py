"""Augmentation under a slider."""

import numpy as np
import pytest
import torch

from lpr_helpers.notebook.augmentation import AugmentationGallery


@pytest.fixture
def gallery():
    return AugmentationGallery(np.tile(np.arange(128, dtype=np.uint8), (2, 1, 32, 1)))


def test_moving_the_slider_redraws(gallery):
    seen = []
    for strength in (2.0, 0.5, 2.0):
        gallery.slider.value = strength
        seen.append(bytes(gallery.picture.value))
    assert seen[0].startswith(b"\x89PNG")
    assert seen[0] != seen[1]
    assert seen[0] == seen[2]  # the same dice
    assert gallery.picture.layout.display is None


def test_the_slider_leaves_the_random_numbers_of_a_training_alone(gallery):
    before = torch.get_rng_state()
    gallery.slider.value = 1.5
    assert torch.equal(before, torch.get_rng_state())
