import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd
import pytest

from lpr_helpers.notebook.preflight import preflight_check
from lpr_helpers.notebook.profiles import OURS, PROFILES
from lpr_helpers.notebook.settings import read_settings
from lpr_helpers.training import runs
from lpr_helpers.training.phases import PHASE1, PHASE2
from lpr_helpers.utils.files import (
    MissingStepError,
    checkout,
    needed,
    standing,
    whole_folder,
    write_json,
    write_whole,
)


def test_without_switches_you_get_the_demo():
    settings = read_settings({})
    assert settings.profile.name == "demo"
    assert settings.artifacts == checkout() / "artifacts" / "demo"
    assert settings.root == settings.artifacts / "demo-data"


def test_with_your_own_data_you_get_the_whole_training(tmp_path):
    settings = read_settings({"LPR_DATA": str(tmp_path), "LPR_ARTIFACTS": str(tmp_path / "out")})
    assert settings.profile.name == "full"
    assert (settings.root, settings.artifacts) == (tmp_path, tmp_path / "out")
    assert settings.start == "ours"
    assert (settings.profile.phase1, settings.profile.phase2) == OURS["full"]


def test_from_nothing_our_reader_learns_in_larger_steps():
    ours, scratch = (read_settings({"LPR_READER": start}).profile for start in ("ours", "scratch"))
    assert scratch.phase1.learning_rate > ours.phase1.learning_rate
    assert scratch.phase2 == ours.phase2


def test_the_reports_network_is_trained_as_the_report_does_beside_ours(tmp_path):
    settings = read_settings({"LPR_DATA": str(tmp_path), "LPR_READER": "crnn"})
    assert settings.profile is PROFILES["full"]
    assert (settings.profile.phase1, settings.profile.phase2) == (PHASE1, PHASE2)
    assert settings.artifacts == checkout() / "artifacts" / "full-crnn"


@pytest.mark.parametrize(
    "switches", [{"LPR_PROFILE": "huge"}, {"LPR_READER": "oracle"}, {"LPR_DATA": "/no/such/folder"}]
)
def test_a_wrong_switch_is_named(switches):
    name, value = next(iter(switches.items()))
    with pytest.raises(ValueError, match=f"{name} is '{value}'"):
        read_settings(switches)


def test_a_skipped_notebook_is_asked_for_kindly(tmp_path):
    with pytest.raises(MissingStepError, match="Run 01_eda first") as caught:
        needed(tmp_path / "split.csv", "01_eda")
    assert len(caught.value._render_traceback_()) == 1
    assert needed(tmp_path, "01_eda") == tmp_path


def test_the_preflight_check_names_data_device_disk_versions_and_folder(tmp_path):
    check = preflight_check(read_settings({"LPR_ARTIFACTS": str(tmp_path / "a" / "b")}))
    assert [topic for topic, _, _ in check.lines] == [
        "profile",
        "data",
        "device",
        "free disk",
        "versions",
        "results",
        "kept",
    ]
    assert "LPR_DATA" in str(check)
    assert check._repr_html_().count("<tr>") == 7
    assert check.lines[-1][1:] == ("nothing yet", True)
    assert not (tmp_path / "a").exists()


@pytest.fixture
def colab(tmp_path, monkeypatch):
    """A machine as Colab lends it, with a Drive that is not mounted yet; returns where it would be."""
    drive = tmp_path / "content" / "drive"
    drive.parent.mkdir()
    monkeypatch.setattr("lpr_helpers.settings.DRIVE", drive)
    return drive


def findings(settings):
    return {topic: (finding, fine) for topic, finding, fine in preflight_check(settings).lines}


def test_on_a_drive_what_is_big_stays_on_the_machine(colab):
    (colab / "MyDrive").mkdir(parents=True)
    settings = read_settings({"LPR_ARTIFACTS": str(colab / "MyDrive" / "lpr")})
    for precious in (settings.split, settings.phase1, settings.phase2, settings.tuning, settings.protocols):
        assert precious.is_relative_to(colab)
    assert settings.validation.is_relative_to(colab)
    assert settings.submission.is_relative_to(colab)
    for big in (settings.scratch, settings.root, settings.truth):
        assert big.is_relative_to(colab.parent)
        assert not big.is_relative_to(colab)
    again = read_settings({"LPR_ARTIFACTS": f"{colab}/MyDrive/other/../lpr/"})
    assert again.scratch == settings.scratch


def test_results_of_one_name_do_not_share_a_scratch_folder(colab):
    (colab / "MyDrive").mkdir(parents=True)
    folders = [colab / "MyDrive" / name / "lpr" for name in ("a", "b")]
    first, second = (read_settings({"LPR_ARTIFACTS": str(folder)}).scratch for folder in folders)
    assert first != second


@pytest.mark.usefixtures("colab")
def test_elsewhere_there_is_one_place_for_all(tmp_path):
    settings = read_settings({"LPR_ARTIFACTS": str(tmp_path / "drive")})
    assert settings.scratch == settings.artifacts == tmp_path / "drive"


@pytest.mark.parametrize("variable", ["LPR_ARTIFACTS", "LPR_DATA"])
def test_a_drive_that_is_not_mounted_is_asked_for(colab, variable):
    switches = {variable: str(colab / "MyDrive" / "lpr")}
    with pytest.raises(ValueError, match=rf"{variable} is .* no Drive is mounted.*drive\.mount\("):
        read_settings(switches)
    assert not colab.exists()
    (colab / "MyDrive" / "lpr").mkdir(parents=True)
    assert read_settings(switches)


def test_the_preflight_check_shows_both_places_and_warns_where_results_would_die(tmp_path, colab):
    (colab / "MyDrive" / "data").mkdir(parents=True)
    kept = read_settings({"LPR_ARTIFACTS": str(colab / "MyDrive" / "lpr")})
    found = findings(kept)
    assert found["results"] == (str(kept.artifacts), True)
    assert str(kept.scratch) in found["scratch"][0]
    assert "on the Drive" in found["free disk"][0]
    assert not kept.artifacts.exists()
    assert not kept.scratch.exists()

    lost = findings(read_settings({"LPR_ARTIFACTS": str(tmp_path / "content" / "results")}))
    assert "scratch" not in lost
    assert "lost with this session" in lost["results"][0]
    assert not lost["results"][1]

    slow = findings(read_settings({"LPR_DATA": str(colab / "MyDrive" / "data")}))
    assert "unpack it on this machine" in slow["data"][0]
    assert not slow["data"][1]


def a_run(folder, phase, rates, **changes):
    """A run folder as training leaves it after so many epochs."""
    settings = {**asdict(phase), **changes}
    del settings["epochs"]
    write_json(
        folder / "config.json", {"identity": {"phase": settings}, "circumstances": {"epochs": phase.epochs}}
    )
    rows = [
        {"epoch": number, "recognition_rate": rate, "character_accuracy": rate, "val_loss": 1.0}
        for number, rate in enumerate(rates, start=1)
    ]
    if rows:
        runs.write_history(folder, pd.DataFrame(rows).assign(seconds=1.0, tracks_per_s=1.0))


def test_the_preflight_check_says_what_earlier_work_left(tmp_path):
    switches = {"LPR_ARTIFACTS": str(tmp_path), "LPR_READER": "crnn"}
    settings = read_settings(switches)  # the demo: four epochs, then two
    profile = settings.profile
    write_whole(settings.split, "a split")
    a_run(settings.phase1, profile.phase1, [0.1, 0.2, 0.3])
    assert findings(settings)["kept"] == ("the split; phase1: 3 epochs kept, continues", True)
    a_run(settings.phase1, profile.phase1, [0.1, 0.2, 0.3, 0.4])
    a_run(settings.phase2, profile.phase2, [])
    a_run(settings.tuning / "trial-0000", profile.phase1, [0.1])
    write_whole(settings.submission / "submission.zip", "")
    assert findings(settings)["kept"] == (
        "the split; phase1: 4 epochs kept, complete; phase2: 0 epochs kept, continues; tuning: 1 trial; a submission",
        True,
    )


def test_the_preflight_check_says_that_a_run_of_other_settings_cannot_continue(tmp_path):
    settings = read_settings({"LPR_ARTIFACTS": str(tmp_path)})
    a_run(settings.phase1, settings.profile.phase1, [0.1], learning_rate=0.5)
    finding, fine = findings(settings)["kept"]
    assert finding == "phase1: 1 epoch kept, with other settings than this profile's"
    assert not fine


def test_a_run_that_stopped_early_is_complete(tmp_path):
    settings = read_settings({"LPR_ARTIFACTS": str(tmp_path)})
    patient = replace(settings.profile.phase1, early_stopping=2)
    settings = replace(settings, profile=replace(settings.profile, phase1=patient))
    a_run(settings.phase1, patient, [0.3, 0.2, 0.1])
    assert findings(settings)["kept"] == ("phase1: 3 epochs kept, complete", True)


def test_a_file_or_folder_is_written_whole_or_not_at_all(tmp_path):
    target = tmp_path / "folder"
    with whole_folder(target) as partial:
        write_whole(partial / "file", "old")
    with pytest.raises(TypeError), whole_folder(target) as partial:
        write_whole(partial / "file", 3)
    assert (target / "file").read_text() == "old"
    with pytest.raises(TypeError):
        write_whole(target / "file", 3)
    assert (target / "file").read_text() == "old"
    assert [Path(p).name for p in tmp_path.iterdir()] == ["folder"]
    assert [p.name for p in target.iterdir()] == ["file"]


class Killed(BaseException):
    """The process ends here, and no clean-up of ours runs."""


@pytest.mark.parametrize("moment", range(1, 9))
def test_a_kill_at_any_moment_leaves_the_old_folder_or_the_new_one(tmp_path, monkeypatch, moment):
    target, steps = tmp_path / "last", iter(range(1, 100))
    with whole_folder(target) as partial:
        (partial / "epoch").write_text("1")

    def deadly(act):
        def step(*given, **named):
            if next(steps) >= moment:
                raise Killed
            return act(*given, **named)

        return step

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", deadly(Path.replace))
        patch.setattr("lpr_helpers.files._to_disk", deadly(lambda _: None))
        patch.setattr("lpr_helpers.files.shutil.rmtree", deadly(shutil.rmtree))
        try:
            with whole_folder(target) as partial:
                (partial / "epoch").write_text("2")
        except Killed:
            pass
    assert standing(target)
    assert (target / "epoch").read_text() in ("1", "2")
    assert [path.name for path in tmp_path.iterdir()] == ["last"]
    with whole_folder(target) as partial:
        (partial / "epoch").write_text("3")
    assert (target / "epoch").read_text() == "3"
