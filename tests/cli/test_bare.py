"""The commands where only the bare wheel is installed: tracks are read without torch and pandas."""

import json
import signal
import subprocess
import sys
import time

import pytest

from lpr_helpers import load_reader
from lpr_helpers.inference import export_reader, load_readings
from lpr_helpers.inference.journal import journal_of
from lpr_helpers.models import Recogniser, save_recogniser
from lpr_helpers.plates import BRAZIL
from tests.cli.test_commands import COMMANDS
from tests.support import FIXTURE, ROOT, bare
from tests.support.modalities import FORMATS, two_cameras
from tests.support.wheel import check_readings

TESTS = FIXTURE / "test"


def test_a_folder_is_read_as_the_package_reads_it(tmp_path):
    out, watched = tmp_path / "a.csv", ["--audit", tmp_path / "log", "--review", tmp_path / "queue.csv"]
    done = bare.run(tmp_path, "read", FIXTURE, "--out", out, *watched, "--json")
    assert done.returncode == 0, done.stderr
    check_readings(out)
    told = json.loads(done.stdout)
    assert (told["unread"], told["before"]) == (0, 0)
    assert (tmp_path / "queue.csv").read_text().startswith("track_id,folder,reading")
    assert json.loads((tmp_path / "log").read_text().splitlines()[0])["settings"]["engine"] == "onnxruntime"
    assert f"{told['tracks']} readings" in bare.run(tmp_path, "audit", tmp_path / "log").stdout
    assert not journal_of(out).exists()


def test_json_lines_hold_the_same(tmp_path):
    for ending in ("csv", "jsonl"):
        done = bare.run(tmp_path, "read", TESTS, "--out", tmp_path / f"a.{ending}")
        assert done.returncode == 0, done.stderr
    one, other = (load_readings(tmp_path / f"a.{ending}") for ending in ("csv", "jsonl"))
    assert one.to_dict("records") == other.to_dict("records")


def test_a_submission_is_written_and_found_valid(tmp_path):
    done = bare.run(tmp_path, "submit", FIXTURE, "--out", tmp_path / "it.zip")
    assert done.returncode == 0, done.stderr
    checked = bare.run(tmp_path, "validate", tmp_path / "it.zip", "--tracks", TESTS)
    assert (checked.returncode, "valid (10 lines)" in checked.stdout) == (0, True)


def test_a_bad_track_costs_itself_alone(tmp_path):
    for name, content in (("bad", b"no image"), ("good", next(TESTS.rglob("lr-*")).read_bytes())):
        (tmp_path / f"{name}-1.jpg").write_bytes(content)
    pattern = ["--pattern", "{track}-{frame}.jpg"]
    done = bare.run(tmp_path, "read", tmp_path, "--out", tmp_path / "a.csv", *pattern)
    assert done.returncode == 1
    table = load_readings(tmp_path / "a.csv").set_index("track_id")
    assert "cannot be decoded" in table.problem["bad"]
    assert len(table.reading["good"]) == 7


def exported(folder, frame_format):
    """An untrained reader of such frames, as a file."""
    fresh = Recogniser.new(BRAZIL, kind="multiframe", width=32, frame_format=frame_format)
    save_recogniser(fresh, folder / "best", {})
    return export_reader(folder / "best", folder / "reader.onnx")


@pytest.mark.slow
def test_a_second_camera_takes_no_extra_and_corners_do(tmp_path):
    root, out = two_cameras(tmp_path / "data", train=(0, 0)), tmp_path / "a.csv"
    command = ["read", root, "--out", out, "--reader"]
    straight = exported(tmp_path / "straight", FORMATS["rectified"])
    done = bare.run(tmp_path, *command, straight)
    assert done.returncode == 2
    assert "which takes jsonschema" in done.stderr
    both = exported(tmp_path / "both", FORMATS["grey and infrared"])
    done = bare.run(tmp_path, *command, both)
    assert done.returncode == 0, done.stderr
    expected = load_reader(both).read_many([root / folder for folder in load_readings(out).folder])
    assert load_readings(out).reading.tolist() == [one.text for one in expected]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["read", TESTS, "--out", "a.parquet"], 'pip install "lpr-helpers[parquet]"'),
        (["read", TESTS, "--out", "a.csv", "--tta", "5"], "test-time augmentation takes torch"),
        (["read", TESTS, "--out", "a.csv", "--device", "cuda"], "read on the CPU"),
        (["read", TESTS, "--out", "a.csv", "--reader", "."], 'pip install "lpr-helpers[train]"'),
        (["evaluate", "a.csv", TESTS], 'pip install "lpr-helpers[train]"'),
    ],
)
def test_what_takes_an_extra_says_in_a_line_which(tmp_path, arguments, says):
    done = bare.run(tmp_path, *arguments)
    assert done.returncode == 2
    assert says in done.stderr.splitlines()[-1]
    assert not list(tmp_path.glob("a.*"))


def test_the_doctor_says_that_tracks_are_read_and_what_else_would_take(tmp_path):
    done = bare.run(tmp_path, "doctor")
    assert done.returncode == 0
    for part in ("✓ reader    reads, by onnxruntime", "lpr-helpers[parquet]", "lpr-helpers[train]"):
        assert part in done.stdout


HELP = """
import contextlib, sys, time
from lpr_helpers import cli
for command in sys.argv[1:]:
    with contextlib.suppress(SystemExit):
        cli.main([command, "--help"])
slow = filter(sys.modules.get, ["numpy", "cv2", "onnxruntime", "tqdm", "torch", "pandas"])
sys.exit(", ".join(slow) or time.process_time() > 0.5)
"""


def test_help_is_there_at_once_and_for_every_command(tmp_path):
    """All of it within half a second of processor time, the start of Python included."""
    around = bare.environment(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", HELP, *COMMANDS], env=around, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("usage: lpr-helpers") >= len(COMMANDS)


@pytest.mark.slow
def test_several_processes_read_the_same_as_one_and_a_kill_costs_what_was_under_way(tmp_path):
    command = ["read", FIXTURE, "--chunk", "2", "--out"]
    assert bare.run(tmp_path, *command, tmp_path / "calm.csv").returncode == 0
    out = tmp_path / "killed.csv"
    process = subprocess.Popen(
        bare.command(*command, out, "--workers", "2"),
        env=bare.environment(tmp_path),
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and not (journal_of(out).exists() and journal_of(out).stat().st_size > 1500):
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not out.exists()
    done = bare.run(tmp_path, *command, out, "--workers", "2", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["before"] > 0
    assert out.read_bytes() == (tmp_path / "calm.csv").read_bytes()
