"""The ways to order the training, and the table that compares runs."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lpr_helpers.data.frames import Packed
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models import checkpoints
from lpr_helpers.models.checkpoints import Recogniser, load_recogniser
from lpr_helpers.notebook.profiles import PROFILES
from lpr_helpers.plates import BRAZIL
from lpr_helpers.training import runs
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import PHASE1, PHASE2
from lpr_helpers.training.protocols import PROTOCOLS, make_protocols, run_protocol

SMALL = {"hidden": 8}
FIRST = replace(PHASE1, epochs=1, batch_size=4, precision="no", augmentation="none")
SECOND = replace(FIRST, name="phase2", learning_rate=1e-4, scenarios=("B",))


@pytest.fixture(scope="module")
def data():
    """Two training tracks of each scenario and a validation track, all of noise."""
    texts = ["ABC1234", "AAA1111", "XYZ9A87", "QWE4R56", "JKL0987"]
    table = pd.DataFrame({"text": texts, "split": ["train"] * 4 + ["val"], "scenario": list("AABBB")})
    table = table.assign(
        track_id=texts, folder=texts, layout="Brazilian", trainable=True, lr=[[]] * 5, hr=[[]] * 5
    )
    images = np.random.default_rng(0).integers(0, 255, (5, 2, 1, 32, 128), dtype=np.uint8)
    return TrackData(table, BRAZIL, Packed(images, np.ones((5, 2), dtype=bool)))


def fresh():
    return Recogniser.new(BRAZIL, seed=FIRST.seed, **SMALL)


@pytest.fixture(scope="module")
def three(data, tmp_path_factory):
    """The run folder of three phases, and their history."""
    folder = tmp_path_factory.mktemp("three")
    phases = make_protocols(FIRST, SECOND)["three phases"]
    return folder, run_protocol("three phases", phases, data, folder, recogniser=fresh(), progress=False)


def test_the_protocols_are_the_reports():
    assert list(PROTOCOLS) == ["mixed", "two phases", "three phases"]
    assert PROTOCOLS["two phases"] == (PHASE1, PHASE2)
    (mixed,) = PROTOCOLS["mixed"]
    assert (mixed.scenarios, mixed.epochs) == (("A", "B"), PHASE1.epochs + PHASE2.epochs)
    assert [phase.scenarios for phase in PROTOCOLS["three phases"]] == [("A",), ("B",), ("B",)]
    _, b, low = PROTOCOLS["three phases"]
    assert low.learning_rate == pytest.approx(b.learning_rate / 10)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_they_scale_with_the_profile_and_no_two_phases_share_a_name(profile):
    made = make_protocols(profile.phase1, profile.phase2)
    assert set(profile.protocols) <= set(made)
    phases = [phase for protocol in made.values() for phase in protocol]
    assert len({phase.name for phase in phases}) == len(phases)
    assert {phase.batch_size for phase in phases} == {profile.phase1.batch_size, profile.phase2.batch_size}


def test_all_phases_can_be_given_as_many_epochs():
    assert {phase.epochs for made in make_protocols(epochs=1).values() for phase in made} == {1}


def test_each_phase_starts_from_the_best_checkpoint_of_the_one_before(three):
    folder, history = three
    assert history["phase"].tolist() == ["a", "b", "b-low"]
    assert set(history["protocol"]) == {"three phases"}
    for before, after in (("a", "b"), ("b", "b-low")):
        best = load_recogniser(folder / before / "best")
        start = json.loads((folder / after / "config.json").read_text())["identity"]["start"]
        assert start == checkpoints.weights_digest(best.model)


def test_what_is_finished_is_not_trained_again(three, data):
    folder, history = three
    trained = []

    def train(recogniser, data, phase, run, **options):
        trained.append((run / "finished.json").exists())
        return fit(recogniser, data, phase, run, **options)

    phases = make_protocols(FIRST, SECOND)["three phases"]
    options = {"recogniser": fresh(), "train": train, "progress": False}
    again = run_protocol("three phases", phases, data, folder, **options)
    assert trained == [True] * 3
    pd.testing.assert_frame_equal(again, history)


def test_the_curves_of_all_phases_are_shown_as_they_grow(three, data):
    shown = []
    phases = make_protocols(FIRST, SECOND)["three phases"]
    options = {"recogniser": fresh(), "on_epoch": shown.append, "progress": False}
    run_protocol("three phases", phases, data, three[0], **options)
    assert [history["phase"].tolist() for history in shown] == [["a"], ["a", "b"], ["a", "b", "b-low"]]


def test_two_phases_are_those_that_the_notebooks_trained(data, tmp_path):
    fit(fresh(), data, FIRST, tmp_path / "phase1", progress=False)
    fit(load_recogniser(tmp_path / "phase1" / "best"), data, SECOND, tmp_path / "phase2", progress=False)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("history.csv")}
    phases = make_protocols(FIRST, SECOND)["two phases"]
    history = run_protocol("two phases", phases, data, tmp_path, recogniser=fresh(), progress=False)
    assert history["phase"].tolist() == ["phase1", "phase2"]
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("history.csv")} == before


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


@pytest.mark.parametrize("history", [None, "", "\x00\xff", "epoch,loss\n1,2\n", 'epoch,"loss\n1'])
def test_a_run_without_a_readable_history_is_still_a_row(tmp_path, history):
    config = {"identity": {"phase": {"name": "phase1"}, "network": None}, "circumstances": {"epochs": 9}}
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text(json.dumps(config))
    if history is not None:
        (tmp_path / "run" / "history.csv").write_text(history, encoding="latin-1")
    table = runs.compare_runs(tmp_path)
    assert table.index.tolist() == ["run"]
    assert (table["epochs"].iloc[0], table["planned"].iloc[0]) == (0, 9)
    assert table["recognition_rate"].isna().all()


@pytest.mark.parametrize(
    "config", ["", "{", "[1]", '"text"', '{"identity": 3}', '{"architectures": ["Other"]}']
)
def test_folders_of_other_things_are_passed_over(tmp_path, config):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.json").write_text(config)
    assert runs.compare_runs(tmp_path).empty
    assert list(runs.compare_runs(tmp_path / "nowhere").columns) == list(runs.SUMMARY)
