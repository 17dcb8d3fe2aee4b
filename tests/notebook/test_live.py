"""What is seen of a training while it goes on."""

from dataclasses import replace

import pytest

from lpr_helpers.notebook.live import LiveTraining
from lpr_helpers.training import runs
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import PHASE1
from tests.support.figures import texts_of
from tests.support.history import COSINE, two_epochs
from tests.support.noise import noise_data, small


def test_the_same_tracks_are_kept_of_every_epoch_and_shown_again_after_an_interruption(tmp_path):
    data, phase = noise_data(), replace(PHASE1, epochs=2, batch_size=8, precision="no", augmentation="none")

    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(small(), data, phase, tmp_path, on_epoch=interrupt, progress=False)
    history = fit(small(), data, phase, tmp_path, progress=False)
    samples = runs.read_samples(tmp_path)
    ids = data.table["track_id"].iloc[data.rows("val")].tolist()
    assert samples["track_id"].tolist() == ids * 2
    assert samples["epoch"].tolist() == [1] * len(ids) + [2] * len(ids)
    figure = LiveTraining(data, phase, tmp_path).figure(history)
    assert texts_of(figure).count("true") == len(ids)


def test_a_run_of_before_there_were_samples_is_shown_without_them(tmp_path):
    assert "true" not in texts_of(LiveTraining(noise_data(), COSINE, tmp_path).figure(two_epochs()))


def test_a_run_says_whether_it_begins_goes_on_or_is_finished(tmp_path, capsys):
    data, phase = noise_data(), replace(PHASE1, epochs=2, batch_size=8, precision="no", augmentation="none")

    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(small(), data, phase, tmp_path / "run", on_epoch=interrupt)
    assert "run: begins at epoch 1 of 2, from fresh weights" in capsys.readouterr().out
    recogniser = small()
    fit(recogniser, data, phase, tmp_path / "run")
    assert "run: goes on at epoch 2 of 2" in capsys.readouterr().out
    fit(small(), data, phase, tmp_path / "run")
    assert "run: finished already, after epoch 2 of 2" in capsys.readouterr().out
    fit(recogniser, data, replace(phase, name="next"), tmp_path / "next")
    assert "from trained weights (phase1, epoch" in capsys.readouterr().out
