import cv2
import numpy as np
import pytest
import torch

from lpr_helpers.transforms.augment import STRENGTHS, Augment, photometric
from lpr_helpers.transforms.degradation import degrade
from lpr_helpers.transforms.frame_dropout import lose_frames
from lpr_helpers.transforms.jpeg import compress_jpeg


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
    monkeypatch.setattr("lpr_helpers.augment.BRIGHTNESS", (1.0, 1.0))
    monkeypatch.setattr("lpr_helpers.augment.CONTRAST", (1.0, 1.0))
    changed = photometric(torch.full((8, 1, 32, 128), 0.5))
    assert changed.std().item() == pytest.approx(0.02, rel=0.05)


def test_jpeg_is_what_a_jpeg_file_would_be():
    picture = cv2.putText(np.full((32, 128), 200, np.uint8), "ABC1234", (2, 25), 0, 0.9, 20, 2)
    for quality in (30, 50, 70):
        file = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        real = cv2.imdecode(file, cv2.IMREAD_GRAYSCALE).astype(float)
        images = torch.from_numpy(picture / 255.0).float()[None, None]
        ours = 255 * compress_jpeg(images, torch.full((1, 1, 1, 1), float(quality)))[0, 0].numpy()
        assert np.abs(ours - real).mean() < 1.2 < 3 < np.abs(picture - real).mean()


def test_each_frame_is_changed_on_its_own(tracks):
    images = tracks[0][:1, :1].expand(1, 5, -1, -1, -1)
    changed, _ = Augment("aggressive")(images, tracks[1][:1])
    assert len({frame.sum().item() for frame in changed[0]}) == 5


def test_lost_frames_are_black_and_a_track_never_loses_all(tracks):
    torch.manual_seed(1)
    images, valid = Augment("aggressive")(*tracks)
    assert not valid.all()
    assert not images[~valid].any()
    assert lose_frames(torch.ones(5000, 1, dtype=torch.bool)).all()


def test_an_unknown_strength_is_refused():
    with pytest.raises(ValueError, match="none, light, aggressive"):
        Augment("brutal")


def test_poor_frames_keep_what_is_coarse_and_lose_what_is_fine():
    torch.manual_seed(0)
    coarse = torch.linspace(0.2, 0.8, 128).expand(20, 5, 1, 32, 128)
    fine = 0.3 * (torch.arange(128) % 2 - 0.5)
    poor = torch.stack([degrade(track) for track in coarse + fine])
    assert poor.shape == coarse.shape
    assert 0 <= poor.min() <= poor.max() <= 1
    assert (poor - coarse).abs().mean() < fine.abs().mean() / 4
    assert (
        len({round(float(track.std(-1).mean()), 6) for track in poor}) > 3
    )  # sizes differ from batch to batch
