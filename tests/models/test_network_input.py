"""From packed frames to a network: every modality as bright as any other, and a missing one without a say."""

import torch

from lpr_helpers.data.frame_format import FrameFormat, Preprocessing
from lpr_helpers.models.network_input import network_input
from tests.support.modalities import BOTH

IMAGES = torch.rand(2, 3, 2, 32, 128, generator=torch.Generator().manual_seed(0))


def test_light_alone_stays_as_it_is():
    light = IMAGES[:, :, :1]
    assert network_input(light, FrameFormat()) is light
    equalised = FrameFormat(preprocessing=Preprocessing("clahe"))
    assert network_input(light, equalised) is light


def test_how_bright_one_modality_is_changes_nothing_of_the_other():
    given = network_input(IMAGES, BOTH)
    brighter = IMAGES * torch.tensor([1.0, 0.1])[:, None, None] + torch.tensor([0.0, 0.5])[:, None, None]
    torch.testing.assert_close(network_input(brighter, BOTH)[:, :, :1], given[:, :, :1])
    missing = IMAGES * torch.tensor([1.0, 0.0])[:, None, None]
    torch.testing.assert_close(network_input(missing, BOTH)[:, :, :1], given[:, :, :1])
    assert not network_input(missing, BOTH)[:, :, 1].any()


def test_every_scale_is_coarser_than_the_one_before():
    made_of = FrameFormat(preprocessing=Preprocessing(scales=(1.0, 0.5, 0.25)))
    given = network_input(IMAGES[:, :, :1], made_of)
    assert given.shape == (2, 3, made_of.inputs, 32, 128)
    rough = given.diff(dim=-1).abs().mean((0, 1, 3, 4))
    assert rough[0] > rough[1] > rough[2]
