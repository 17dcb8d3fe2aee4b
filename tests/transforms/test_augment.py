"""Augmentation: as strong as it says, and each frame on its own."""

import pytest
import torch

from lpr_helpers.transforms.augment import STRENGTHS, Augment, photometric
from lpr_helpers.transforms.frame_dropout import drop_frames


@pytest.fixture
def tracks():
    torch.manual_seed(0)
    return torch.rand(6, 5, 1, 32, 128), torch.ones(6, 5, dtype=torch.bool)


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("channels", [1, 3])
def test_shape_range_and_type_survive(tracks, strength, channels):
    images, valid = tracks[0].expand(-1, -1, channels, -1, -1), tracks[1]
    changed, kept = Augment(strength)(images, valid)
    assert changed.shape == images.shape
    assert changed.dtype == torch.float32
    assert 0 <= changed.min() <= changed.max() <= 1
    assert kept.shape == valid.shape
    assert torch.equal(changed, images) == (strength == "none")


def test_light_moves_no_pixel_and_loses_no_frame():
    flat = torch.full((64, 1, 1, 32, 128), 0.5)
    flat[..., :64] = 0.3
    changed, valid = Augment("light")(flat, torch.ones(64, 1, dtype=torch.bool))
    halves = changed[..., :60].mean((1, 2, 3, 4)), changed[..., 68:].mean((1, 2, 3, 4))
    assert (halves[0] < halves[1]).all()
    assert valid.all()
    # The report's brightness: a factor of 0.8 to 1.2 on a mean of 0.4, which contrast leaves alone.
    means = changed.mean((1, 2, 3, 4)) / 0.4
    assert 0.79 < means.min() < 0.9
    assert 1.1 < means.max() < 1.21


def test_noise_is_as_strong_as_the_report_says(monkeypatch):
    monkeypatch.setattr("lpr_helpers.transforms.augment.BRIGHTNESS", (1.0, 1.0))
    monkeypatch.setattr("lpr_helpers.transforms.augment.CONTRAST", (1.0, 1.0))
    changed = photometric(torch.full((8, 1, 32, 128), 0.5))
    assert changed.std().item() == pytest.approx(0.02, rel=0.05)


def test_each_frame_is_changed_on_its_own(tracks):
    images = tracks[0][:1, :1].expand(1, 5, -1, -1, -1)
    changed, _ = Augment("aggressive")(images, tracks[1][:1])
    assert len({frame.sum().item() for frame in changed[0]}) == 5


def test_lost_frames_are_black_and_a_track_never_loses_all(tracks):
    torch.manual_seed(1)
    images, valid = Augment("aggressive")(*tracks)
    assert not valid.all()
    assert not images[~valid].any()
    assert drop_frames(torch.ones(5000, 1, dtype=torch.bool)).all()


def test_an_unknown_strength_is_refused():
    with pytest.raises(ValueError, match="none, light, aggressive"):
        Augment("brutal")


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
