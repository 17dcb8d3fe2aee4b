import numpy as np
import pytest
import torch

from lpr_helpers.notebook.augmentation import AugmentationGallery
from lpr_helpers.transforms.augment import Augment


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


@pytest.mark.parametrize("name", ["light", "aggressive"])
def test_more_strength_changes_more_and_none_nothing(name):
    images, valid = torch.full((4, 3, 1, 32, 128), 0.5), torch.ones(4, 3, dtype=torch.bool)
    images[..., 40:60] = 0.2
    reach = []
    for scale in (0.0, 0.5, 1.0, 2.0):
        torch.manual_seed(0)
        changed, kept = Augment(name, scale)(images, valid)
        reach.append(float((changed - images)[kept].abs().mean()))
    assert reach[0] == 0
    assert reach == sorted(reach)


def test_a_strength_below_nothing_is_refused():
    with pytest.raises(ValueError, match="1 as in training"):
        Augment("light", -1)
