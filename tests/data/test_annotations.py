"""What people say of tracks: kept whole in a file, and read back."""

import pandas as pd
import pytest
from hypothesis import given, strategies as st

from lpr_helpers.data.annotations import (
    ANNOTATIONS_FILE,
    Annotation,
    annotate,
    load_annotations,
    plate_label,
    save_annotations,
    with_annotations,
)
from lpr_helpers.plates import PlateFormat
from tests.support.robustness import Area

area = Area("Notes and labels that people add")
notes = st.text(st.characters(codec="utf-8", exclude_characters="\0")).map(
    lambda text: " ".join(text.split())
)
labels = st.sampled_from(["", "ABC1234", "NAN0000", "TRU1E00"])


@given(
    st.dictionaries(
        st.text("abc_019,\"' #;=+-@", min_size=1),
        st.builds(Annotation, st.booleans(), labels, labels, notes),
        max_size=4,
    )
)
def test_annotations_survive_the_way_to_disk_and_back(tmp_path_factory, annotations):
    file = save_annotations(annotations, tmp_path_factory.mktemp("kept") / ANNOTATIONS_FILE)
    assert load_annotations(file) == annotations


@pytest.mark.parametrize(
    "note",
    [
        area(f"a note such as {note}", "is kept, and no spreadsheet runs it", note)
        for note in ("=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "'=1")
    ],
)
def test_a_note_is_no_formula_in_a_spreadsheet_and_is_read_back_as_it_was(tmp_path, note):
    file, kept = tmp_path / ANNOTATIONS_FILE, {"=t1": Annotation(note=note)}
    assert load_annotations(save_annotations(kept, file)) == kept
    assert file.read_text() == f"track_id,flagged,label,was,note\n'=t1,,,,'{note}\n"
    assert load_annotations(save_annotations(load_annotations(file), file)) == kept, "nothing piles up"


def test_no_file_means_no_annotations_and_an_empty_one_is_none(tmp_path):
    file = tmp_path / "results" / ANNOTATIONS_FILE
    assert load_annotations(file) == {}
    assert annotate(file, "t1", Annotation(note=" dark \n night ")) == {"t1": Annotation(note="dark night")}
    annotate(file, "t2", Annotation(flagged=True))
    assert annotate(file, "t1", Annotation(note=" \n")) == {"t2": Annotation(flagged=True)}
    assert load_annotations(file) == {"t2": Annotation(flagged=True)}


def test_a_file_that_excel_has_saved_is_read(tmp_path):
    file = tmp_path / ANNOTATIONS_FILE
    file.write_text(
        "\ufefftrack_id,flagged,label,was,note\r\n00012,TRUE,,,\r\nt2,,ABC1234,,NA\r\n", encoding="utf-8"
    )
    assert load_annotations(file) == {
        "00012": Annotation(flagged=True),
        "t2": Annotation(label="ABC1234", note="NA"),
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "No columns"),
        (b"track_id;flagged;label\n", "lacks the column track_id, flagged, label, was, note"),
        (b"track_id,flagged,label,was,note\nt1,,,,\nt1,yes,,,\n", "t1 stands there twice"),
        (b"track_id,flagged,label,was,note\nt1,perhaps,,,\n", "'perhaps', which is neither yes nor no"),
        (b"track_id,flagged,label,was,note\nt1,,,,\xff\xfe\n", "decode"),
    ],
)
def test_a_file_that_holds_something_else_is_refused_with_its_name(tmp_path, content, reason):
    file = tmp_path / ANNOTATIONS_FILE
    file.write_bytes(content)
    with pytest.raises(ValueError, match=rf"{ANNOTATIONS_FILE} holds no annotations: .*{reason}"):
        load_annotations(file)


def test_a_write_that_fails_leaves_the_older_annotations(tmp_path, monkeypatch):
    file = tmp_path / ANNOTATIONS_FILE
    annotate(file, "t1", Annotation(flagged=True))

    def full(_):
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        annotate(file, "t2", Annotation(flagged=True))
    assert load_annotations(file) == {"t1": Annotation(flagged=True)}
    assert [path.name for path in tmp_path.iterdir()] == [ANNOTATIONS_FILE]


@pytest.mark.parametrize("typed", ["ABC1D34", " abc1d34", "ABC-1D34", "abc 1d34\n"])
def test_a_label_is_taken_as_people_write_it(typed):
    assert plate_label(typed) == "ABC1D34"
    assert plate_label("  ") == ""


def test_a_hyphen_or_a_small_letter_stays_where_it_belongs_to_the_plate():
    assert plate_label("a-b", PlateFormat("ab-", {"mine": "***"})) == "a-b"


@pytest.mark.parametrize("typed", ["ABC123", "ABCD234", "ÄBC1234", "ABC12345"])
def test_a_label_that_is_no_plate_is_refused(typed):
    with pytest.raises(ValueError, match=r"has|holds|fit"):
        plate_label(typed)


def test_results_take_the_corrected_label_as_their_text_and_remember_the_other():
    table = pd.DataFrame({"track_id": ["t1", "t2"], "text": ["ABC1234", "ABC1D34"]})
    annotations = {
        "t1": Annotation(label="ABC7234", was="ABC1234"),
        "t2": Annotation(flagged=True, note="dark"),
    }
    rows = with_annotations(table, annotations).set_index("track_id")
    assert tuple(rows.loc["t1", ["text", "given", "label"]]) == ("ABC7234", "ABC1234", "ABC7234")
    assert tuple(rows.loc["t2", ["text", "given", "flagged", "note"]]) == ("ABC1D34", "ABC1D34", True, "dark")
    # once the data have been corrected, the file still knows what was there
    again = with_annotations(table.replace("ABC1234", "ABC7234"), annotations).set_index("track_id")
    assert tuple(again.loc["t1", ["text", "given"]]) == ("ABC7234", "ABC1234")
