"""How the weights in the package are made."""

import shutil
from dataclasses import replace

import pytest

from lpr_helpers import load_reader
from lpr_helpers.evaluation.kept_calibration import CALIBRATION_FILE, load_calibration
from lpr_helpers.models.checkpoints import load_recogniser
from lpr_helpers.models.registry import OURS
from lpr_helpers.models.shipped_files import SECOND, SHIPPED
from lpr_helpers.training import pretraining
from lpr_helpers.training.model_card import TRAIN, TRIALS, VALIDATION, stages_of, teachers_of
from lpr_helpers.training.pretraining import FRAME_PHASE, PHASE, pretrain, recalibrate, recalibrate_together
from tests.support.networks import FORWARDS


@pytest.fixture
def few(monkeypatch):
    """Few tracks, drawn without another process."""
    monkeypatch.setattr(pretraining, "TRAIN", replace(TRAIN, workers=0))
    monkeypatch.setattr(pretraining, "VALIDATION", replace(VALIDATION, tracks=2, workers=0))
    trials = {name: replace(stream, tracks=2, workers=0) for name, stream in TRIALS.items()}
    monkeypatch.setattr(pretraining, "TRIALS", trials)
    monkeypatch.setattr(pretraining, "PHASE", replace(PHASE, precision="no"))
    monkeypatch.setattr(pretraining, "FRAME_PHASE", replace(FRAME_PHASE, precision="no"))


def test_no_validation_track_is_a_training_track():
    assert TRAIN.seed != VALIDATION.seed


@pytest.mark.slow
@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("kind", FORWARDS)
def test_a_network_is_trained_on_drawn_tracks_and_ours_is_made_ready_to_ship(kind, tmp_path):
    history = pretrain(kind, tmp_path, tracks=4, epochs=1, seed=3)
    assert history["epoch"].tolist() == [1]
    run = tmp_path / f"{kind}-4x1-3"
    assert load_recogniser(run / "best").kind == kind
    assert (run / "shipped").exists() == (kind == OURS)


@pytest.mark.slow
@pytest.mark.usefixtures("few")
def test_training_goes_on_from_an_earlier_run_at_half_its_rate(tmp_path):
    pretrain("cnn", tmp_path, tracks=4, epochs=1)
    earlier = tmp_path / "cnn-4x1-2026"
    history = pretrain("cnn", tmp_path, tracks=4, first=3, epochs=1, start=earlier)
    assert (tmp_path / "cnn-continued-3x1-2026" / "best").is_dir()
    assert history["learning_rate"].max() <= FRAME_PHASE.learning_rate / 2


@pytest.mark.slow
@pytest.mark.usefixtures("few")
def test_training_goes_on_from_what_comes_with_the_package_and_the_card_tells_so(tmp_path):
    options = {"tracks": 4, "draw_seed": 5, "epochs": 1, "batch_size": 2, "rate": 1e-4}
    history = pretrain(OURS, tmp_path, **options, start=SHIPPED, shipped=tmp_path / "mine")
    assert history["learning_rate"].max() <= 1e-4
    *earlier, last = stages_of(tmp_path / "mine")
    assert earlier == stages_of(SHIPPED)
    assert last.command == (
        "python -m lpr_helpers weights --tracks 4 --draw-seed 5 --epochs 1 --batch-size 2 --rate 0.0001 "
        f"--seed 2026 --start {SHIPPED}"
    )


@pytest.mark.slow
@pytest.mark.usefixtures("few")
def test_a_reader_of_another_size_is_taught_by_others_and_the_card_names_them(tmp_path):
    network = {"width": 32, "decoder_layers": 1, "early_fusion": False}
    pretrain(
        OURS, tmp_path, tracks=4, epochs=1, network=network, teachers=[SHIPPED], shipped=tmp_path / "mine"
    )
    assert load_recogniser(tmp_path / "mine").network.items() >= network.items()
    assert (tmp_path / "multiframe-width32-decoder_layers1-early_fusionFalse-taught-4x1-2026").is_dir()
    (stage,) = stages_of(tmp_path / "mine")
    told = f"--network width=32 decoder_layers=1 early_fusion=false --teacher {SHIPPED}"
    assert stage.command.endswith(told)
    assert teachers_of(tmp_path / "mine") == [stages_of(SHIPPED)]
    card = (tmp_path / "mine" / "README.md").read_text(encoding="utf-8")
    assert "**Teachers**" in card
    assert stages_of(SHIPPED)[-1].command in " ".join(card.split())


@pytest.mark.slow
@pytest.mark.usefixtures("few")
def test_confidences_are_learnt_anew_without_touching_the_weights(tmp_path):
    mine = tmp_path / "mine"
    shutil.copytree(SHIPPED, mine)
    recalibrate(mine, tmp_path)
    assert load_recogniser(mine).digest == load_recogniser(SHIPPED).digest
    assert load_calibration(mine / CALIBRATION_FILE, load_recogniser(mine).digest).tracks == 8
    assert "trials, calibrated" in (mine / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.usefixtures("few")
def test_confidences_of_readers_together_are_learnt_and_found_again(tmp_path):
    folders = [tmp_path / folder.name for folder in (SHIPPED, SECOND)]
    for folder, copied in zip((SHIPPED, SECOND), folders, strict=True):
        shutil.copytree(folder, copied)
    recalibrate_together(folders, tmp_path)
    assert load_reader(folders, "cpu").calibration.tracks == 8
