"""A quick copy reads as the model itself does, and moved views are what they say."""

import pytest
import torch

from lpr_helpers.models.checkpoints import SHIPPED, Recogniser, load_recogniser
from lpr_helpers.models.folding import folded
from lpr_helpers.plates import BRAZIL
from lpr_helpers.transforms.tta import POSES, tta_images


@pytest.fixture(scope="module")
def tracks():
    images = torch.rand(3, 5, 1, 32, 128, generator=torch.Generator().manual_seed(0))
    return images, torch.ones(3, 5, dtype=torch.bool)


@pytest.mark.parametrize("kind", ["track", "crnn"])
@torch.inference_mode()
def test_a_quick_copy_says_the_same(kind, tracks):
    recogniser = Recogniser.new(BRAZIL, kind=kind)
    for module in recogniser.model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-1, 1)
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(0.5, 2)
    recogniser.model.eval()
    look, copy = recogniser.reader.look, folded(recogniser.model, "cpu", "no")
    for original, copied in zip(look(recogniser.model, *tracks), look(copy, *tracks), strict=True):
        if original is not None:
            torch.testing.assert_close(copied, original, atol=1e-3, rtol=1e-3)
    norms = [module for module in copy.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert not norms
    assert recogniser.model.state_dict().keys() == Recogniser.new(BRAZIL, kind=kind).model.state_dict().keys()


@torch.inference_mode()
def test_half_precision_changes_little(tracks):
    recogniser = load_recogniser(SHIPPED)
    look = recogniser.reader.look
    said = look(recogniser.model, *tracks)[1]
    halved = look(folded(recogniser.model, "cpu", "bf16"), *tracks)[1]
    assert said.dtype == halved.dtype == torch.float32
    assert (said.exp() - halved.exp()).abs().mean() < 0.02


def test_the_first_view_is_the_frame_itself():
    images = torch.rand(2, 5, 1, 32, 128)
    (first,) = tta_images(images)
    assert first is images
    assert [view.shape for view in tta_images(images, len(POSES))] == [images.shape] * len(POSES)


def test_views_are_moved_as_they_say():
    ramp = torch.linspace(0, 1, 128).expand(1, 1, 1, 32, 128)  # brighter to the right
    _, right, left, near, far = (view[0, 0, 0, 16, 32:96] for view in tta_images(ramp, 5))
    middle = ramp[0, 0, 0, 16, 32:96]
    assert (right < middle).all()
    assert (left > middle).all()
    assert near.diff().mean() < middle.diff().mean() < far.diff().mean()


def test_there_are_only_so_many_views():
    with pytest.raises(ValueError, match="views=9: choose 1"):
        tta_images(torch.rand(1, 1, 1, 32, 128), 9)
