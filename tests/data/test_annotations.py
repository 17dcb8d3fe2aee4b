"""Remarks of people: kept whole in a file, and fed back to the data."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpr_helpers.data.annotations import (
    ANNOTATIONS_FILE,
    Annotation,
    annotate,
    load_annotations,
    plate_label,
    save_annotations,
    with_annotations,
)
from lpr_helpers.data.label_edits import annotated, apply_annotations, describe_changes
from lpr_helpers.data.tracks import TrackSet
from lpr_helpers.plates import BRAZIL, PlateFormat

notes = st.text(st.characters(codec="utf-8", exclude_characters="\0")).map(
    lambda text: " ".join(text.split())
)
labels = st.sampled_from(["", "ABC1234", "NAN0000", "TRU1E00"])


@pytest.fixture
def table():
    rows = [
        ("t1", "train", "ABC1234", "Brazilian", True),
        ("t2", "train", "ABC1D34", "Mercosur", True),
        ("t3", "train", "XYZ98", "Brazilian", False),
        ("t4", "train", "AAA1111", "Argentine", False),
        ("t5", "test", "", "", False),
    ]
    table = pd.DataFrame(rows, columns=["track_id", "split", "text", "layout", "trainable"])
    return table.assign(lr=[["lr-001.png"]] * len(rows), problems=[[]] * len(rows))


def changes_of(table, remarks, **options):
    changed, changes = apply_annotations(table, remarks, **options)
    return changed.set_index("track_id"), [tuple(row) for row in changes.drop(columns="why").to_numpy()]


@given(
    st.dictionaries(
        st.text("abc_019,\"' #;=", min_size=1),
        st.builds(Annotation, st.booleans(), labels, labels, notes),
        max_size=4,
    )
)
def test_remarks_survive_the_way_to_disk_and_back(tmp_path_factory, remarks):
    file = save_annotations(remarks, tmp_path_factory.mktemp("kept") / ANNOTATIONS_FILE)
    assert load_annotations(file) == remarks


def test_no_file_means_no_remarks_and_an_empty_remark_is_none(tmp_path):
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
    ("content", "told"),
    [
        (b"", "No columns"),
        (b"track_id;flagged;label\n", "lacks the column track_id, flagged, label, was, note"),
        (b"track_id,flagged,label,was,note\nt1,,,,\nt1,yes,,,\n", "t1 stands there twice"),
        (b"track_id,flagged,label,was,note\nt1,perhaps,,,\n", "'perhaps', which is neither yes nor no"),
        (b"track_id,flagged,label,was,note\nt1,,,,\xff\xfe\n", "decode"),
    ],
)
def test_a_file_that_holds_something_else_is_refused_with_its_name(tmp_path, content, told):
    file = tmp_path / ANNOTATIONS_FILE
    file.write_bytes(content)
    with pytest.raises(ValueError, match=rf"{ANNOTATIONS_FILE} holds no remarks: .*{told}"):
        load_annotations(file)


def test_a_write_that_fails_leaves_the_older_remarks(tmp_path, monkeypatch):
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


def test_results_take_the_corrected_label_as_their_text_and_remember_the_other(table):
    said = {"t1": Annotation(label="ABC7234", was="ABC1234"), "t2": Annotation(flagged=True, note="dark")}
    rows = with_annotations(table, said).set_index("track_id")
    assert tuple(rows.loc["t1", ["text", "told", "label"]]) == ("ABC7234", "ABC1234", "ABC7234")
    assert tuple(rows.loc["t2", ["text", "told", "flagged", "note"]]) == ("ABC1D34", "ABC1D34", True, "dark")
    # once the data have been corrected, the file still knows what was there
    again = with_annotations(table.replace("ABC1234", "ABC7234"), said).set_index("track_id")
    assert tuple(again.loc["t1", ["text", "told"]]) == ("ABC7234", "ABC1234")


def test_a_corrected_label_is_trained_on_and_a_flagged_track_is_not(table):
    said = {"t1": Annotation(flagged=True), "t3": Annotation(label="XYZ9876"), "t2": Annotation(note="fine")}
    before = table.copy(deep=True)
    rows, changes = changes_of(table, said)
    assert changes == [("t1", "left out", "", ""), ("t3", "relabelled", "XYZ98", "XYZ9876")]
    assert rows["trainable"].to_dict() == {"t1": False, "t2": True, "t3": True, "t4": False, "t5": False}
    assert rows.loc["t3", "text"] == "XYZ9876"
    pd.testing.assert_frame_equal(table, before)


def test_a_label_of_another_layout_changes_the_layout_too(table):
    rows, changes = changes_of(table, {"t1": Annotation(label="ABC1C34")})
    assert changes == [
        ("t1", "relabelled", "ABC1234", "ABC1C34"),
        ("t1", "new layout", "Brazilian", "Mercosur"),
    ]
    assert tuple(rows.loc["t1", ["layout", "trainable"]]) == ("Mercosur", True)
    assert BRAZIL.misfit(rows.loc["t1", "text"], rows.loc["t1", "layout"]) is None


def test_a_corrected_track_without_frames_or_of_a_foreign_layout_is_still_not_trained_on(table):
    table.at[2, "lr"] = []
    rows, _ = changes_of(table, {"t3": Annotation(label="XYZ9876"), "t4": Annotation(label="AAA1112")})
    assert not rows.loc[["t3", "t4"], "trainable"].any()
    assert rows.loc["t4", "layout"] == "Argentine"


def test_applying_remarks_twice_is_as_good_as_once(table):
    said = {"t1": Annotation(flagged=True, label="ABC1C34"), "t3": Annotation(label="XYZ9876")}
    once, _ = apply_annotations(table, said)
    assert once["trainable"].tolist() == [False, True, True, False, False]
    twice, changes = apply_annotations(once, said)
    pd.testing.assert_frame_equal(twice, once)
    assert changes.empty


@pytest.mark.parametrize(
    ("track_id", "said", "why"),
    [
        ("t5", Annotation(label="ABC1234"), "test tracks may not be labelled by hand"),
        ("t9", Annotation(flagged=True), "no such track here"),
        ("t1", Annotation(label="ABC12"), "5 characters"),
        ("twice", Annotation(flagged=True), "several tracks have this id"),
    ],
)
def test_a_remark_that_cannot_be_applied_changes_nothing_and_says_why(table, track_id, said, why):
    table = pd.concat([table, table.head(2).assign(track_id="twice")], ignore_index=True)
    changed, changes = apply_annotations(table, {track_id: said})
    pd.testing.assert_frame_equal(changed, table)
    assert list(changes["change"]) == ["ignored"]
    assert why in changes["why"][0]
    assert track_id in describe_changes(changes)


def test_a_test_track_of_the_same_id_is_not_meant(table):
    table = pd.concat([table, table.tail(1).assign(track_id="t1")], ignore_index=True)
    changed, _ = apply_annotations(table, {"t1": Annotation(label="ABC7234")})
    assert list(changed.loc[changed["track_id"] == "t1", "text"]) == ["ABC7234", ""]


@pytest.mark.parametrize(
    ("track_id", "label", "side"),
    [("t1", "ABC1D34", "held_out"), ("t2", "ABC1234", "held_out"), ("t1", "ABC7234", "val")],
)
def test_a_corrected_plate_never_stands_on_both_sides_of_the_split(table, track_id, label, side):
    table["split"] = ["val", "train", "train", "train", "test"]
    rows, changes = changes_of(table, {track_id: Annotation(label=label)})
    assert rows.loc[track_id, "split"] == side
    assert ("held out" in [change for _, change, *_ in changes]) == (side == "held_out")
    sides = rows.groupby("split")["text"].agg(set)
    assert not sides.get("train", set()) & sides.get("val", set())


def test_results_without_training_columns_are_relabelled_all_the_same(table):
    changed, _ = apply_annotations(
        table[["track_id", "text"]], {"t1": Annotation(label="ABC7234", flagged=True)}
    )
    assert changed["text"][0] == "ABC7234"


def test_one_call_corrects_a_data_set_and_says_what_it_did(table, tmp_path, capsys):
    tracks = TrackSet(table, pd.DataFrame(), tmp_path, BRAZIL)
    assert annotated(tracks, tmp_path / ANNOTATIONS_FILE).table.equals(table)
    assert capsys.readouterr().out == ""
    said = {f"lost{n}": Annotation(flagged=True) for n in range(5)} | {"t2": Annotation(flagged=True)}
    save_annotations(said | {"t3": Annotation(label="XYZ9876")}, tmp_path / ANNOTATIONS_FILE)
    done = annotated(tracks, tmp_path / ANNOTATIONS_FILE)
    assert done.table["trainable"].tolist() == [True, False, True, False, False]
    assert capsys.readouterr().out == (
        "remarks.csv: 1 left out, 1 relabelled\n  5 ignored, no such track here: lost0, lost1, lost2, …\n"
    )
