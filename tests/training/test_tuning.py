"""The study of the settings: what it judges by, what it prunes, and that no kill loses a trial."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import optuna
import pandas as pd
import pytest
import torch

from lpr_helpers.data.frames import Packed
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models.registry import ARCHITECTURES
from lpr_helpers.plates import BRAZIL
from lpr_helpers.training import study, study as studies, tuning
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.phases import PHASE1
from lpr_helpers.training.tuning import grid, trials_table, tune, with_settings
from tests.support.robustness import Area

PHASE = replace(PHASE1, epochs=2, precision="no", augmentation="none")


class KilledError(BaseException):
    """The process ends here; nobody hears of it."""


@pytest.fixture(scope="module")
def data():
    """Three training tracks and a validation track of noise."""
    texts = ["ABC1234", "AAA1111", "XYZ9A87", "QWE4R56"]
    table = pd.DataFrame({"text": texts, "split": ["train"] * 3 + ["val"], "trainable": True})
    table = table.assign(
        track_id=texts, folder=texts, scenario="B", layout="Brazilian", lr=[[]] * 4, hr=[[]] * 4
    )
    images = np.random.default_rng(0).integers(0, 255, (4, 2, 1, 32, 128), dtype=np.uint8)
    return TrackData(table, BRAZIL, Packed(images, np.ones((4, 2), dtype=bool)))


class Trainer:
    """Stands in for `fit`: epoch after epoch a character accuracy, and whatever a test has happen in a trial."""

    def __init__(self):
        self.runs, self.happens, self.level = [], {}, lambda _: 0.5

    def __call__(self, _recogniser, _data, phase, run, *, on_epoch, **_):
        self.runs.append(run.name)
        file = run / "epochs"
        done = int(file.read_text()) if file.exists() else 0
        run.mkdir(parents=True, exist_ok=True)
        for epoch in range(done + 1, phase.epochs + 1):
            file.write_text(str(epoch))
            history = pd.DataFrame({"epoch": range(1, epoch + 1), "recognition_rate": 0.0, "seconds": 1.0})
            on_epoch(history.assign(character_accuracy=self.level(run.name) + history["epoch"] / 100))
            if event := self.happens.pop((run.name, epoch), None):
                event()
        return history.assign(character_accuracy=self.level(run.name) + history["epoch"] / 100)


@pytest.fixture
def trainer(monkeypatch):
    trainer = Trainer()
    monkeypatch.setattr(tuning, "fit", trainer)
    monkeypatch.setattr(tuning, "with_settings", lambda _settings, _plate, phase, *_: (None, phase))
    monkeypatch.setattr(studies, "POLL", 0.05)
    return trainer


def raising(error):
    def event():
        raise error

    return event


def age_heartbeats(folder):
    with sqlite3.connect(folder / "study.db") as database:
        database.execute("UPDATE trial_heartbeats SET heartbeat = datetime('now', '-1 hour')")
        database.execute(
            "UPDATE trials SET datetime_start = datetime('now', '-3 days') WHERE state = 'RUNNING'"
        )


def states(study):
    return trials_table(study).set_index("trial")["state"].to_dict()


def test_the_grid_is_the_reports_and_reaches_phase_and_network():
    assert {name: sorted(values) for name, values in grid().items()} == {
        "batch_size": [32, 48, 64, 128],
        "learning_rate": [1e-4, 1e-3, 1e-2],
        "dropout": [0.1, 0.3, 0.5],
        "hidden": [128, 256, 512],
    }
    point = {"batch_size": 48, "learning_rate": 1e-2, "dropout": 0.1, "hidden": 128}
    recogniser, phase = with_settings(point, BRAZIL, PHASE)
    assert (phase.batch_size, phase.learning_rate, phase.epochs) == (48, 1e-2, 2)
    assert recogniser.model.sequence.hidden_size == 128
    assert recogniser.model.dropout.p == recogniser.model.sequence.dropout == 0.1


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_every_network_can_be_built_with_each_value_of_its_grid(kind):
    for name, values in grid(kind).items():
        for value in values:
            point = {other: first[0] for other, first in grid(kind).items()} | {name: value}
            with torch.device("meta"):  # shapes alone
                recogniser, phase = with_settings(point, BRAZIL, PHASE, kind=kind)
            assert {**recogniser.network, **vars(phase)}[name] == value


@pytest.mark.usefixtures("trainer")
def test_a_network_is_tuned_in_its_own_settings_and_in_a_study_of_its_own(data, tmp_path):
    table = trials_table(tune(data, PHASE, tmp_path, trials=1, kind="vit", progress=False))
    assert "hidden" not in table
    assert table["width"][0] in ARCHITECTURES["vit"].tuned["width"]
    with pytest.raises(TrainingError, match="kind was vit, is crnn"):
        tune(data, PHASE, tmp_path, trials=1, progress=False)


@pytest.mark.slow
def test_trials_really_train_and_keep_their_best_checkpoint(data, tmp_path, monkeypatch):
    few = {**grid(), "batch_size": (4,), "hidden": (8, 12)}
    monkeypatch.setattr(tuning, "grid", lambda _kind: few)
    study = tune(data, replace(PHASE, epochs=1), tmp_path, trials=2, progress=False)
    table = trials_table(study)
    assert table["state"].tolist() == ["complete"] * 2
    assert table["epochs"].tolist() == [1, 1]
    assert table["character_accuracy"].between(0, 1).all()
    assert study.best_value == table["character_accuracy"].max()
    for name in table["trial"]:
        assert (tmp_path / name / "best").is_dir()
        assert not (tmp_path / name / "last").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("trainer")
def test_no_settings_come_twice_and_a_seed_fixes_their_order(data, tmp_path):
    first = trials_table(tune(data, PHASE, tmp_path / "a", trials=5, progress=False))
    assert not first.duplicated(list(grid())).any()
    tune(data, PHASE, tmp_path / "b", trials=2, progress=False)
    second = trials_table(tune(data, PHASE, tmp_path / "b", trials=5, progress=False))
    pd.testing.assert_frame_equal(first[list(grid())], second[list(grid())])


@pytest.mark.slow
def test_calling_again_continues_up_to_so_many_trials_in_all(data, tmp_path, trainer):
    tune(data, PHASE, tmp_path, trials=2, progress=False)
    assert len(tune(data, PHASE, tmp_path, trials=3, progress=False).trials) == 3
    assert len(tune(data, PHASE, tmp_path, trials=1, progress=False).trials) == 3
    assert trainer.runs == ["trial-0000", "trial-0001", "trial-0002"]


@pytest.mark.slow
def test_a_trial_is_worth_its_highest_character_accuracy(data, tmp_path, trainer):
    trainer.level = lambda run: 0.7 if run == "trial-0001" else 0.2
    study = tune(data, PHASE, tmp_path, trials=3, progress=False)
    assert study.best_value == pytest.approx(0.72)
    assert study.best_trial.intermediate_values == pytest.approx({1: 0.71, 2: 0.72})


@pytest.mark.slow
def test_a_trial_below_the_median_is_pruned_and_recorded(data, tmp_path, trainer):
    trainer.level = lambda run: 0.1 if run == "trial-0005" else 0.5
    table = trials_table(tune(data, PHASE, tmp_path, trials=6, progress=False))
    assert table["state"].tolist() == ["complete"] * 5 + ["pruned"]
    assert table.loc[5, "epochs"] == 1
    assert table.loc[5, "character_accuracy"] == pytest.approx(0.11)


@pytest.mark.slow
@pytest.mark.parametrize("error", [TrainingError("the loss is nan"), torch.cuda.OutOfMemoryError("too big")])
def test_settings_that_cannot_be_trained_with_fail_and_the_study_goes_on(data, tmp_path, trainer, error):
    trainer.happens["trial-0001", 1] = raising(error)
    table = trials_table(tune(data, PHASE, tmp_path, trials=3, progress=False))
    assert table["state"].tolist() == ["complete", "failed", "complete"]
    assert table["problem"].tolist() == ["", str(error), ""]
    assert trainer.runs == ["trial-0000", "trial-0001", "trial-0002"]


def full_disk():
    raise TrainingError("the disk is full") from OSError("No space left on device")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("event", "error"),
    [(raising(KeyboardInterrupt()), KeyboardInterrupt), (full_disk, TrainingError)],
)
def test_an_interrupted_trial_is_taken_up_at_once_where_it_was(data, tmp_path, trainer, event, error):
    trainer.happens["trial-0001", 1] = event
    with pytest.raises(error):
        tune(data, PHASE, tmp_path, trials=3, progress=False)
    study = tune(data, PHASE, tmp_path, trials=3, progress=False)
    assert states(study) == dict.fromkeys(["trial-0000", "trial-0001", "trial-0003"], "complete")
    assert trainer.runs == ["trial-0000", "trial-0001", "trial-0001", "trial-0003"]
    first, again = (t for t in study.trials if t.user_attrs["run"] == "trial-0001")
    assert first.params == again.params
    assert list(again.intermediate_values) == [1, 2]


@pytest.mark.slow
def test_a_killed_trial_is_taken_up_when_it_has_been_silent_for_long(data, tmp_path, trainer):
    trainer.happens["trial-0000", 1] = raising(KilledError())
    with pytest.raises(KilledError):
        tune(data, PHASE, tmp_path, trials=1, progress=False)
    age_heartbeats(tmp_path)
    study = tune(data, PHASE, tmp_path, trials=2, progress=False)
    assert states(study) == {"trial-0000": "complete", "trial-0002": "complete"}
    assert trainer.runs == ["trial-0000", "trial-0000", "trial-0002"]
    assert not study.get_trials(states=[optuna.trial.TrialState.RUNNING])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Heartbeat:UserWarning")
@pytest.mark.usefixtures("trainer")
def test_one_killed_before_its_first_sign_of_life_blocks_nobody(data, tmp_path):
    tune(data, PHASE, tmp_path, trials=1, progress=False).ask()
    age_heartbeats(tmp_path)
    study = tune(data, PHASE, tmp_path, trials=2, progress=False)
    assert list(states(study).values()) == ["complete", "complete"]


@pytest.mark.slow
def test_a_worker_waits_for_the_trials_of_others(data, tmp_path, trainer, monkeypatch):
    trainer.happens["trial-0000", 1] = raising(KilledError())
    with pytest.raises(KilledError):
        tune(data, PHASE, tmp_path, trials=1, progress=False)
    waited = []
    monkeypatch.setattr(
        study.time, "sleep", lambda seconds: waited.append(seconds) or age_heartbeats(tmp_path)
    )
    assert states(tune(data, PHASE, tmp_path, trials=1, progress=False)) == {"trial-0000": "complete"}
    assert waited == [study.POLL]


@pytest.mark.slow
def test_who_was_taken_for_dead_leaves_the_trial_to_the_other(data, tmp_path, trainer):
    def other_worker():
        age_heartbeats(tmp_path)
        tune(data, PHASE, tmp_path, trials=1, progress=False)

    trainer.happens["trial-0000", 1] = other_worker
    study = tune(data, PHASE, tmp_path, trials=1, progress=False)
    assert states(study) == {"trial-0000": "complete"}
    assert len(study.trials) == 2


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_workers_share_one_study_and_train_no_trial_twice(data, tmp_path, trainer):
    trainer.happens = {(f"trial-{n:04}", 1): lambda: time.sleep(0.05) for n in range(9)}
    storage = f"sqlite:///{tmp_path / 'shared.db'}"
    tune(data, PHASE, tmp_path, trials=0, storage=storage, progress=False)

    def worker(_):
        return tune(data, PHASE, tmp_path, trials=4, storage=storage, progress=False)

    with ThreadPoolExecutor(2) as pool:
        studies_of_both = list(pool.map(worker, range(2)))
    table = trials_table(studies_of_both[0])
    assert 4 <= len(table) <= 5
    assert set(table["state"]) == {"complete"}
    assert sorted(trainer.runs) == table["trial"].tolist()
    assert not table.duplicated(list(grid())).any()
    assert not (tmp_path / "study.db").exists()


@pytest.mark.usefixtures("trainer")
def test_a_study_of_something_else_is_refused_by_name(data, tmp_path):
    tune(data, PHASE, tmp_path, trials=1, progress=False)
    with pytest.raises(TrainingError, match=r"epochs was 2, is 5.*Delete it"):
        tune(data, replace(PHASE, epochs=5), tmp_path, trials=1, progress=False)


def test_nothing_to_validate_on_is_said_before_any_trial(data, tmp_path):
    blind = TrackData(data.table.assign(split="train"), BRAZIL, data.lr)
    with pytest.raises(TrainingError, match="validation"):
        tune(blind, PHASE, tmp_path, trials=3, progress=False)


@pytest.mark.usefixtures("trainer")
def test_optunas_own_log_comes_back_as_it_was(data, tmp_path):
    before = optuna.logging.get_verbosity()
    tune(data, PHASE, tmp_path, trials=1, progress=False)
    assert optuna.logging.get_verbosity() == before


places = Area("Results in folders of any name")


@pytest.mark.parametrize(
    "name",
    [
        places("a study in a folder with ? in its name", "is kept there", "what?"),
        places("a study in a folder with # in its name", "is kept there", "run #3"),
        places("a study in a folder with % in its name", "is kept there", "100%41"),
        places("a study in a folder with braces in its name", "is kept there", "{seed}"),
        places("a study in a folder with & and = in its name", "is kept there", "a&b=c;d"),
        places("a study in a folder with letters of other scripts", "is kept there", "数据"),
    ],
)
@pytest.mark.usefixtures("trainer")
def test_a_study_is_kept_in_its_folder_whatever_that_is_called(data, tmp_path, name):
    tune(data, PHASE, tmp_path / name, trials=1, progress=False)
    again = tune(data, PHASE, tmp_path / name, trials=1, progress=False)
    assert list(states(again).values()) == ["complete"]
    assert (tmp_path / name / "study.db").stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == [name]


full = Area("A disk that is full")
full.note("a study whose database cannot be written", "one sentence; run again when it can, it goes on")


@pytest.mark.usefixtures("trainer")
def test_a_database_that_cannot_be_written_is_told_in_one_sentence(data, tmp_path):
    (tmp_path / "study.db").mkdir()
    with pytest.raises(
        TrainingError, match=r"the study in .* unable to open database file\. Once it can, run this"
    ):
        tune(data, PHASE, tmp_path, trials=1, progress=False)
    (tmp_path / "study.db").rmdir()
    assert list(states(tune(data, PHASE, tmp_path, trials=1, progress=False)).values()) == ["complete"]
