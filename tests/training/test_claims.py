"""The same training called again, and everything else that a run folder may meet."""

import json
import resource
import signal
from dataclasses import replace

import pandas as pd
import pytest
import torch

from lpr_helpers.models.checkpoints import load_recogniser
from lpr_helpers.training import loop
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.loop import fit
from lpr_helpers.training.multi_device import fit_everywhere
from lpr_helpers.training.state import load_state
from lpr_helpers.utils.locks import sole_writer
from tests.support.noise import PHASE, noise_data, small, weights
from tests.support.processes import forks
from tests.support.robustness import Area

again = Area("The training cell, run again")
LONGER = replace(PHASE, epochs=3)


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """What three epochs without a break end with: the recogniser and the history."""
    recogniser = small()
    history = fit(
        recogniser, noise_data(), LONGER, tmp_path_factory.mktemp("straight") / "run", progress=False
    )
    return recogniser, history


def interrupted_at(step):
    """Have the training be interrupted at this step of the optimiser, counted from 1."""
    calls, learn = [], loop.learn

    def interrupted(*arguments):
        calls.append(None)
        if len(calls) == step:
            raise KeyboardInterrupt
        return learn(*arguments)

    return interrupted


def same(history, other):
    columns = ["epoch", "loss", "val_loss", "character_accuracy"]
    pd.testing.assert_frame_equal(history[columns], other[columns], check_exact=True)
    return True


@pytest.mark.parametrize(
    "step",
    [
        again("the same recogniser, interrupted in its first epoch", "goes on, to the very same weights", 2),
        again("the same recogniser, interrupted in a later one", "goes on, to the very same weights", 5),
    ],
)
def test_an_interrupted_recogniser_goes_on(tmp_path, data, straight, monkeypatch, step):
    recogniser = small()
    monkeypatch.setattr(loop, "learn", interrupted_at(step))
    with pytest.raises(KeyboardInterrupt):
        fit(recogniser, data, LONGER, tmp_path / "run", progress=False)
    monkeypatch.undo()
    history = fit(recogniser, data, LONGER, tmp_path / "run", progress=False)
    assert same(history, straight[1])
    assert torch.equal(weights(recogniser), weights(straight[0]))


again.note(
    "the same recogniser after the end", "is said to be finished; the history comes back, all files stay"
)
again.note("more epochs, with the same recogniser", "trains those that are missing")
again.note("fewer epochs", "finished already; nothing is lost")


def test_a_recogniser_that_has_finished_is_given_its_history_and_may_ask_for_more_epochs(
    tmp_path, data, straight, capsys
):
    recogniser, run = small(), tmp_path / "run"
    first = fit(recogniser, data, PHASE, run)
    best = weights(recogniser)
    capsys.readouterr()
    assert same(fit(recogniser, data, PHASE, run), first)
    said = capsys.readouterr().out
    assert "run: finished already, after epoch 2 of 2" in said
    assert "elete" not in said
    assert torch.equal(weights(recogniser), best)
    assert same(fit(recogniser, data, LONGER, run, progress=False), straight[1])
    assert torch.equal(weights(recogniser), weights(straight[0]))
    assert json.loads((run / "config.json").read_text())["circumstances"]["epochs"] == 3
    assert same(fit(recogniser, data, PHASE, run, progress=False), straight[1])


@pytest.mark.parametrize(
    "part",
    [
        again("the run's best checkpoint, loaded from disk", "is known as the run's own", "best"),
        again("the run's last checkpoint, loaded from disk", "is known as the run's own", "last"),
    ],
)
def test_a_runs_own_checkpoints_may_go_on_in_it(trained, data, part):
    run, _, history = trained
    assert same(fit(load_recogniser(run / part), data, PHASE, run, progress=False), history)


again.note("a recogniser that another phase has trained since", "the first phase is still known as its own")


def test_phases_one_after_another_can_all_be_called_again(tmp_path, data):
    recogniser, second = small(), replace(PHASE, name="phase2", epochs=1)

    def both():
        fit(recogniser, data, PHASE, tmp_path / "phase1", progress=False)
        first = weights(recogniser)
        return first, fit(recogniser, data, second, tmp_path / "phase2", progress=False)

    (first, history), (later, same_history) = both(), both()
    assert torch.equal(first, later)
    pd.testing.assert_frame_equal(history, same_history)


again.note(
    "a second phase whose first phase was trained longer since", "refused, since it began with other weights"
)


def test_a_second_phase_is_not_taken_for_one_of_a_longer_first_phase(tmp_path, data):
    recogniser, second = small(), replace(PHASE, name="phase2", epochs=1)
    fit(recogniser, data, replace(PHASE, epochs=1), tmp_path / "phase1", progress=False)
    fit(recogniser, data, second, tmp_path / "phase2", progress=False)
    fit(recogniser, data, PHASE, tmp_path / "phase1", progress=False)
    with pytest.raises(TrainingError, match="the digest of the weights it starts from"):
        fit(recogniser, data, second, tmp_path / "phase2", progress=False)


def other_weights(recogniser):
    with torch.no_grad():
        next(recogniser.model.parameters()).add_(1)


@pytest.mark.parametrize(
    ("change", "phase", "told"),
    [
        again(
            "another learning rate",
            "refused, and named",
            None,
            replace(PHASE, learning_rate=0.01),
            r"phase\.learning_rate was 0\.001, is 0\.01",
        ),
        again(
            "weights that were changed by hand",
            "refused, and named",
            other_weights,
            PHASE,
            r"the digest of the weights it starts from was '\w+', is '\w+'",
        ),
    ],
)
def test_another_training_is_refused_and_nothing_is_touched(tmp_path, data, change, phase, told):
    recogniser, run = small(), tmp_path / "run"
    fit(recogniser, data, replace(PHASE, epochs=1), run, progress=False)
    if change:
        change(recogniser)
    before = weights(recogniser)
    with pytest.raises(
        TrainingError, match=rf"{told}\)\. Choose another folder for these, or delete that one"
    ):
        fit(recogniser, data, phase, run, progress=False)
    assert torch.equal(weights(recogniser), before)
    assert load_state(run / "last")["epoch"] == 1


def test_more_epochs_of_a_schedule_that_depends_on_them_are_another_training(tmp_path, data):
    recogniser, phase = small(), replace(PHASE, epochs=1, schedule="cosine")
    fit(recogniser, data, phase, tmp_path / "run", progress=False)
    with pytest.raises(TrainingError, match=r"phase\.epochs was 1, is 2\)"):
        fit(recogniser, data, replace(phase, epochs=2), tmp_path / "run", progress=False)


again.note("a folder whose checkpoint is gone, with weights that have learned there", "refused, and named")


def test_without_its_checkpoint_a_run_does_not_begin_again_from_the_middle(tmp_path, data):
    recogniser, run = small(), tmp_path / "run"
    fit(recogniser, data, PHASE, run, progress=False)
    (run / "last").rename(run / "gone")
    with pytest.raises(TrainingError, match="the digest of the weights it starts from"):
        fit(recogniser, data, PHASE, run, progress=False)


@pytest.mark.parametrize(
    "content",
    [
        again("a folder with a config.json of something else", "refused, and named", '{"name": "bert"}'),
        again("a folder with a damaged config.json", "refused, and named", "{"),
    ],
)
def test_a_folder_of_something_else_is_left_alone(tmp_path, data, content):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(TrainingError, match=r"config\.json describes no training: choose another folder"):
        fit(small(), data, PHASE, tmp_path, progress=False)
    assert (tmp_path / "config.json").read_text() == content


again.note(
    "a folder in which another process trains", "refused, with that process's number, machine and time"
)


def test_two_trainings_never_share_a_folder(tmp_path, data):
    with (
        sole_writer(tmp_path / "run"),
        pytest.raises(TrainingError, match="run is being written by process") as caught,
    ):
        fit(small(), data, PHASE, tmp_path / "run", progress=False)
    assert caught.value.__cause__ is not None  # no fault of the settings, as `tune` asks
    assert not (tmp_path / "run").exists()
    assert len(fit(small(), data, replace(PHASE, epochs=1), tmp_path / "run", progress=False)) == 1


def _train_where_nothing_can_be_written(folder, report):
    torch.set_num_threads(1)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        fit(small(), noise_data(), PHASE, folder, progress=False)
    except TrainingError as error:
        report.send(str(error))


again.note("a disk that is full from the start", "one sentence; run again when there is room, it begins")


@pytest.mark.slow
def test_a_disk_that_is_full_from_the_start_is_told_in_one_sentence(tmp_path, data):
    context = forks()
    heard, report = context.Pipe(duplex=False)
    process = context.Process(target=_train_where_nothing_can_be_written, args=(tmp_path / "run", report))
    process.start()
    process.join(120)
    assert heard.poll()
    assert "run: the disk is full. Make room there, then run this again: nothing is lost yet." in heard.recv()
    assert len(fit(small(), data, replace(PHASE, epochs=1), tmp_path / "run", progress=False)) == 1


def test_a_file_in_the_folders_place_is_told(tmp_path, data):
    (tmp_path / "results").write_text("")
    with pytest.raises(TrainingError, match=r"no checkpoint could be written to .*results"):
        fit(small(), data, PHASE, tmp_path / "results" / "run", progress=False)


again.note("a finished training on several GPUs, in a notebook that has used one", "the history comes back")


def test_a_finished_training_asks_for_no_fresh_kernel(trained, data, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    run, recogniser, history = trained
    assert same(fit_everywhere(recogniser, data, PHASE, run, processes=2, progress=False), history)
    with pytest.raises(TrainingError, match="this notebook has used a GPU"):
        fit_everywhere(recogniser, data, LONGER, run, processes=2, progress=False)
