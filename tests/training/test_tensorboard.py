"""TensorBoard's record of a run."""

from dataclasses import replace

import pytest

from lpr_helpers.training import runs
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import PHASE1
from tests.support.noise import noise_data, small

PHASE = replace(PHASE1, epochs=2, batch_size=6, precision="no", augmentation="light", hr=False)


def test_tensorboard_can_read_a_run(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = tmp_path / "run"
    fit(small(), noise_data(), replace(PHASE, epochs=1), run, progress=False)
    history = fit(small(), noise_data(), PHASE, run, progress=False)
    board = EventAccumulator(str(run / "tensorboard")).Reload()
    shown = [(event.step, event.value) for event in board.Scalars("loss/training")]
    assert shown == [(row.epoch, pytest.approx(row.loss)) for row in history.itertuples()]
    assert len(runs.read_history(run)) == 2
