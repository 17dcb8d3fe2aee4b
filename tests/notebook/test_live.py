"""What is seen of a training while it goes on."""

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from made import noise_data, small

from lpr_helpers import plots
from lpr_helpers.notebook.live import LiveTraining
from lpr_helpers.plots.live import headline
from lpr_helpers.training import runs
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import PHASE1, Phase

COSINE = Phase(epochs=4, schedule="cosine", learning_rate=2e-3)


def words(figure):
    figure.canvas.draw()
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text().strip()]


@pytest.fixture
def history():
    rates = {"recognition_rate": [0.1, 0.4], "character_accuracy": [0.5, 0.8]}
    speed = {"tracks_per_s": 81.0, "seconds": 300.0, "peak_memory_mb": 812.0}
    losses = {"loss": [2.0, 1.0], "val_loss": [1.5, 0.9], "learning_rate": [1e-3, 5e-4]}
    return pd.DataFrame({"phase": "phase1", "epoch": [1, 2], **rates, **losses, **speed})


def test_one_line_tells_how_far_it_is_how_fast_and_when_it_ends(history):
    told = headline(history, COSINE)
    for part in ("epoch 2 of 4", "about 10 min left", "81 tracks a second", "812 MB", "40.0% of the plates"):
        assert part in told
    assert "at most about" in headline(history, replace(COSINE, early_stopping=3))
    assert "done in 10 min" in headline(history, replace(COSINE, epochs=2))


def test_wrong_characters_are_marked_and_missing_ones_too(history):
    read = pd.DataFrame(
        {"epoch": [1, 2], "track_id": "t", "text": "ABC1D23", "reading": ["A8C1D2", "ABC1D23"]}
    )
    figure = plots.training_view(history, COSINE, read, {"t": np.zeros((32, 128), np.uint8)})
    marked = [t.get_text() for t in figure.findobj(mpl.text.Text) if t.get_fontweight() == "bold"]
    assert marked == ["8", "–"]
    assert [word for word in words(figure) if word in "✓✗"] == ["✗", "✓"]


def test_the_schedule_says_where_training_stands(history):
    rate = plots.training_view(history, COSINE).axes[-1]
    at = rate.lines[-1].get_xydata()[0]
    assert tuple(at) == pytest.approx((2, COSINE.rate(0.5)))
    plateau = plots.training_view(history, replace(PHASE1, epochs=4)).axes[-1]
    assert tuple(plateau.lines[-1].get_xydata()[0]) == pytest.approx((2, 5e-4))


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
    assert words(figure).count("true") == len(ids)


def test_a_run_of_before_there_were_samples_is_shown_without_them(history, tmp_path):
    assert "true" not in words(LiveTraining(noise_data(), COSINE, tmp_path).figure(history))


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
