"""The commands, as typed: what each prints, writes and returns."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from lpr_helpers import cli
from lpr_helpers.models.registry import ARCHITECTURES
from lpr_helpers.submission.writer import write_submission
from lpr_helpers.synthetic.texts import FREE
from tests.support.robustness import Area
from tests.support.submissions import results, track_folders
from tests.support.tracks import BRAZILIAN, add_labelled, annotate

COMMANDS = (
    "read",
    "evaluate",
    "compare",
    "drift",
    "audit",
    "check-data",
    "make-data",
    "train",
    "ensemble",
    "export",
    "submit",
    "validate",
    "notebooks",
    "doctor",
    "weights",
)


def test_the_module_can_be_run_and_names_every_command():
    done = subprocess.run(
        [sys.executable, "-m", "lpr_helpers", "--help"], check=True, capture_output=True, text=True
    )
    for command in COMMANDS:
        assert command in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([command, "--help"])
    assert stopped.value.code == 0
    out = capsys.readouterr().out
    assert f"lpr-helpers {command}" in out.partition("examples:")[2]
    assert "--json" in out


@pytest.mark.parametrize("arguments", [[], ["fly"], ["train"], ["train", "phase3"]])
def test_a_wrong_call_is_refused_with_the_usage(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert "usage: lpr-helpers" in capsys.readouterr().err


def test_check_data_prints_counts_problems_and_comparison(official, capsys):
    (official / BRAZILIAN / "track_10001" / "lr-001.JPG").write_bytes(b"")
    assert cli.main(["check-data", str(official)]) == 1
    out = capsys.readouterr().out
    for part in ("4 tracks", "empty-image", "Scenario B, Mercosur: tracks"):
        assert part in out
    assert cli.main(["check-data", str(official / "gone")]) == 2
    assert "does not exist" in capsys.readouterr().err


command = Area("Data sets to check by command")
command.note("`check-data FOLDER --all`", "every problem is printed, one a line")
command.note("`check-data FOLDER --csv FILE`", "every problem is written to a table that no spreadsheet runs")
command.note("a lone surrogate in an annotation (`\\ud800`)", "listed; the report is printed to its end")


def test_check_data_prints_every_problem_and_writes_them_to_a_file(official, tmp_path, capsys):
    for number in (1, 2):
        (official / BRAZILIAN / "track_10001" / f"lr-00{number}.JPG").write_bytes(b"")
    annotate(official / "train/Scenario-A/Brazilian/track_00001", "\ud800BC1234")
    add_labelled(official / BRAZILIAN / "=1+1\x1b[31m", "ABC-1235")
    assert cli.main(["check-data", str(official), "--all", "--csv", str(tmp_path / "problems.csv")]) == 1
    out = capsys.readouterr().out
    for part in ("lr-001.JPG", "lr-002.JPG", "U+D800", "'ABC-1235' is read as 'ABC1235'", "Compared with"):
        assert part in out
    assert "\x1b" not in out
    table = pd.read_csv(tmp_path / "problems.csv")
    assert table["kind"].value_counts().to_dict() == {"empty-image": 2, "text-misfit": 1, "text-repaired": 1}
    assert not table["track_id"].str.startswith("=").any()
    assert cli.main(["check-data", str(official), "--csv", str(tmp_path)]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_check_data_goes_on_where_the_terminal_knows_only_ascii(official):
    annotate(official / "train/Scenario-A/Brazilian/track_00001", "АBC1234")
    add_labelled(official / BRAZILIAN / "çã", "ABC-1235")
    done = subprocess.run(
        [sys.executable, "-m", "lpr_helpers", "check-data", str(official), "--all"],
        check=False,
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 1
    assert b"U+0410 CYRILLIC CAPITAL LETTER A" in done.stdout


def test_make_data_writes_free_plates_and_refuses_what_is_no_share(tmp_path, capsys):
    small = ["make-data", str(tmp_path / "made"), "--train-a=1", "--train-b=1", "--test=1", "--free"]
    assert cli.main([*small, "2"]) == 2
    assert "expected a share" in capsys.readouterr().err
    assert cli.main([*small, "1"]) == 0
    assert str(tmp_path / "made-truth.csv") in capsys.readouterr().out
    assert {path.parent.name for path in (tmp_path / "made" / "train").rglob("track_*")} == {FREE}


def test_validate_prints_the_report_and_fails_on_an_invalid_file(tmp_path, capsys):
    folder, written = track_folders(tmp_path), write_submission(results(), tmp_path)
    assert cli.main(["validate", str(written.zip), "--tracks", str(folder)]) == 0
    assert "valid (3 lines)" in capsys.readouterr().out
    assert cli.main(["validate", str(tmp_path / "gone.zip")]) == 2
    assert "gone.zip does not exist" in capsys.readouterr().err
    (folder / "track_00004").mkdir()
    assert cli.main(["validate", str(written.zip), "--tracks", str(folder)]) == 1
    assert "'track_00004' has no line" in capsys.readouterr().out
    assert cli.main(["validate", str(written.zip), "--tracks", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_validate_takes_tracks_of_any_name_and_the_plates_of_their_data_set(tmp_path, capsys):
    (tmp_path / "plates.toml").write_text('alphabet = "0123AB"\n[layouts]\nOurs = "LD"')
    for name in ("car 1", "lorry"):
        (tmp_path / "test" / name).mkdir(parents=True)
        (tmp_path / "test" / name / "lr-001.png").write_bytes(b"")
    (tmp_path / "it.txt").write_text("car 1,A1;0.5\n")
    assert cli.main(["validate", str(tmp_path / "it.txt"), "--tracks", str(tmp_path / "test")]) == 1
    out = capsys.readouterr().out
    assert "1 violations" in out
    assert "'lorry' has no line" in out


def test_a_command_whose_packages_are_not_installed_says_which_extra_brings_them(monkeypatch, capsys):
    def lacks(name):
        def run(_):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

        monkeypatch.setattr("lpr_helpers.cli.read.run", run)

    lacks("pandas")
    assert cli.main(["read", "folder", "--out", "readings.csv"]) == 2
    said = capsys.readouterr().err
    assert 'this takes pandas, which is not installed: pip install "lpr-helpers[train]"' in said
    lacks("lpr_helpers.mistaken")
    with pytest.raises(ModuleNotFoundError):
        cli.main(["read", "folder", "--out", "readings.csv"])


def test_weights_are_trained_as_asked_and_shipped_only_on_request(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(
        "lpr_helpers.training.pretrain", lambda *given, **named: asked.append((given, named)) or []
    )
    monkeypatch.setattr("lpr_helpers.training.best_row", lambda _: {})
    monkeypatch.setattr("lpr_helpers.training.epoch_line", lambda _: "epoch 3")
    assert (
        cli.main(["weights", "--reader", "cnn", "--tracks", "9", "--start", "there", "--folder", "here"]) == 0
    )
    assert capsys.readouterr().out == "epoch 3\n"
    larger = ["--network", "width=64", "early_fusion=false", "--teacher", "one", "--teacher", "two"]
    assert cli.main(["weights", "--ship", *larger]) == 0
    (first, named), (_, ours) = asked
    assert ours["network"] == {"width": 64, "early_fusion": False}
    assert ours["teachers"] == [Path("one"), Path("two")]
    assert cli.main(["weights", "--network", "width"]) == 2
    assert "--network width: expected NAME=NUMBER" in capsys.readouterr().err
    assert first == ("cnn", Path("here"))
    assert (named["tracks"], named["start"], named["shipped"]) == (9, Path("there"), None)
    assert ours["shipped"].name == "shipped"


def test_a_reader_that_nobody_knows_is_named_with_those_that_there_are(capsys):
    assert cli.main(["weights", "--reader", "oracle"]) == 2
    assert f"no reader 'oracle'; choose one of {', '.join(ARCHITECTURES)}" in capsys.readouterr().err


def test_every_command_gives_one_json_object_and_talks_beside_it(official, tmp_path, capsys):
    assert cli.main(["check-data", str(official), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["root"], told["unrepaired"]) == (str(official), 0)
    assert sum(row["tracks"] for row in told["tracks"]) == 4
    (tmp_path / "it.txt").write_text("track_00001,ABC;0.5\n")
    assert cli.main(["validate", str(tmp_path / "it.txt"), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["valid"]
    assert told["violations"][0]["line"] == 1
    assert cli.main(["make-data", str(official), "--json", "--style", "baroque"]) == 2
    assert "no style 'baroque'" in json.loads(capsys.readouterr().out)["error"]


def test_the_doctor_says_what_is_fine_and_what_is_not(official, tmp_path, monkeypatch, capsys):
    for name, value in {"DATA": official, "ARTIFACTS": tmp_path / "results", "PROFILE": "tiny"}.items():
        monkeypatch.setenv(f"LPR_{name}", str(value))
    cli.main(["doctor", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert {"topic": "data", "finding": str(official), "fine": True} in told["checks"]
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LPR_ARTIFACTS", str(tmp_path / "file"))
    assert cli.main(["doctor"]) == 1
    assert "! results   " in capsys.readouterr().out
    monkeypatch.setenv("LPR_DATA", str(tmp_path / "gone"))
    assert cli.main(["doctor"]) == 2
    assert "which is no folder" in capsys.readouterr().err


def test_ctrl_c_ends_a_command_with_a_word(monkeypatch, tmp_path, capsys):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("lpr_helpers.synthetic.write_dataset", stopped)
    assert cli.main(["make-data", str(tmp_path / "made")]) == 130
    assert capsys.readouterr().err == "stopped\n"


def test_what_the_system_will_not_do_is_one_message_that_says_where(tmp_path, monkeypatch, capsys):
    def refused(number):
        def run(*_, **__):
            raise OSError(number, os.strerror(number), str(tmp_path / ".made.lock"))

        monkeypatch.setattr("lpr_helpers.synthetic.write_dataset", run)
        assert cli.main(["make-data", str(tmp_path / "made")]) == 2
        return capsys.readouterr().err

    assert refused(errno.ENOSPC).startswith(f"{tmp_path}: No space left on device. Make room there")
    assert refused(errno.EROFS).endswith("Change its permissions, or name another place\n")
    assert refused(errno.ENAMETOOLONG) == f"{tmp_path}: File name too long\n"


@pytest.mark.slow
def test_a_listener_that_has_heard_enough_is_no_error(official):
    done = subprocess.run(
        f"{sys.executable} -m lpr_helpers check-data {official} --all | head -1",
        shell=True,
        check=True,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_an_index_of_tracks_takes_the_place_of_nothing_else(official, tmp_path, capsys):
    readings, index = tmp_path / "readings.csv", tmp_path / "tracks.jsonl"
    readings.write_text("track_id,reading\n")
    for place in (readings, tmp_path):
        assert cli.main(["check-data", str(official), "--cache", str(place)]) == 2
        assert "is no index of tracks; name another file" in capsys.readouterr().err
    assert readings.read_text() == "track_id,reading\n"
    for _ in range(2):
        assert cli.main(["check-data", str(official), "--cache", str(index)]) != 2


def test_training_on_tracks_without_labels_is_refused_in_words(tmp_path, monkeypatch, capsys):
    track_folders(tmp_path / "set")
    for name, value in {"DATA": tmp_path / "set", "ARTIFACTS": tmp_path / "out", "PROFILE": "tiny"}.items():
        monkeypatch.setenv(f"LPR_{name}", str(value))
    assert cli.main(["train", "phase1"]) == 2
    assert "at least two plates are needed" in capsys.readouterr().err


def test_an_ensemble_of_unknown_variants_is_refused_by_name(official, tmp_path, monkeypatch, capsys):
    for name, value in (("DATA", official), ("ARTIFACTS", tmp_path / "results"), ("PROFILE", "tiny")):
        monkeypatch.setenv(f"LPR_{name}", str(value))
    assert cli.main(["ensemble", "base", "bigger"]) == 2
    assert "no variant 'bigger'; choose among base, initialisation" in capsys.readouterr().err
