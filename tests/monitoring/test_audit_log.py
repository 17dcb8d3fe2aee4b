"""The log of readings: nothing in it can be changed unnoticed."""

import json

import pytest

from lpr_helpers.inference import TrackReading
from lpr_helpers.monitoring import AuditError, AuditLog, check_audit, read_audit

READINGS = [TrackReading(name, name, "ABC1234", 0.9, "Brazilian", (0.9,) * 7) for name in "abc"]


@pytest.fixture
def log(tmp_path):
    """Three readings, logged in two calls."""
    file = tmp_path / "audit.jsonl"
    AuditLog(file, ["reader"]).append(READINGS[:2])
    AuditLog(file, ["reader"], {"tta": 5}).append(READINGS[2:])
    return file


def test_a_line_says_what_was_read_by_whom_and_when(log):
    first, _, last = read_audit(log)
    assert (first["name"], first["reading"], first["readers"]) == ("a", "ABC1234", ["reader"])
    assert first["time"].endswith("+00:00")
    assert first["version"]
    assert last["settings"] == {"tta": 5}
    assert check_audit(log)[0] == 3


@pytest.mark.parametrize("change", ["reading", "left out", "swapped", "torn"])
def test_a_change_shows_at_the_line_after_it(log, change):
    lines = log.read_bytes().splitlines(keepends=True)
    if change == "reading":
        lines[0] = lines[0].replace(b"ABC1234", b"ABC1235")
    elif change == "left out":
        del lines[1]
    elif change == "swapped":
        lines[:2] = lines[1::-1]
    else:
        lines[-1] = lines[-1][:50]
    log.write_bytes(b"".join(lines))
    with pytest.raises(AuditError, match=r"line [123]"):
        check_audit(log)


def test_a_line_that_a_kill_tore_is_cut_off_and_the_log_goes_on(log):
    whole = log.read_bytes()
    log.write_bytes(whole + b'{"name": "d", "rea')
    AuditLog(log, ["reader"]).append(READINGS[:1])
    assert log.read_bytes().startswith(whole)
    assert check_audit(log)[0] == 4


def test_another_file_is_never_written_to(tmp_path):
    for content in ("dear diary\n", json.dumps({"a": 1}), "notes"):
        (tmp_path / "it").write_text(content)
        with pytest.raises(AuditError, match="no log of readings"):
            AuditLog(tmp_path / "it", ["reader"])
        assert (tmp_path / "it").read_text() == content
