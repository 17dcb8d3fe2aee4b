import json
from dataclasses import replace

import pandas as pd
import pytest
import torch

from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models import losses
from lpr_helpers.models.checkpoints import load_recogniser
from lpr_helpers.training import loop, runs
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import PHASE2
from lpr_helpers.training.state import load_state
from tests.support.noise import PHASE, small, weights


def test_a_run_keeps_all_that_is_needed_to_understand_it(trained):
    run, recogniser, history = trained
    config = json.loads((run / "config.json").read_text())
    assert config["identity"]["phase"]["seed"] == PHASE.seed
    assert config["circumstances"]["versions"]["torch"] == torch.__version__
    assert config["circumstances"]["git"]
    columns = {
        "loss",
        "recognition_rate",
        "character_accuracy",
        "learning_rate",
        "tracks_per_s",
        "peak_memory_mb",
    }
    assert columns <= set(history)
    pd.testing.assert_frame_equal(runs.read_history(run), history, check_exact=False)
    best = load_recogniser(run / "best")
    assert best.about["epoch"] == runs.best_row(history)["epoch"]
    assert torch.equal(weights(best), weights(recogniser))
    assert {file.name for file in run.iterdir()} == {
        "config.json",
        "history.csv",
        "samples.csv",
        "best",
        "last",
        "tensorboard",
        "finished.json",
    }


def test_a_run_that_reads_no_plate_still_has_a_best_checkpoint(trained):
    assert trained[2]["recognition_rate"].max() == 0
    assert (trained[0] / "best" / "model.safetensors").exists()


def test_a_finished_run_is_not_trained_again(trained, data, monkeypatch):
    monkeypatch.setattr(loop, "_train", lambda *_: pytest.fail("trained again"))
    again = small()
    history = fit(again, data, PHASE, trained[0], progress=False)
    pd.testing.assert_frame_equal(history, trained[2])
    assert torch.equal(weights(again), weights(trained[1]))


def test_an_interrupted_run_continues_to_the_very_same_weights(trained, data, tmp_path):
    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(small(), data, PHASE, tmp_path / "run", on_epoch=interrupt, progress=False)
    resumed = small()
    history = fit(resumed, data, PHASE, tmp_path / "run", progress=False)
    assert history["epoch"].tolist() == [1, 2]
    assert torch.equal(weights(resumed), weights(trained[1]))


def test_a_run_with_other_settings_is_refused_by_name(trained, data):
    with pytest.raises(
        TrainingError, match=r"phase\.learning_rate was 0\.001, is 0\.01.*Choose another folder"
    ):
        fit(small(), data, replace(PHASE, learning_rate=0.01), trained[0], progress=False)


def test_the_curves_of_an_earlier_call_are_shown_at_once(trained, data):
    shown = []
    fit(small(), data, PHASE, trained[0], on_epoch=shown.append, progress=False)
    assert [history["epoch"].tolist() for history in shown] == [[1, 2]]


def test_a_loss_that_is_no_number_stops_with_advice(data, tmp_path, monkeypatch):
    monkeypatch.setattr(losses, "ctc_loss", lambda logits, _: logits.sum() * torch.nan)
    with pytest.raises(TrainingError, match="lower learning rate"):
        fit(small(), data, PHASE, tmp_path / "run", progress=False)


def test_early_stopping_waits_for_so_many_epochs(data, tmp_path, monkeypatch):
    figures = {"val_loss": 1.0, "recognition_rate": 0.0, "character_accuracy": 0.0, "single_frame_rate": 0.0}
    monkeypatch.setattr(loop, "validate", lambda *_: figures)
    history = fit(small(), data, replace(PHASE, epochs=9, early_stopping=2), tmp_path / "run", progress=False)
    assert len(history) == 3  # the first is the best, two follow in vain


def test_phase_2_trains_on_scenario_b_alone(data):
    assert data.rows("train").tolist() == [0, 1, 2, 3, 4, 5]
    assert data.rows("train", scenarios=PHASE2.scenarios).tolist() == [1, 2, 3, 4, 5]
    assert data.rows("val").tolist() == [6, 7]


def test_nothing_to_validate_on_is_said(data, tmp_path):
    with pytest.raises(TrainingError, match="8 training and 0 validation"):
        fit(small(), replace_table(data, split="train"), PHASE, tmp_path / "run", progress=False)


def replace_table(data, **columns):
    return TrackData(data.table.assign(**columns), data.plate, data.lr, data.hr)


def test_a_gradient_that_is_no_number_stops_training_too(data, tmp_path, monkeypatch):
    def poisoned(logits, targets):
        # sqrt has an infinite slope at 0, and 0 · ∞ is no number: the loss is fine, its gradient is not
        return ctc_loss(logits, targets) + (0 * logits.sum()).abs().sqrt()

    ctc_loss = losses.ctc_loss
    monkeypatch.setattr(losses, "ctc_loss", poisoned)
    with pytest.raises(TrainingError, match="The last good checkpoint is untouched"):
        fit(small(), data, PHASE, tmp_path / "run", progress=False)
    assert load_state(tmp_path / "run" / "last")["epoch"] == 0


def test_a_second_phase_may_have_another_precision(data, tmp_path):
    for number, precision in enumerate(("no", "bf16", "no")):
        phase = replace(PHASE, epochs=1, precision=precision)
        history = fit(small(), data, phase, tmp_path / f"{number}", progress=False)
        assert history["loss"].notna().all()
