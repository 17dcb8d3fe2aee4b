"""Two processes do the work of one, and get what one would have got."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lpr_helpers.inference.recognition import recognise
from lpr_helpers.models.checkpoints import load_recogniser
from lpr_helpers.submission.validator import validate_submission
from lpr_helpers.synthetic.dataset import write_dataset
from lpr_helpers.training import runs
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.loop import fit
from lpr_helpers.training.multi_device import fit_everywhere
from lpr_helpers.training.phases import PHASE1
from lpr_helpers.training.state import load_state
from lpr_helpers.training.unlabelled import Unlabelled
from lpr_helpers.utils import distributed
from tests.support.noise import noise_data, small, weights
from tests.support.processes import forks, together
from tests.support.unlabelled import unlabelled_noise

pytestmark = pytest.mark.slow

# Without augmentation and dropout: each process draws random numbers of its own.
PHASE = replace(
    PHASE1, epochs=2, batch_size=8, precision="no", augmentation="none", hr=False, learning_rate=1e-4
)


def _train(folder):
    fit(small(dropout=0), noise_data(), PHASE, folder, progress=False)


def test_two_processes_train_what_one_trains(tmp_path):
    recogniser = small(dropout=0)
    alone = fit(recogniser, noise_data(), PHASE, tmp_path / "alone", progress=False)
    together(_train, tmp_path / "both")
    both = runs.read_history(tmp_path / "both")
    figures = ["loss", "val_loss", "recognition_rate", "character_accuracy"]
    pd.testing.assert_frame_equal(alone[figures], both[figures], rtol=1e-3)
    last = [weights(load_recogniser(tmp_path / run / "last")) for run in ("alone", "both")]
    start = weights(small(dropout=0))
    assert (last[0] - last[1]).norm() < 0.01 * (last[0] - start).norm()


def _train_without_labels(folder):
    found = Unlabelled(unlabelled_noise(), threshold=0.03)
    fit(small(dropout=0), noise_data(), PHASE, folder, unlabelled=found, progress=False)


def test_two_processes_share_tracks_without_labels(tmp_path):
    together(_train_without_labels, tmp_path / "both")
    history = runs.read_history(tmp_path / "both")
    assert history["trusted_share"].between(0, 1).all()
    assert load_state(tmp_path / "both" / "last")["teacher"].keys() == small().model.state_dict().keys()


def _read(folder, rows):
    frames = recognise(small(), noise_data().lr, rows, batch_size=2, device="cpu", progress=False)
    np.save(folder / f"{distributed.shard()[0]}.npy", frames.slots.numpy())
    (folder / f"{distributed.shard()[0]}.json").write_text(json.dumps(frames.texts))


@pytest.mark.parametrize("rows", [[0], [5, 2, 7], [7, 6, 5, 4, 3, 2, 1, 0]])
def test_every_track_is_read_once_and_in_order(rows, tmp_path):
    together(_read, tmp_path, rows)
    alone = recognise(small(), noise_data().lr, rows, device="cpu", progress=False)
    for rank in (0, 1):
        np.testing.assert_allclose(np.load(tmp_path / f"{rank}.npy"), alone.slots, atol=1e-4)
        assert json.loads((tmp_path / f"{rank}.json").read_text()) == alone.texts


def test_a_batch_that_cannot_be_shared_is_refused(tmp_path):
    together(_refused, tmp_path)


def _refused(folder):
    with pytest.raises(TrainingError, match="batch"):
        fit(small(), noise_data(), replace(PHASE, batch_size=7), folder / "run", progress=False)


def test_the_command_trains_and_submits_in_two_processes(tmp_path):
    write_dataset(tmp_path / "data", train=(4, 12), test=5)
    settings = {
        "LPR_DATA": str(tmp_path / "data"),
        "LPR_ARTIFACTS": str(tmp_path / "artifacts"),
        "LPR_PROFILE": "tiny",
        "OMP_NUM_THREADS": "1",
        "GLOO_SOCKET_IFNAME": "lo",
    }
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = subprocess.run(
        [*launch, "-m", "lpr_helpers", "train", "phase1", "submission"],
        env=os.environ | settings,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    run = tmp_path / "artifacts" / "phase1"
    assert json.loads((run / "config.json").read_text())["circumstances"]["processes"] == 2
    assert len(runs.read_history(run)) == 2
    report = validate_submission(tmp_path / "artifacts/submission/submission.zip", tmp_path / "data" / "test")
    assert report.ok
    assert report.lines == 5
    assert "5 tracks read by phase1" in done.stdout


def _train_from_a_notebook(folder):
    shown = []
    fit_everywhere(
        small(dropout=0), noise_data(), PHASE, folder, processes=2, progress=False, on_epoch=shown.append
    )
    assert [len(history) for history in shown] == [PHASE.epochs]


def _train_again_from_a_notebook(folder):
    recogniser = small(dropout=0)
    for epochs in (1, 1, 2):
        phase = replace(PHASE, epochs=epochs)
        history = fit_everywhere(recogniser, noise_data(), phase, folder, processes=2, progress=False)
        assert len(history) == epochs


@pytest.mark.parametrize("training", [_train_from_a_notebook, _train_again_from_a_notebook])
def test_a_notebook_shares_its_training_among_processes(tmp_path, monkeypatch, training):
    monkeypatch.setenv("ACCELERATE_USE_CPU", "1")
    process = forks().Process(target=training, args=(tmp_path / "run",))
    process.start()
    process.join(120)
    process.kill()
    assert process.exitcode == 0
    assert json.loads((tmp_path / "run" / "config.json").read_text())["circumstances"]["processes"] == 2
    assert len(runs.read_history(tmp_path / "run")) == PHASE.epochs


def _refused_by_both(folder):
    with pytest.raises(TrainingError, match=r"phase\.learning_rate was 0\.0001, is 0\.1"):
        fit(small(dropout=0), noise_data(), replace(PHASE, learning_rate=0.1), folder, progress=False)


def _again(folder):
    recogniser = small(dropout=0)
    first = fit(recogniser, noise_data(), PHASE, folder, progress=False)
    pd.testing.assert_frame_equal(fit(recogniser, noise_data(), PHASE, folder, progress=False), first)
    more = fit(recogniser, noise_data(), replace(PHASE, epochs=3), folder, progress=False)
    assert more["epoch"].tolist() == [1, 2, 3]


def test_all_processes_go_on_or_are_refused_together(tmp_path):
    together(_again, tmp_path / "run")
    together(_refused_by_both, tmp_path / "run")
