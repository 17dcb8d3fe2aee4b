"""A submission is written only when valid, and the same results give the same bytes."""

import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from lpr_helpers.plates import PlateFormat
from lpr_helpers.submission.validator import validate_submission
from lpr_helpers.submission.writer import SubmissionError, write_submission
from tests.support.submissions import GOOD, TRACKS, findings, results, valid_results


def test_the_zip_holds_one_sorted_text_in_the_official_form(tmp_path):
    written = write_submission(results().iloc[::-1], tmp_path / "new", expected=TRACKS)
    assert written.txt.read_bytes() == GOOD
    with zipfile.ZipFile(written.zip) as archive:
        assert archive.namelist() == ["submission.txt"]
        assert archive.read("submission.txt") == GOOD
        assert archive.infolist()[0].date_time == (1980, 1, 1, 0, 0, 0), "a clock would change the bytes"
    assert written.lines == 3
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["submission.txt", "submission.zip"]


def test_the_same_results_give_the_same_bytes(tmp_path):
    first = write_submission(results(), tmp_path / "a").zip.read_bytes()
    assert (
        write_submission(results().sample(frac=1, random_state=1), tmp_path / "b").zip.read_bytes() == first
    )


@pytest.mark.fuzz
@given(valid_results)
def test_whatever_valid_results_are_written_is_valid(tmp_path_factory, table):
    written = write_submission(table, tmp_path_factory.mktemp("out"), expected=table["track_id"])
    for file in (written.txt, written.zip):
        report = validate_submission(file, set(table["track_id"]))
        assert report.ok, report
        assert report.lines == len(table)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"reading": ["ABC1234", "ABC123", "XYZ9876"]}, "bad-length"),
        ({"reading": ["ABC1234", None, "XYZ9876"]}, "bad-length"),
        ({"reading": ["ABC1234", "abc1D34", "XYZ9876"]}, "bad-character"),
        ({"confidence": [0.5, np.nan, 0.5]}, "bad-confidence"),
        ({"confidence": [0.5, 1.01, 0.5]}, "bad-confidence"),
        ({"track_id": ["track_00001", "track_00001", "track_00003"]}, "duplicate-track"),
        ({"track_id": ["track_00001", "track_00002", "track_00004"]}, "unknown-track"),
        ({"track_id": ["track_00001", "track_\udce92", "track_00003"]}, "not-utf8"),
        ({"track_id": ["track_00001", "track,00002", "track_00003"]}, "wrong-separator"),
        ({"track_id": ["track_00001", "x,ABC1234;0.5\ntrack_00002", "track_00003"]}, "unknown-track"),
    ],
)
def test_invalid_results_write_nothing_and_spare_what_stood_there(tmp_path, changes, kind):
    (tmp_path / "submission.zip").write_bytes(b"older")
    with pytest.raises(SubmissionError, match=kind) as caught:
        write_submission(results(**changes), tmp_path, expected=TRACKS)
    assert kind in {violation.kind for violation in caught.value.report.violations}
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"older"]


def test_a_track_that_was_not_read_stops_the_submission(tmp_path):
    with pytest.raises(SubmissionError, match="'track_00002' has no line"):
        write_submission(results().drop(index=1), tmp_path, expected=TRACKS)


def test_rounding_errors_of_a_confidence_are_no_violation(tmp_path):
    written = write_submission(results(confidence=[-1e-9, np.float32(1.0000001), 0.5]), tmp_path)
    assert [line.split(";")[1] for line in written.txt.read_text().splitlines()] == [
        "0.0000",
        "1.0000",
        "0.5000",
    ]


def test_results_without_confidence_say_so(tmp_path):
    with pytest.raises(ValueError, match="no column confidence"):
        write_submission(results().drop(columns="confidence"), tmp_path)


def test_plates_of_another_country_have_their_own_length_and_alphabet(tmp_path):
    plate = PlateFormat("ABC123", {"own": "LLDD"})
    table = pd.DataFrame({"track_id": ["track_1"], "reading": ["AB12"], "confidence": [0.5]})
    written = write_submission(table, tmp_path, plate=plate)
    assert validate_submission(written.zip, plate=plate).ok
    assert findings(validate_submission(written.zip)) == [("bad-length", 1)]
