"""Networks that make pictures of frames, and readers that read these."""

import pytest
import torch

from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.layers import parameter_count
from lpr_helpers.models.losses import track_loss
from lpr_helpers.models.super_resolution import ESPCN, MultiFrameSR, ResidualSR, bicubic
from lpr_helpers.models.super_resolved import super_resolution_of
from lpr_helpers.plates import BRAZIL
from tests.support.networks import SMALL

NETWORKS = {"sr-espcn": ESPCN, "sr-residual": ResidualSR, "sr-multiframe": MultiFrameSR}


def tracks(channels=1, frames=3):
    images = torch.rand(2, frames, channels, 32, 128, generator=torch.Generator().manual_seed(0))
    return images, torch.ones(2, frames, dtype=torch.bool)


def lively(network):
    """A network whose last layer, all 0 to begin with, says something."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        torch.nn.init.normal_(network.layers[-2].weight, std=0.1)
    return network.eval()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("network", NETWORKS.values())
@torch.inference_mode()
def test_an_untrained_network_interpolates_and_invents_nothing(network, channels):
    images, valid = tracks(channels)
    pictures = network(channels)(images, valid)
    assert pictures.shape == (2, 3, channels, 64, 256)
    torch.testing.assert_close(pictures.flatten(0, 1), bicubic(images.flatten(0, 1)))


def test_espcn_has_so_many_numbers():
    assert [parameter_count(network()) for network in NETWORKS.values()] == [21_284, 32_356, 50_970]


@pytest.mark.parametrize("network", NETWORKS.values())
@torch.inference_mode()
def test_other_frames_matter_where_a_network_sees_them_and_only_if_they_are_there(network):
    images, valid = tracks()
    valid[0, 2] = False
    network = lively(network())
    before = network(images, valid)
    images[0, 2] = 1 - images[0, 2]
    missing = network(images, valid)
    torch.testing.assert_close(missing[0, :2], before[0, :2])
    images[1, 2] = 1 - images[1, 2]
    moved = (network(images, valid)[1, 0] - before[1, 0]).abs().max()
    assert (moved > 1e-3) == isinstance(network, MultiFrameSR)


@torch.inference_mode()
def test_a_track_of_any_number_of_frames_has_as_many_pictures():
    network = lively(MultiFrameSR())
    for count in (1, 2, 7):
        images, valid = tracks(frames=count)
        assert network(images, valid).shape == (2, count, 1, 64, 256)
        assert network(images, valid & False).isfinite().all()


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("kind", NETWORKS)
def test_the_loss_reaches_the_pictures_unless_they_are_frozen(kind, frozen):
    recogniser = Recogniser.new(BRAZIL, kind=kind, frozen=frozen, **SMALL[kind])
    assert isinstance(super_resolution_of(recogniser.model), NETWORKS[kind])
    images, valid = tracks()
    output = recogniser.architecture.forward(recogniser.model, images, valid)
    track_loss(output, valid, torch.zeros(2, 7, dtype=torch.long)).backward()
    learns = [weight.grad is not None for weight in super_resolution_of(recogniser.model).parameters()]
    assert set(learns) == {not frozen}
    assert all(weight.grad is not None for weight in recogniser.model.reader.parameters())


def test_a_reader_of_frames_has_no_super_resolution():
    with pytest.raises(ValueError, match="MultiFrameReader reads frames as they are"):
        super_resolution_of(Recogniser.new(BRAZIL, kind="multiframe", **SMALL["multiframe"]).model)
