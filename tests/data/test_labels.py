"""What an annotation says: taken as people write it, and every oddity listed."""

import json
import os

import pytest
from hypothesis import given, strategies as st

from lpr_helpers.data.folders import LABEL_FILE, FoundTrack
from lpr_helpers.data.labels import corners_of, layout_of, read_label, text_of
from lpr_helpers.plates import BRAZIL
from lpr_helpers.utils.regular import is_utf8
from tests.support.robustness import Area
from tests.support.tracks import BRAZILIAN, add_labelled, annotate, read

labels = Area("Labels and annotations")


@pytest.mark.parametrize(
    "written",
    [
        labels("ABC-1D23", "read as ABC1D23, and listed as `text-repaired`", "ABC-1D23"),
        labels(
            "ABC·1D23, ABC–1D23, ABC−1D23 (a dot, a dash, a minus)", "read as ABC1D23, and listed", "ABC·1D23"
        ),
        labels("ABC 1D23", "read as ABC1D23, and listed", "ABC 1D23"),
        labels("abc1d23", "read as ABC1D23, and listed", "abc1d23"),
        labels("ＡＢＣ１Ｄ２３ (full width)", "read as ABC1D23, and listed", "ＡＢＣ１Ｄ２３"),
        labels("A\\u200bBC1D23 (a space of no width)", "read as ABC1D23, and listed", "A\u200bBC1D23"),
    ],
)
def test_a_label_is_taken_as_people_write_it(tmp_path, written):
    add_labelled(tmp_path / "train" / "car", written, "Mercosur")
    tracks = read(tmp_path)
    assert tracks.table[["text", "trainable"]].to_numpy().tolist() == [["ABC1D23", True]]
    assert tracks.problems[["kind", "repaired"]].to_numpy().tolist() == [["text-repaired", True]]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        labels(
            "a Cyrillic А in ABC1D23",
            "not trained on; shown as U+0410 CYRILLIC CAPITAL LETTER A",
            "АBC1D23",
            "'А' U+0410 CYRILLIC CAPITAL LETTER A",
        ),
        labels(
            "a Greek Β in ABC1D23",
            "not trained on; shown by its code point",
            "AΒC1D23",
            "'Β' U+0392 GREEK CAPITAL LETTER BETA",
        ),
        labels(
            "ABC1D23 with a lone surrogate (`\\ud800`)",
            "not trained on; shown by its code point",
            "\ud800BC1D23",
            "U+D800",
        ),
        labels("ABC#D23", "not trained on; `#` is named", "ABC#D23", "'#', outside the alphabet"),
        labels(
            "a label of 500,000 characters",
            "not trained on, and shortened in the message",
            "A" * 500_000,
            "has 500000 characters",
        ),
    ],
)
def test_a_label_that_is_no_plate_is_kept_and_listed_by_code_point(tmp_path, written, shown):
    add_labelled(tmp_path / "train" / "car", written, "Mercosur")
    tracks = read(tmp_path)
    (problem,) = tracks.problems.itertuples()
    assert problem.kind == "text-misfit"
    assert shown in problem.message
    assert len(problem.message) < 300
    assert is_utf8(problem.message + tracks.table.text[0])
    assert not tracks.table.trainable[0]


def utf16(folder):
    content = json.dumps({"plate_text": "ABC1234", "plate_layout": "Brazilian"})
    (folder / LABEL_FILE).write_bytes(content.encode("utf-16"))


def with_bom(folder):
    (folder / LABEL_FILE).write_bytes(b"\xef\xbb\xbf" + (folder / LABEL_FILE).read_bytes())


def in_capitals(folder):
    (folder / LABEL_FILE).rename(folder / LABEL_FILE.upper())


@pytest.mark.parametrize(
    "change",
    [
        labels("an annotation in UTF-16", "read", utf16),
        labels("an annotation with a byte order mark", "read", with_bom),
        labels("ANNOTATIONS.JSON", "read", in_capitals),
    ],
)
def test_an_annotation_in_another_form_is_read(tmp_path, change):
    change(add_labelled(tmp_path / "train" / "car"))
    tracks = read(tmp_path)
    assert tracks.table.text[0] == "ABC1234"
    assert tracks.problems.empty


def content(data: bytes):
    return lambda file: file.write_bytes(data)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        labels("an annotation that is a pipe", "never opened; listed", os.mkfifo, "no regular file"),
        labels(
            "an annotation linked to /dev/zero",
            "never opened; listed",
            lambda file: file.symlink_to("/dev/zero"),
            "no regular file",
        ),
        labels(
            "an annotation of 100,000 nested brackets",
            "ignored, and listed",
            content(b"[" * 100_000),
            "nested too deeply",
        ),
        labels(
            "an annotation nested 900 deep",
            "ignored, and listed",
            content(b'{"corners":' * 900 + b"{}" + b"}" * 900),
            "",
        ),
        labels(
            "an annotation of 2 MB",
            "ignored, and listed",
            content(b" " * 2_000_000),
            "more than 1,000,000 bytes",
        ),
        labels(
            "an annotation in Latin-1",
            "ignored, and listed",
            content('{"plate_text": "Ç"}'.encode("latin-1")),
            "UTF-8",
        ),
        labels("an annotation that holds a list", "ignored, and listed", content(b"[]"), "top level"),
        labels(
            "a number of 5,000 digits",
            "ignored, and listed",
            content(b'{"plate_text": ' + b"9" * 5000 + b"}"),
            "",
        ),
    ],
)
def test_an_annotation_that_cannot_be_read_leaves_its_text_unknown(tmp_path, make, message):
    folder = add_labelled(tmp_path / "train" / "car")
    (folder / LABEL_FILE).unlink()
    make(folder / LABEL_FILE)
    tracks = read(tmp_path)
    (problem,) = tracks.problems.itertuples()
    assert problem.kind == "invalid-annotation"
    assert message in problem.message
    assert len(problem.message) < 400
    assert tracks.table[["text", "trainable"]].to_numpy().tolist() == [["", False]]


SQUARE = {"top-left": [1, 1], "top-right": [9, 1], "bottom-right": [9, 4], "bottom-left": [1, 4]}


@pytest.mark.parametrize(
    ("corner", "kept"),
    [
        labels("a corner just outside its frame", "kept", [-1.5, -0.5], True),
        labels(
            "a corner far outside its frame", "this frame's corners are left out, and listed", [60, 1], False
        ),
        labels("a corner at 1e5, −1e5", "this frame's corners are left out, and listed", [1e5, -1e5], False),
    ],
)
def test_a_corner_far_outside_its_frame_is_left_out(tmp_path, corner, kept):
    folder = add_labelled(tmp_path / BRAZILIAN / "track_00001")
    annotate(folder, corners={"lr-001.png": SQUARE | {"top-left": corner}, "lr-002.png": SQUARE})
    tracks = read(tmp_path)
    assert list(tracks.table.corners[0]) == (["lr-001.png"] if kept else []) + ["lr-002.png"]
    assert tracks.problems.kind.tolist() == ([] if kept else ["corners-outside"])
    assert tracks.table.trainable[0]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["ABC1234", "Mercosur"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "plate_text",
                    "plate_layout",
                    "corners",
                    "lr-001.png",
                    "top-left",
                    "top-right",
                    "bottom-left",
                ]
            )
            | st.text(st.characters(), max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
annotations = json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60)
labels.note("any JSON and any bytes as an annotation (fuzzed)", "read, repaired or listed")


@pytest.mark.fuzz
@given(annotations)
def test_no_annotation_makes_the_index_fall(tmp_path_factory, raw):
    folder = tmp_path_factory.getbasetemp() / "annotations"
    folder.mkdir(exist_ok=True)
    (folder / LABEL_FILE).write_bytes(raw)
    found = FoundTrack("t", "t", ((LABEL_FILE, len(raw), 0),), "train", "B", "Mercosur", True, True, "")
    told = []
    report = lambda kind, message, name="", repaired=False: told.append((kind, message))  # noqa: ARG005, E731
    annotation = read_label(folder, found, report)
    text = text_of(annotation, BRAZIL, report)
    layout = layout_of(annotation, text, found, BRAZIL, report)
    corners = corners_of(annotation, {"lr-001.png": (12, 6)}, report)
    assert told or (text and layout)
    assert all(len(point) == 2 for points in corners.values() for point in points)
    assert BRAZIL.normalised(text) == text
