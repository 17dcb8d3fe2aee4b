"""Readings as files."""

import pandas as pd
import pytest

from lpr_helpers.inference import TrackReading, load_readings, readings_file, write_readings

READINGS = [
    TrackReading(
        "x/=1+1",
        "=1+1",
        "ABC1234",
        0.5,
        "Brazilian",
        (0.5, 0.25),
        ("lr-001: gone", "lr-002: gone"),
        missing=("ir: missing in 1 of 3 frames",),
    ),
    TrackReading("x/\udce9", "\udce9", problem="no frame could be read"),
]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_what_is_loaded_is_what_was_written_whatever_the_names(tmp_path, ending, monkeypatch):
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    monkeypatch.setattr(readings_file, "AT_ONCE", 1)
    table = load_readings(write_readings(READINGS, tmp_path / f"it.{ending}"))
    assert table["track_id"].tolist() == ["=1+1", "\\xe9"]
    assert table["confidence"].tolist() == [0.5, 0.0]
    assert table["char_confidences"].tolist() == [[0.5, 0.25], []]
    assert table["skipped"].tolist() == [["lr-001: gone", "lr-002: gone"], []]
    assert table["missing"].tolist() == [["ir: missing in 1 of 3 frames"], []]
    assert table["problem"].tolist() == ["", "no frame could be read"]


def test_no_spreadsheet_runs_what_a_track_is_called(tmp_path):
    raw = pd.read_csv(write_readings(READINGS, tmp_path / "it.csv"), dtype=str)
    assert raw["track_id"][0] == "'=1+1"


@pytest.mark.parametrize(("name", "content"), [("it.csv", "a,b\n1,2\n"), ("it.txt", ""), ("it.jsonl", "{")])
def test_what_holds_no_readings_is_named(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=f"{name} holds no readings"):
        load_readings(tmp_path / name)
    with pytest.raises(ValueError, match="holds no readings"):
        load_readings(tmp_path / "gone.csv")
