"""Nothing that is wrong with a submission stays unsaid."""

import io
import os
import zipfile

import pytest
from hypothesis import given, strategies as st

from lpr_helpers.submission import validator
from lpr_helpers.submission.validator import validate_submission
from tests.support.robustness import Area
from tests.support.submissions import GOOD, TRACKS, findings, track_folders, valid_results


@pytest.fixture
def check(tmp_path):
    """Validate bytes as a text file, or a dictionary name → bytes as a zip."""

    def validate(content, expected=TRACKS, **options):
        file = tmp_path / ("it.zip" if isinstance(content, dict) else "it.txt")
        if isinstance(content, dict):
            with zipfile.ZipFile(file, "w") as archive:
                for name, data in content.items():
                    archive.writestr(name, data)
        else:
            file.write_bytes(content)
        return validate_submission(file, expected, **options)

    return validate


CORRUPTIONS = {
    "duplicate-track": "{track},{plate};{confidence}\n{track},{plate};{confidence}\n",
    "unknown-track": "track_x,{plate};{confidence}\n",
    "bad-character": "{track},a{tail};{confidence}\n",
    "bad-length": "{track},{tail};{confidence}\n",
    "bad-confidence": "{track},{plate};9{confidence}\n",
    "blank-line": "\n{track},{plate};{confidence}\n",
    "wrong-separator": "{track};{plate};{confidence}\n",
    "whitespace": "{track},{plate};{confidence} \n",
    "bad-track": ",{plate};{confidence}\n",
    "not-utf8": "{track},\xff{tail};{confidence}\n",
    "line-end": "{track},{plate};{confidence}\r",
    "missing-track": "",
}


submissions = Area("Submissions to validate")
submissions.note("a valid file with one fault of twelve kinds (fuzzed)", "the fault is named, with its line")
submissions.note("any bytes, as .txt or .zip (fuzzed)", "all that is wrong is listed")


@pytest.mark.fuzz
@given(table=valid_results, kind=st.sampled_from(sorted(CORRUPTIONS)), data=st.data())
def test_each_corruption_of_a_valid_file_is_found_at_its_line(tmp_path_factory, table, kind, data):
    lines = [f"{row.track_id},{row.reading};{row.confidence:.4f}\n" for row in table.itertuples()]
    at = data.draw(st.integers(0, len(lines) - 1))
    row = table.iloc[at]
    lines[at] = CORRUPTIONS[kind].format(
        track=row.track_id, plate=row.reading, tail=row.reading[1:], confidence=f"{row.confidence:.4f}"
    )
    file = tmp_path_factory.getbasetemp() / "corrupt.txt"
    file.write_bytes("".join(lines).encode("latin-1"))

    found = findings(validate_submission(file, table["track_id"]))
    line = {"missing-track": None, "duplicate-track": at + 2}.get(kind, at + 1)
    assert (kind, line) in found
    # what follows from the corruption by itself: an unnamed track is missing, a stray byte is no character
    follows = {("missing-track", None), ("empty", None), ("bad-character", at + 1)}
    assert set(found) - {(kind, line)} <= follows


@pytest.mark.parametrize(
    "confidence", ["", "nan", "inf", "-0.1", "1.0001", "1e3", "high", "1_0", "0x1", "٠.5", "0." + "1" * 99]
)
def test_no_number_from_0_to_1(check, confidence):
    assert findings(check(f"t1,ABC1234;{confidence}\n".encode(), None)) == [("bad-confidence", 1)]


@pytest.mark.parametrize("confidence", ["0", "1", "0.", ".5", "1e-05", "+0.5", "-0.0", "0.123456789"])
def test_any_notation_of_a_number_will_do(check, confidence):
    assert check(f"t1,ABC1234;{confidence}\n".encode(), None).ok


@pytest.mark.parametrize("header", ["track_id,plate_text;confidence", "id;text;score", "Track"])
def test_a_header_is_named_as_such(check, header):
    assert findings(check(f"{header}\n".encode() + GOOD)) == [("header", 1)]


@pytest.mark.parametrize(
    "form", ["{0};{1};{2}", "{0},{1},{2}", "{0}\t{1}\t{2}", "{0} {1} {2}", "{0};{1},{2}"]
)
def test_a_wrong_separator_does_not_hide_what_else_is_wrong(check, form):
    lines = form.format("track_00002", "ABC12", "2.0").encode() + b"\n"
    report = check(GOOD.replace(b"track_00002,ABC1D34;0.5000\n", lines))
    assert findings(report) == [("wrong-separator", 2), ("bad-length", 2), ("bad-confidence", 2)]


def test_a_decimal_comma_is_a_wrong_separator_and_not_a_missing_track(check):
    assert findings(check(GOOD.replace(b"0.5000", b"0,5000"))) == [("wrong-separator", 2)]


def test_all_violations_are_listed_and_only_the_printed_report_is_short(check):
    report = check(b"".join(b"track_%05d,ABC12;0.5\n" % i for i in range(50)), None)
    assert findings(report) == [("bad-length", line) for line in range(1, 51)]
    assert "... and 45 more" in str(report)
    assert len(str(report).splitlines()) < 12


def test_what_is_tolerated_becomes_a_note(check):
    report = check(b"".join(reversed(GOOD.splitlines(keepends=True))).replace(b"\n", b"\r\n")[:-2])
    assert report.ok
    assert [n.split(":")[0] for n in report.notes] == [
        "this is the text file",
        "2 lines end in CRLF",
        "no line end after the last line",
        "not sorted by track id (first in line 2)",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xef\xbb\xbf" + GOOD, [("bom", 1)]),
        (GOOD.decode().encode("utf-16"), [("not-utf8", 1)]),
        (GOOD.replace(b"\n", b"\r"), [("line-end", 1), ("line-end", 2), ("line-end", 3)]),
        (GOOD + b"\n \n", [("blank-line", 4), ("blank-line", 5)]),
        (GOOD + b"\0,ABC1234;0.5\n", [("bad-track", 4), ("unknown-track", 4)]),
    ],
)
def test_encodings_and_line_ends(check, content, expected):
    assert findings(check(content)) == expected


def test_an_empty_file_misses_every_track(check):
    assert findings(check(b"")) == [("empty", None), *[("missing-track", None)] * 3]


@pytest.mark.parametrize(
    ("files", "kinds"),
    [
        ({"submission.txt": GOOD}, []),
        ({"a.txt": GOOD, "b.txt": GOOD}, ["several-files"]),
        ({"a.txt": GOOD, "__MACOSX/._a.txt": b"\0"}, ["several-files", "nested-folder"]),
        ({"run/": b"", "run/a.txt": GOOD}, ["several-files", "nested-folder", "nested-folder"]),
        ({"run/a.txt": GOOD}, ["nested-folder"]),
        ({"a.csv": GOOD}, ["wrong-ending"]),
        ({"run/": b""}, ["nested-folder", "no-file"]),
        ({}, ["no-file"]),
        ({"a.txt": GOOD.replace(b"0.5", b"1.5")}, ["bad-confidence"]),
    ],
)
def test_a_zip_holds_exactly_one_text_at_its_top(check, files, kinds):
    assert sorted(kind for kind, _ in findings(check(files))) == sorted(kinds)


@pytest.mark.parametrize("content", [b"", b"no zip", GOOD])
def test_a_zip_in_name_only(tmp_path, content):
    (tmp_path / "it.zip").write_bytes(content)
    assert findings(validate_submission(tmp_path / "it.zip")) == [("broken-zip", None)]


def test_a_small_zip_cannot_fill_the_memory(check, tmp_path, monkeypatch):
    monkeypatch.setattr(validator, "MAX_BYTES", 2000)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"0" * 100_000)
    assert (tmp_path / "bomb.zip").stat().st_size < 2000
    assert findings(validate_submission(tmp_path / "bomb.zip")) == [("too-large", None)]
    assert findings(check(b"0" * 100_000)) == [("too-large", None)]
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.txt", GOOD)
    assert findings(validate_submission(tmp_path / "bomb.zip")) == [("broken-zip", None)]


def test_a_file_that_cannot_be_opened_is_a_finding(tmp_path):
    assert findings(validate_submission(tmp_path / "nowhere.zip")) == [("unreadable", None)]
    assert findings(validate_submission(tmp_path)) == [("unreadable", None)]


@pytest.mark.parametrize(
    "make",
    [
        submissions("a pipe", "`unreadable`; never opened", os.mkfifo),
        submissions("a link to /dev/zero", "`unreadable`; never opened", lambda file: file.symlink_to("/dev/zero")),
        submissions("a link to itself", "`unreadable`", lambda file: file.symlink_to(file)),
        submissions("a folder", "`unreadable`", lambda file: file.mkdir()),
        submissions("no file", "`unreadable`", lambda file: None),  # noqa: ARG005
    ],
)  # fmt: skip
def test_only_a_regular_file_is_opened(tmp_path, make):
    make(tmp_path / "it.zip")
    assert findings(validate_submission(tmp_path / "it.zip")) == [("unreadable", None)]


def test_a_look_alike_of_another_script_is_named(check):
    report = check(GOOD.replace(b"ABC1234", "АBC1234".encode()))
    assert findings(report) == [("bad-character", 1)]
    assert "U+0410 CYRILLIC CAPITAL LETTER A" in str(report)


def a_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", GOOD)
    return buffer.getvalue()


@pytest.mark.fuzz
@given(content=st.binary(max_size=200), ending=st.sampled_from(["zip", "txt"]))
def test_no_bytes_make_the_validator_fall(tmp_path_factory, content, ending):
    file = tmp_path_factory.getbasetemp() / f"bytes.{ending}"
    file.write_bytes(content)
    report = validate_submission(file, TRACKS)
    assert not report.ok
    assert str(report)


@pytest.mark.fuzz
@given(at=st.integers(0, len(a_zip()) - 1), byte=st.integers(0, 255), cut=st.booleans())
def test_no_damaged_zip_makes_the_validator_fall(tmp_path_factory, at, byte, cut):
    damaged = bytearray(a_zip())
    damaged[at:] = b"" if cut else bytes([byte]) + damaged[at + 1 :]
    file = tmp_path_factory.getbasetemp() / "damaged.zip"
    file.write_bytes(damaged)
    report = validate_submission(file, TRACKS)
    assert not report.ok or (report.lines == 3 and not cut)


def test_the_folder_of_the_tracks_says_what_is_expected(check, tmp_path):
    folder_of_tracks = track_folders(tmp_path)
    assert check(GOOD, folder_of_tracks).ok
    assert findings(check(GOOD[27:], str(folder_of_tracks))) == [("missing-track", None)]
    with pytest.raises(ValueError, match=r"no track_\* folder"):
        check(GOOD, folder_of_tracks / TRACKS[0])


def own_folders(root, *names):
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "lr-001.png").write_bytes(b"")
    return root


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        submissions("--tracks with folders `car 1`, `çã`", "tracks of any names", ["car 1", "çã"], ["car 1", "çã"]),
        submissions("--tracks with folders in folders", "all of them", ["day/car", "night/lorry"], ["car", "lorry"]),
        submissions("--tracks with a whole data set", "its test tracks", ["train/a", "test/b", "train/c"], ["b"]),
        submissions("--tracks with the `test` folder alone", "all of them", ["a", "b"], ["a", "b"]),
    ],
)  # fmt: skip
def test_folders_of_any_name_are_expected_as_the_index_finds_them(tmp_path, names, expected):
    root = own_folders(tmp_path / "test", *names)
    assert validator.expected_tracks(root) == set(expected)
    assert {p.name for p in root.rglob("*") if p.is_dir()} >= validator.expected_tracks(str(root))
