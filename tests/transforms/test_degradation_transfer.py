"""Tracks with the looks of others."""

import pytest
import torch
from torch.nn.functional import interpolate

from lpr_helpers.transforms.degradation_transfer import LOOKS, DegradationTransfer, looks_of
from lpr_helpers.utils.resampling import resized_by_area
from tests.support.frames import plate


@pytest.fixture(scope="module")
def tracks():
    """Eight tracks of three frames of plates, a little brighter from frame to frame; the last lacks one."""
    frames = torch.stack([torch.from_numpy(plate(n, size=(128, 32))).float() / 255 for n in range(8)])
    images = frames[:, None, None] * torch.tensor([0.6, 0.65, 0.7]).view(1, 3, 1, 1, 1)
    valid = torch.ones(8, 3, dtype=torch.bool)
    valid[-1, 1] = False
    return images * valid[..., None, None, None], valid


def transferred(tracks, looks, seed=0, **options):
    torch.manual_seed(seed)
    return DegradationTransfer(torch.as_tensor([looks]), **options)(*tracks)


def test_looks_are_light_contrast_sharpness_and_noise(tracks):
    images, valid = tracks
    looks = looks_of(images, valid)
    assert looks.shape == (8, len(LOOKS))
    darker, flatter = looks_of(images / 2, valid), looks_of(images / 2 + 0.2, valid)
    torch.testing.assert_close(darker[:, :2], looks[:, :2] / 2)
    torch.testing.assert_close(flatter[:, 1:], darker[:, 1:], atol=1e-4, rtol=1e-3)
    soft = interpolate(resized_by_area(images.flatten(0, 1), (16, 64)), (32, 128), mode="bilinear")
    assert (looks_of(soft.view_as(images), valid)[:, 2] < looks[:, 2]).all()
    torch.manual_seed(0)
    noisy = images + 0.05 * torch.randn_like(images)
    assert (looks_of(noisy, valid)[:, 3] > looks[:, 3]).all()


@pytest.mark.parametrize("factor", [0.6, 1.3])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_tracks_take_on_the_looks_that_are_wanted(tracks, place, factor):
    own = looks_of(*tracks).mean(0)
    wanted = own.clone()
    wanted[place] *= factor
    wanted[3] = 0.0  # no noise, which would come on top
    changed = looks_of(transferred(tracks, wanted.tolist()), tracks[1])
    assert changed[:, place] == pytest.approx(torch.full((8,), float(wanted[place])), rel=0.1)


def test_noise_comes_in_and_is_never_taken_out(tracks):
    own = looks_of(*tracks).mean(0)
    calm, rough = (
        looks_of(transferred(tracks, [*own[:3].tolist(), noise]), tracks[1])[:, 3].mean()
        for noise in (0.0, 0.6)
    )
    assert rough > calm + 0.02


def test_frames_of_a_track_keep_what_differs_between_them(tracks):
    images = transferred(tracks, [0.4, 0.1, 0.3, 0.0])
    light = images.mean((2, 3, 4))
    assert (light[:-1].diff(dim=1) > 0).all()
    assert not images[-1, 1].any(), "a missing frame stays missing"


def test_compression_takes_detail_away(tracks):
    looks = looks_of(*tracks).mean(0).tolist()
    plain, coded = (transferred(tracks, looks, quality=quality) for quality in (None, 10))
    assert (plain - coded).abs().mean() > 0.01


def test_the_seed_decides(tracks):
    looks = [0.4, 0.15, 0.3, 0.5]
    one, same, other = (transferred(tracks, looks, seed) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert 0 <= one.min() <= one.max() <= 1


def test_colour_frames_and_narrow_ones_are_changed_too(tracks):
    images, valid = tracks
    for some in (images.expand(-1, -1, 3, -1, -1), images[..., :64]):
        assert transferred((some, valid), [0.4, 0.15, 0.3, 0.5]).shape == some.shape
