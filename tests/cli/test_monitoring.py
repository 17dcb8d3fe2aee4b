"""Audit, review, drift and comparison by command, on tracks that were drawn."""

import json

import pytest

from lpr_helpers import cli
from lpr_helpers.inference import frames_hash
from lpr_helpers.monitoring import load_queue, read_audit
from lpr_helpers.synthetic import truth_path, write_dataset


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    """Twelve drawn tracks."""
    root = tmp_path_factory.mktemp("drawn") / "street"
    return write_dataset(root, train=(0, 0), test=12, seed=5, workers=1, progress=False)


def told(capsys):
    return json.loads(capsys.readouterr().out)


def test_all_that_was_read_is_logged_and_the_doubtful_are_queued(street, tmp_path, capsys):
    audit = tmp_path / "audit.jsonl"
    for number in (1, 2):
        out, queue = tmp_path / f"{number}.csv", tmp_path / f"queue-{number}.csv"
        watched = ["--audit", str(audit), "--review", str(queue), "--review-below", "1"]
        assert cli.main(["read", str(street), "--out", str(out), *watched]) == 0
    assert "12 tracks below 1 for people to read" in capsys.readouterr().out
    lines = list(read_audit(audit))
    assert len(lines) == 24
    assert lines[0]["frames_hash"] == frames_hash(street / lines[0]["name"])
    assert lines[0]["settings"]["layout"] == "any"
    assert len(load_queue(queue)) == 12
    assert cli.main(["audit", str(audit), "--json"]) == 0
    assert told(capsys)["lines"] == 24
    audit.write_text(audit.read_text().replace('"tta": 1', '"tta": 2', 1))
    assert cli.main(["audit", str(audit)]) == 1
    assert "line 2" in capsys.readouterr().out


def test_a_queue_without_a_threshold_is_refused_before_anything_is_read(street, tmp_path, capsys):
    queue = ["--review", str(tmp_path / "queue.csv"), "--tta", "2"]
    assert cli.main(["read", str(street), "--out", str(tmp_path / "a.csv"), *queue]) == 2
    assert "--review-below" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_two_readers_are_compared_and_drift_is_reported(street, tmp_path, capsys):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    cli.main(["read", str(street), "--out", str(first)])
    cli.main(["read", str(street), "--out", str(second), "--layout", "none"])
    capsys.readouterr()
    truth = ["--truth", str(truth_path(street)), "--apart", str(tmp_path / "apart.csv"), "--json"]
    assert cli.main(["compare", str(first), str(second), *truth]) == 0
    found = told(capsys)
    assert found["tracks"] == found["judged"] == found["alike"] + found["apart"] == 12
    against = [
        "--against",
        str(first),
        "--against-folder",
        str(street),
        "--out",
        str(tmp_path / "drift.html"),
    ]
    assert cli.main(["drift", str(first), "--folder", str(street), *against, "--json"]) == 0
    measures = told(capsys)["measures"]
    assert set(measures) == {"confidence", "light", "height", "sharpness", "characters"}
    assert {one["shift"] for one in measures.values()} == {"none"}
    assert (tmp_path / "drift.html").read_text().startswith("<!doctype html>")
    monday = ["drift", str(first), "--against", str(first), "--out", str(tmp_path / "drift.html")]
    assert cli.main([*monday, "--folder", str(tmp_path / "elsewhere")]) == 2
    assert "holds no frames of the tracks in" in capsys.readouterr().err
    assert cli.main(monday) == 0
    assert "Too few tracks to tell: even a large shift of confidence, characters" in capsys.readouterr().out
