"""``lpr-helpers read``, ``submit`` and ``evaluate``: folders in, files out, and what is refused."""

import errno
import json
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from lpr_helpers import cli
from lpr_helpers.inference import Journal, load_readings
from lpr_helpers.inference.journal import journal_of
from lpr_helpers.submission import validate_submission
from lpr_helpers.synthetic import truth_path, write_dataset
from tests.support import ROOT
from tests.support.tracks import add_track


@pytest.fixture
def folder(tmp_path):
    """Six tracks, two of which nobody can read."""
    for number in range(4):
        add_track(tmp_path / "tracks" / f"car {number}", hr=0)
    (tmp_path / "tracks/track_empty").mkdir()
    (add_track(tmp_path / "tracks/garbage", hr=0) / "lr-001.png").write_bytes(b"")
    for file in (tmp_path / "tracks/garbage").iterdir():
        file.write_bytes(b"no image")
    return tmp_path / "tracks"


def run(*arguments):
    return cli.main(["read", *map(str, arguments)])


def test_each_format_holds_a_row_a_track_and_bad_ones_say_why(folder, tmp_path, capsys):
    tables = []
    for ending in ("csv", "jsonl"):
        assert run(folder, "--out", tmp_path / f"a.{ending}") == 1
        assert "2 could not be read" in capsys.readouterr().out
        tables.append(load_readings(tmp_path / f"a.{ending}"))
    pd.testing.assert_frame_equal(*tables)
    table = tables[0].set_index("track_id")
    assert table.index.tolist() == ["car 0", "car 1", "car 2", "car 3", "garbage", "track_empty"]
    assert table["problem"].ne("").tolist() == [False] * 4 + [True] * 2
    assert table.loc["car 0", "reading"].isalnum()
    assert len(table.loc["car 0", "char_confidences"]) == 7
    assert not list(tmp_path.glob("*.journal"))
    assert not list(tmp_path.glob(".*"))


def test_parquet_is_the_same_table(folder, tmp_path):
    pytest.importorskip("pyarrow")
    for ending in ("csv", "parquet"):
        run(folder, "--out", tmp_path / f"a.{ending}")
    tables = [load_readings(tmp_path / f"a.{ending}") for ending in ("csv", "parquet")]
    pd.testing.assert_frame_equal(*tables, check_dtype=False)


def test_parquet_without_pyarrow_is_refused_before_anything_is_read(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("lpr_helpers.inference.readings_file.find_spec", lambda _: None)
    assert run(folder, "--out", tmp_path / "a.parquet") == 2
    assert 'pip install "lpr-helpers[parquet]"' in capsys.readouterr().err


def test_a_submission_has_a_line_for_each_track_whatever_was_read(folder, tmp_path, capsys):
    for track in folder.iterdir():
        track.rename(folder / track.name.replace(" ", "_"))
    assert run(folder, "--out", tmp_path / "mine" / "it.zip", "--json") == 1
    assert json.loads(capsys.readouterr().out)["unread"] == 2
    report = validate_submission(tmp_path / "mine" / "it.zip", folder)
    assert report.ok, report
    assert report.lines == 6


def test_submit_reads_the_test_tracks_alone(official, tmp_path):
    out = tmp_path / "submission.zip"
    assert cli.main(["submit", str(official), "--out", str(out)]) == 0
    report = validate_submission(out, official)
    assert report.ok, report
    assert report.lines == 1


def test_files_of_one_folder_are_tracks_by_a_pattern(folder, tmp_path):
    flat = tmp_path / "flat"
    flat.mkdir()
    for number in range(2):
        for file in (folder / f"car {number}").iterdir():
            file.rename(flat / f"{number}_{file.name}")
    assert run(flat, "--out", tmp_path / "a.csv", "--pattern", "{track}_{frame}.png") == 0
    assert load_readings(tmp_path / "a.csv")["track_id"].tolist() == ["0", "1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone", "--out", "a.csv"], "does not exist"),
        (["tracks", "--out", "a.xls"], "ends in none of"),
        (["tracks", "--out", "a.csv", "--pattern", "x"], "has to hold {track} once"),
        (["tracks", "--out", "a.csv", "--pattern", "{track}.bmp"], "the first image there is"),
        (["tracks", "--out", "a.csv", "--layout", "Martian"], "choose any, none or Brazilian, Mercosur"),
        (["tracks", "--out", "a.csv", "--reader", "gone"], "gone"),
        (["tracks", "--out", "a.csv", "--workers", "0"], "1 or more"),
        (["tracks", "--out", "a.csv", "--review", "./a.csv"], "--out and --review are both a.csv"),
        (["tracks", "--out", "a.csv", "--audit", "b.csv", "--review", "b.csv"], "name two files"),
        (["tracks", "--out", "a.csv", "--audit", "tracks"], "--audit tracks is a folder; name a file in it"),
    ],
)
def test_a_call_that_cannot_work_is_refused_with_the_reason(
    folder, tmp_path, arguments, message, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == 2
    assert message in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {folder.name}


def test_a_finished_file_is_not_written_over_unless_asked(folder, tmp_path, capsys):
    out = tmp_path / "a.csv"
    out.write_text("precious")
    assert run(folder, "--out", out) == 2
    assert "there already" in capsys.readouterr().err
    assert out.read_text() == "precious"
    assert run(folder, "--out", out, "--fresh") == 1
    assert len(load_readings(out)) == 6


def test_an_earlier_queue_is_not_written_over_unless_asked(folder, tmp_path, capsys):
    queue = tmp_path / "queue.csv"
    queue.write_text("monday")
    asked = [folder, "--out", tmp_path / "a.csv", "--review", queue, "--review-below", "0.5"]
    assert run(*asked) == 2
    assert "people may not be through with it" in capsys.readouterr().err
    assert queue.read_text() == "monday"
    assert run(*asked, "--fresh") == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_takes_no_more_costs_nothing_that_was_read(folder, tmp_path, number, monkeypatch, capsys):
    out, kept = tmp_path / "a.csv", Journal.append

    def full(journal, readings):
        if journal.finished:
            raise OSError(number, os.strerror(number))
        kept(journal, readings)

    monkeypatch.setattr(Journal, "append", full)
    assert run(folder, "--out", out, "--chunk", "2") == 2
    assert os.strerror(number) in capsys.readouterr().err
    monkeypatch.setattr(Journal, "append", kept)
    assert run(folder, "--out", out, "--chunk", "2") == 1
    assert "6 tracks, 4 of them read now" in capsys.readouterr().out


def test_a_folder_with_nothing_in_it_has_no_row_and_is_named(folder, tmp_path, capsys):
    (folder / "car 7").mkdir()
    assert run(folder, "--out", tmp_path / "a.csv") == 1
    assert "folders with nothing in them have no row (1): car 7" in capsys.readouterr().out
    assert "car 7" not in (tmp_path / "a.csv").read_text()


def test_pictures_of_many_plates_in_one_folder_are_not_one_track_without_a_word(folder, tmp_path, capsys):
    flat = tmp_path / "flat"
    flat.mkdir()
    for number, frame in enumerate(sorted(folder.glob("car */lr-*"))[:3]):
        (flat / f"car{number}{frame.suffix}").write_bytes(frame.read_bytes())
    assert run(flat, "--out", tmp_path / "one.csv") == 0
    assert "all 3 pictures were taken for frames of one plate" in capsys.readouterr().out
    assert run(flat, "--out", tmp_path / "three.csv", "--pattern", "{track}.png") == 0
    assert len(load_readings(tmp_path / "three.csv")) == 3
    assert run(folder / "car 1", "--out", tmp_path / "track.csv") == 0
    assert "taken for" not in capsys.readouterr().out


def test_ctrl_c_tells_how_to_go_on(folder, tmp_path, monkeypatch, capsys):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Journal, "append", stopped)
    assert run(folder, "--out", tmp_path / "a.csv") == 130
    assert "the same command goes on" in capsys.readouterr().err


def test_what_a_stopped_reading_left_is_not_read_again(folder, tmp_path, monkeypatch, capsys):
    out, append, read = tmp_path / "a.csv", Journal.append, []

    def stopped(journal, readings):
        append(journal, readings)
        if len(journal.finished) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(Journal, "append", stopped)
    assert run(folder, "--out", out, "--chunk", 2) == 130
    assert not out.exists()
    with journal_of(out).open("a") as stream:
        stream.write('{"name": "garb')  # the line that a kill tore
    monkeypatch.setattr(Journal, "append", lambda journal, told: (read.extend(told), append(journal, told)))
    assert run(folder, "--out", out, "--chunk", 2, "--layout", "none") == 2
    assert "layout: 'any', now None" in capsys.readouterr().err
    assert run(folder, "--out", out, "--chunk", 2) == 1
    assert [one.name for one in read] == ["garbage", "track_empty"]
    assert len(load_readings(out)) == 6


def test_readings_are_measured_against_annotations_or_a_table(official, tmp_path, capsys):
    out = tmp_path / "a.csv"
    run(official, "--out", out)
    capsys.readouterr()
    assert cli.main(["evaluate", str(out), str(official), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["tracks"], told["without_truth"]) == (3, 1)
    assert told["metrics"]["recognition rate"]["value"] == 0
    truth = tmp_path / "truth.csv"
    truth.write_text("track_id,text\ntrack_10001,XYZ9876\n")
    assert cli.main(["evaluate", str(out), str(truth)]) == 2
    assert "share a name" in capsys.readouterr().err
    truth.write_text("folder,text\ntrain/Scenario-B/Brazilian/track_10001,XYZ9876\n")
    assert cli.main(["evaluate", str(out), str(truth)]) == 0
    assert "1 tracks of 1 plates; 3 left out" in capsys.readouterr().out


@pytest.mark.slow
def test_a_reading_that_is_killed_again_and_again_ends_like_one_that_was_not(tmp_path):
    root = write_dataset(tmp_path / "data", train=(0, 0), test=240, seed=3, workers=1, progress=False)
    command = [sys.executable, "-m", "lpr_helpers", "read", str(root), "--chunk", "8", "--out"]
    subprocess.run([*command, str(tmp_path / "calm.csv")], check=True, cwd=ROOT, capture_output=True)
    out, kept, kills = tmp_path / "killed.csv", b"", 0
    journal = journal_of(out)
    while not out.exists():
        process = subprocess.Popen([*command, str(out)], cwd=ROOT, stderr=subprocess.DEVNULL)
        goal = len(kept) + 9_000  # bytes of the journal, some 40 tracks
        while process.poll() is None and not (journal.exists() and journal.stat().st_size > goal):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        now = journal.read_bytes() if journal.exists() else kept
        assert now.startswith(kept), "what was kept before is gone, or was read again"
        kills, kept = kills + (process.returncode == -signal.SIGKILL), now
    assert kills > 2
    assert out.read_bytes() == (tmp_path / "calm.csv").read_bytes()
    names = [json.loads(line)["name"] for line in kept.splitlines()[1:]]
    assert len(names) == len(set(names))
    results, _ = reading_of_truth(out, root)
    assert (results["text"] == results["reading"]).mean() > 0.7


def reading_of_truth(out, root):
    from lpr_helpers.cli.evaluate import judged

    return judged(out, truth_path(root))
