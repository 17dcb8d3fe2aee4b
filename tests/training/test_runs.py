"""Run folders: which goes on, and how they compare."""

import json

import pandas as pd
import pytest

from lpr_helpers.training import runs
from lpr_helpers.utils.steps import MissingStepError


def test_the_better_run_goes_on(trained, tmp_path):
    better = tmp_path / "phase2"
    (better / "best").mkdir(parents=True)
    runs.write_history(better, trained[2].assign(recognition_rate=[0.1, 0.2]))
    assert runs.best_run([trained[0], better]) == better
    assert runs.best_run([better, trained[0]]) == better
    with pytest.raises(MissingStepError, match="Run 02_train_phase1 first"):
        runs.best_run([tmp_path / "nothing"])


def test_a_table_compares_the_runs_of_a_folder_at_any_depth(three):
    folder, history = three
    table = runs.compare_runs(folder.parent)
    table = table[table.index.str.startswith(folder.name)]
    assert table.index.tolist() == [f"{folder.name}/{name}" for name in ("a", "b", "b-low")]
    row = table.iloc[2]
    assert row["phase"] == "b-low"
    assert (row["tracks"], row["epochs"], row["planned"], row["best_epoch"]) == (5, 1, 1, 1)
    assert (row["hidden"], row["batch_size"], row["learning_rate"], row["augmentation"]) == (
        8,
        4,
        1e-4,
        "none",
    )
    assert (row["precision"], row["device"], row["finished"]) == ("no", "cpu", True)
    last = history.iloc[2]
    for column in ("recognition_rate", "character_accuracy", "seconds", "tracks_per_s"):
        assert row[column] == pytest.approx(last[column])


def test_the_folder_itself_may_be_the_run(three):
    assert runs.compare_runs(three[0] / "a").index.tolist() == ["."]


def test_the_best_epoch_is_the_one_whose_checkpoint_was_kept(tmp_path):
    config = {"identity": {"phase": {"name": "phase1"}}, "circumstances": {"epochs": 9}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    rates = {"recognition_rate": [0.1, 0.3, 0.3], "character_accuracy": [0.9, 0.5, 0.6], "val_loss": 1.0}
    runs.write_history(
        tmp_path, pd.DataFrame({"epoch": [1, 2, 3], **rates, "seconds": 2.0, "tracks_per_s": 7.0})
    )
    row = runs.compare_runs(tmp_path).iloc[0]
    assert (row["best_epoch"], row["character_accuracy"], row["seconds"]) == (3, 0.6, 6.0)
    assert (row["epochs"], row["planned"], row["finished"]) == (3, 9, False)
