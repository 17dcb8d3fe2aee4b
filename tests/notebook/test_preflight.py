"""The preflight check: what there is, what is kept, and what would be lost."""

from dataclasses import asdict, replace

import pandas as pd
import torch

from lpr_helpers.notebook import preflight
from lpr_helpers.notebook.preflight import preflight_check
from lpr_helpers.notebook.settings import read_settings
from lpr_helpers.training import runs
from lpr_helpers.utils.files import write_json, write_whole


def test_the_preflight_check_names_data_device_disk_versions_and_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "best_device", lambda: torch.device("cpu"))
    check = preflight_check(read_settings({"LPR_ARTIFACTS": str(tmp_path / "a" / "b")}))
    assert [topic for topic, _, _ in check.lines] == [
        "profile",
        "data",
        "device",
        "engine",
        "free disk",
        "versions",
        "results",
        "kept",
    ]
    assert "LPR_DATA" in str(check)
    assert check._repr_html_().count("<tr>") == 8
    assert check.lines[-1][1:] == ("nothing yet", True)
    assert not (tmp_path / "a").exists()


def findings(settings):
    return {topic: (finding, fine) for topic, finding, fine in preflight_check(settings).lines}


def test_the_preflight_check_shows_both_places_and_warns_where_results_would_die(tmp_path, drive_to_come):
    (drive_to_come / "MyDrive" / "data").mkdir(parents=True)
    kept = read_settings({"LPR_ARTIFACTS": str(drive_to_come / "MyDrive" / "lpr")})
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

    slow = findings(read_settings({"LPR_DATA": str(drive_to_come / "MyDrive" / "data")}))
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
    settings = read_settings(switches)  # the demo: two epochs, then one
    profile = settings.profile
    write_whole(settings.split, "a split")
    a_run(settings.phase1, profile.phase1, [0.1])
    assert findings(settings)["kept"] == ("the split; phase1: 1 epoch kept, continues", True)
    a_run(settings.phase1, profile.phase1, [0.1, 0.2])
    a_run(settings.phase2, profile.phase2, [])
    a_run(settings.tuning / "trial-0000", profile.phase1, [0.1])
    write_whole(settings.submission / "submission.zip", "")
    assert findings(settings)["kept"] == (
        "the split; phase1: 2 epochs kept, complete; phase2: 0 epochs kept, continues; tuning: 1 trial; a submission",
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
    patient = replace(settings.profile.phase1, epochs=9, early_stopping=2)
    settings = replace(settings, profile=replace(settings.profile, phase1=patient))
    a_run(settings.phase1, patient, [0.3, 0.2, 0.1])
    assert findings(settings)["kept"] == ("phase1: 3 epochs kept, complete", True)


def test_a_camera_that_the_data_do_not_name_is_seen_before_work_starts(tmp_path):
    folders = {"LPR_DATA": str(tmp_path), "LPR_ARTIFACTS": str(tmp_path)}

    def told(wanted):
        return findings(read_settings(folders | {"LPR_INPUT": wanted}))

    assert "frames" not in told("grey")
    assert told("grey clahe")["frames"][1]
    finding, fine = told("grey+ir")["frames"]
    assert "names none" in finding
    assert not fine
