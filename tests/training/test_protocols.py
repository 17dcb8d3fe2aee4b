"""The ways to order the training."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from lpr_helpers.models import checkpoints
from lpr_helpers.models.checkpoints import load_recogniser
from lpr_helpers.notebook.profiles import PROFILES
from lpr_helpers.training import runs
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import PHASE1, PHASE2
from lpr_helpers.training.protocols import PROTOCOLS, make_protocols, run_protocol
from tests.support.protocols import FIRST, SECOND, fresh, tracks_of_both_scenarios


@pytest.fixture(scope="module")
def data():
    """Two training tracks of each scenario and a validation track, all of noise."""
    return tracks_of_both_scenarios()


def test_the_protocols_are_the_reports():
    assert list(PROTOCOLS)[:3] == ["mixed", "two phases", "three phases"]
    assert PROTOCOLS["two phases"] == (PHASE1, PHASE2)
    (mixed,) = PROTOCOLS["mixed"]
    assert (mixed.scenarios, mixed.epochs) == (("A", "B"), PHASE1.epochs + PHASE2.epochs)
    assert [phase.scenarios for phase in PROTOCOLS["three phases"]] == [("A",), ("B",), ("B",)]
    _, b, low = PROTOCOLS["three phases"]
    assert low.learning_rate == pytest.approx(b.learning_rate / 10)


def test_two_more_see_both_scenarios_at_once_and_lean_to_b():
    (mixed,), (weighted,), (transfer,) = (PROTOCOLS[name] for name in ("mixed", "B-weighted", "transfer"))
    assert replace(weighted, name="mixed", scenario_weights=()) == mixed
    assert replace(transfer, name="mixed", transfer=None) == mixed
    assert (dict(weighted.scenario_weights), transfer.transfer) == ({"B": 3.0}, ("A", "B"))


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
