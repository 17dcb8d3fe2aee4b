"""What `fit` says by itself when a training looks unwell."""

from dataclasses import replace

import pytest
import torch

from lpr_helpers.training import loop, step
from lpr_helpers.training.advice import advice
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import PHASE1, PHASE2
from tests.support.noise import PHASE, noise_data, small, weights

WELL = {"character_accuracy": 0.9, "loss": 0.3, "val_loss": 0.4, "waiting": 0.05}


def test_a_training_that_is_well_gets_no_advice():
    assert advice([WELL], PHASE1, steps=5000) == {}


@pytest.mark.parametrize(("steps", "told"), [(599, False), (600, True)])
def test_guessing_is_told_once_the_plateau_should_be_over(steps, told):
    found = advice([WELL | {"character_accuracy": 0.1}], PHASE1, steps)
    assert ("guessing" in found) == told


def test_a_phase_without_spacing_is_told_of_it_and_one_with_it_is_not():
    guessing = [WELL | {"character_accuracy": 0.1}]
    assert "spaced_steps=400" in advice(guessing, PHASE2, 1000)["guessing"]
    assert "spaced_steps" not in advice(guessing, PHASE1, 1000)["guessing"]


def test_frames_that_come_too_slowly_are_told_with_their_share():
    assert advice([WELL | {"waiting": 0.45}], PHASE1, 100)["waiting"].startswith("45% of the time")


def test_a_validation_that_lags_far_behind_is_told_with_the_reason():
    assert "in no training track" in advice([WELL | {"loss": 0.05}], PHASE1, 100)["overfit"]


def test_fit_gives_each_piece_of_advice_once(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(loop, "advice", lambda history, *_: {"waiting": f"epoch {len(history)}"})
    history = fit(small(), noise_data(), PHASE, tmp_path / "run")
    assert (history["waiting"] >= 0).all()
    assert (history["waiting"] <= 1).all()
    printed = capsys.readouterr().out
    assert "Advice: epoch 1" in printed
    assert "epoch 2." not in printed


def test_a_batch_that_does_not_fit_the_memory_is_learnt_in_parts(tmp_path, capsys, monkeypatch):
    phase = replace(PHASE, epochs=1, hr=False, spaced_steps=0)
    whole = fit(small(dropout=0.0), noise_data(), phase, tmp_path / "whole", progress=False)

    def scarce(output, valid, targets, *others):
        if len(targets) > 4:
            raise torch.OutOfMemoryError
        return track_loss(output, valid, targets, *others)

    track_loss = step.track_loss
    monkeypatch.setattr(step, "track_loss", scarce)
    recogniser = small(dropout=0.0)
    parts = fit(recogniser, noise_data(), phase, tmp_path / "parts")
    assert "in parts of 4" in capsys.readouterr().out
    assert parts["loss"].iloc[0] == pytest.approx(
        whole["loss"].iloc[0], rel=0.2
    )  # batch normalisation sees parts
    assert torch.isfinite(weights(recogniser)).all()


def test_a_single_item_that_does_not_fit_the_memory_ends_training_with_advice(tmp_path, monkeypatch):
    def none(*_):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(step, "track_loss", none)
    with pytest.raises(TrainingError, match="does not fit the memory"):
        fit(small(), noise_data(), PHASE, tmp_path / "run", progress=False)
