"""High-resolution frames made poor."""

import torch

from lpr_helpers.transforms.degradation import degrade


def test_poor_frames_keep_what_is_coarse_and_lose_what_is_fine():
    torch.manual_seed(0)
    coarse = torch.linspace(0.2, 0.8, 128).expand(20, 5, 1, 32, 128)
    fine = 0.3 * (torch.arange(128) % 2 - 0.5)
    poor = torch.stack([degrade(track) for track in coarse + fine])
    assert poor.shape == coarse.shape
    assert 0 <= poor.min() <= poor.max() <= 1
    assert (poor - coarse).abs().mean() < fine.abs().mean() / 4
    sizes = {round(float(track.std(-1).mean()), 6) for track in poor}
    assert len(sizes) > 3, "they differ from batch to batch"
