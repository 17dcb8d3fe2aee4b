"""Checkpoints: what is in them, when they are written, and what is said when they cannot be."""

import errno
import resource
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils import tensorboard

from lpr_helpers.models.checkpoints import load_recogniser
from lpr_helpers.training import loop
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import PHASE1
from lpr_helpers.training.state import load_state
from tests.support.noise import noise_data, small, weights
from tests.support.processes import forks
from tests.support.robustness import Area

PHASE = replace(PHASE1, epochs=2, batch_size=6, precision="no", augmentation="light", hr=False)


def test_nothing_in_a_checkpoint_is_pickled(tmp_path):
    fit(small(), noise_data(), replace(PHASE, epochs=1), tmp_path / "run", progress=False)
    kept = {file.suffix for part in ("best", "last") for file in (tmp_path / "run" / part).iterdir()}
    assert kept == {".json", ".safetensors"}


@pytest.mark.slow
def test_moments_lie_in_memory_as_their_weights_do(tmp_path):
    """A fused optimiser pairs them by place in memory; the network's weights lie channels last."""
    recogniser = small()
    fit(recogniser, noise_data(), replace(PHASE, epochs=1), tmp_path / "run", progress=False)
    fit(recogniser := small(), noise_data(), PHASE, tmp_path / "run", progress=False)
    straight = small()
    fit(straight, noise_data(), PHASE, tmp_path / "straight", progress=False)
    assert torch.equal(weights(recogniser), weights(straight))


def test_an_epoch_is_continued_where_the_clock_last_kept_it(tmp_path, capsys, monkeypatch):
    def interrupted(*arguments, **options):
        calls.append(None)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return step(*arguments, **options)

    calls, step = [], loop.learn
    phase = replace(PHASE, batch_size=3)
    monkeypatch.setattr(loop, "learn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(small(), noise_data(), phase, tmp_path / "run", progress=False, save_every=0)
    monkeypatch.undo()
    history = fit(small(), noise_data(), phase, tmp_path / "run")
    assert "goes on at epoch 1 of 2, 1 of 4 batches into it" in capsys.readouterr().out
    assert len(history) == 2
    assert np.isfinite(history["loss"]).all()


def test_a_vanished_folder_ends_in_one_sentence_and_is_not_made_anew(tmp_path):
    drive = tmp_path / "drive"
    with pytest.raises(TrainingError, match=r"the folder is gone.*mount that again.*run this again"):
        fit(
            small(),
            noise_data(),
            replace(PHASE, epochs=3),
            drive / "run",
            progress=False,
            on_epoch=lambda _: shutil.rmtree(drive),
        )
    assert not drive.exists()


def _train_on_a_full_disk(folder, report):
    torch.set_num_threads(1)
    # A limit on the size of files is what a full disk is to a process: the write fails in the middle.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def fill(_):
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))

    try:
        fit(small(), noise_data(), PHASE, folder, progress=False, on_epoch=fill)
    except TrainingError as error:
        report.send(str(error))


@pytest.mark.slow
def test_a_full_disk_ends_in_one_sentence_and_leaves_the_last_checkpoint_whole(tmp_path):
    context = forks()
    heard, report = context.Pipe(duplex=False)
    process = context.Process(target=_train_on_a_full_disk, args=(tmp_path / "run", report))
    process.start()
    process.join(120)
    assert heard.poll()
    assert "the disk is full. Make room there, then run this again" in heard.recv()
    assert load_state(tmp_path / "run" / "last")["epoch"] == 1
    load_recogniser(tmp_path / "run" / "best")
    assert not list((tmp_path / "run").glob(".*"))
    assert len(fit(small(), noise_data(), PHASE, tmp_path / "run", progress=False)) == 2


def test_a_resumed_run_holds_no_checkpoint_open(tmp_path):
    """What is open cannot be deleted on a network drive, and the next checkpoint has to replace it."""
    run, maps = tmp_path / "run", Path("/proc/self/maps")
    fit(small(), noise_data(), replace(PHASE, epochs=1), run, progress=False)
    seen = []
    fit(
        small(),
        noise_data(),
        PHASE,
        run,
        progress=False,
        on_epoch=lambda _: seen.append(maps.exists() and str(run) in maps.read_text()),
    )
    assert seen == [False, False]
    assert not list(run.glob(".*"))


disk = Area("A disk that is full")
disk.note("TensorBoard's curves where nothing can be written", "a warning; the training goes on")


def test_curves_that_cannot_be_written_stop_no_training(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tensorboard.SummaryWriter, "flush", full)
    with pytest.warns(UserWarning, match="TensorBoard's curves are not written any more"):
        assert len(fit(small(), noise_data(), PHASE, tmp_path / "run", progress=False)) == 2
