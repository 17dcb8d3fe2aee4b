"""Super-resolution trained on pictures alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lpr_helpers.data.frames import Packed
from lpr_helpers.models.checkpoints import Recogniser, load_recogniser
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.fresh import FreshTracks
from lpr_helpers.training import runs, super_resolution
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.phases import SR_PHASE
from lpr_helpers.training.super_resolution import drawn_pairs, train_super_resolution
from tests.support.networks import SMALL
from tests.support.noise import noise_data, weights, wide_noise_data

PHASE = replace(SR_PHASE, epochs=2, batch_size=2, precision="no")


def data():
    """Tracks of noise with HR frames, one of them without any."""
    wide, hr = wide_noise_data(), noise_data().hr
    valid = hr.valid.copy()
    valid[1] = False
    return replace(wide, hr=Packed(hr.images.repeat(2, axis=-1), valid))


def fresh(kind="sr-espcn"):
    return Recogniser.new(BRAZIL, kind=kind, **SMALL[kind])


def test_only_the_pictures_learn(tmp_path):
    recogniser, before = fresh("sr-multiframe"), fresh("sr-multiframe").model.state_dict()
    history = train_super_resolution(recogniser, data(), PHASE, tmp_path / "run", progress=False)
    assert {"loss", "psnr", "ssim", "bicubic_psnr", "bicubic_ssim"} <= set(history)
    assert history["recognition_rate"].isna().all(), "nothing is read"
    changed = {
        name for name, new in recogniser.model.state_dict().items() if not torch.equal(new, before[name])
    }
    assert changed
    assert all(name.startswith("super_resolution.") for name in changed)
    best = load_recogniser(tmp_path / "run" / "best")
    assert torch.equal(weights(best), weights(recogniser))
    assert runs.compare_runs(tmp_path).loc["run", "best_epoch"] == best.about["epoch"]


def test_a_finished_run_is_not_trained_again(tmp_path):
    first, again = fresh(), fresh()
    history = train_super_resolution(first, data(), PHASE, tmp_path, progress=False)
    assert train_super_resolution(again, data(), PHASE, tmp_path, progress=False).equals(history)
    assert torch.equal(weights(first), weights(again))


def test_a_run_that_was_cut_short_ends_as_if_it_had_not_been(tmp_path, monkeypatch):
    whole, cut = fresh(), fresh()
    train_super_resolution(whole, data(), PHASE, tmp_path / "whole", progress=False)
    learn, steps = super_resolution._learn, []

    def killed(*arguments):
        if len(steps) == 3:  # the second step of the second epoch
            raise KeyboardInterrupt
        steps.append(1)
        return learn(*arguments)

    monkeypatch.setattr(super_resolution, "_learn", killed)
    with pytest.raises(KeyboardInterrupt):
        train_super_resolution(cut, data(), PHASE, tmp_path / "cut", progress=False, save_every=0)
    monkeypatch.undo()
    cut = fresh()
    train_super_resolution(cut, data(), PHASE, tmp_path / "cut", progress=False)
    assert torch.equal(weights(cut), weights(whole))


@pytest.mark.parametrize(
    ("kind", "tracks", "message"),
    [
        ("sr-espcn", wide_noise_data(), "no high-resolution frames"),
        ("multiframe", data(), "reads frames as they are"),
    ],
)
def test_it_says_what_it_lacks(kind, tracks, message, tmp_path):
    with pytest.raises(TrainingError, match=message):
        train_super_resolution(fresh(kind), tracks, PHASE, tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sr-espcn", "sr-residual", "sr-multiframe"])
def test_pictures_come_closer_to_sharp_frames_than_interpolation_does(kind, tmp_path):
    streams = FreshTracks(16, seed=1, workers=0), FreshTracks(4, seed=2, workers=0)
    tracks = drawn_pairs(*streams, tmp_path / "tracks", progress=False)
    assert (tracks.lr.images.shape, tracks.hr.images.shape) == ((20, 5, 1, 32, 128), (20, 5, 1, 64, 256))
    small, sharp = (packed.images.astype(float).mean((1, 2, 3, 4)) for packed in (tracks.lr, tracks.hr))
    assert np.corrcoef(small, sharp)[0, 1] > 0.8, "rows show the same plates"
    phase = replace(PHASE, epochs=4, batch_size=2)
    last = train_super_resolution(fresh(kind), tracks, phase, tmp_path / "run", progress=False).iloc[-1]
    assert last["psnr"] > last["bicubic_psnr"]
    assert last["ssim"] > last["bicubic_ssim"]
