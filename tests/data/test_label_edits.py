"""Annotations fed back to the data: what is corrected, left out and held out, and what is ignored and why."""

import pandas as pd
import pytest

from lpr_helpers.data.annotations import ANNOTATIONS_FILE, Annotation, save_annotations
from lpr_helpers.data.label_edits import annotated, apply_annotations, describe_changes
from lpr_helpers.data.tracks import TrackSet
from lpr_helpers.plates import BRAZIL


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


def changes_of(table, annotations):
    changed, changes = apply_annotations(table, annotations)
    return changed.set_index("track_id"), [tuple(row) for row in changes.drop(columns="why").to_numpy()]


def test_a_corrected_label_is_trained_on_and_a_flagged_track_is_not(table):
    annotations = {
        "t1": Annotation(flagged=True),
        "t3": Annotation(label="XYZ9876"),
        "t2": Annotation(note="fine"),
    }
    before = table.copy(deep=True)
    rows, changes = changes_of(table, annotations)
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


def test_applying_annotations_twice_is_as_good_as_once(table):
    annotations = {"t1": Annotation(flagged=True, label="ABC1C34"), "t3": Annotation(label="XYZ9876")}
    once, _ = apply_annotations(table, annotations)
    assert once["trainable"].tolist() == [False, True, True, False, False]
    twice, changes = apply_annotations(once, annotations)
    pd.testing.assert_frame_equal(twice, once)
    assert changes.empty


@pytest.mark.parametrize(
    ("track_id", "annotation", "why"),
    [
        ("t5", Annotation(label="ABC1234"), "test tracks may not be labelled by hand"),
        ("t9", Annotation(flagged=True), "no such track here"),
        ("t1", Annotation(label="ABC12"), "5 characters"),
        ("twice", Annotation(flagged=True), "several tracks have this id"),
    ],
)
def test_an_annotation_that_cannot_be_applied_changes_nothing_and_says_why(table, track_id, annotation, why):
    table = pd.concat([table, table.head(2).assign(track_id="twice")], ignore_index=True)
    changed, changes = apply_annotations(table, {track_id: annotation})
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
    annotations = {f"lost{n}": Annotation(flagged=True) for n in range(5)} | {"t2": Annotation(flagged=True)}
    save_annotations(annotations | {"t3": Annotation(label="XYZ9876")}, tmp_path / ANNOTATIONS_FILE)
    done = annotated(tracks, tmp_path / ANNOTATIONS_FILE)
    assert done.table["trainable"].tolist() == [True, False, True, False, False]
    assert capsys.readouterr().out == (
        "annotations.csv: 1 left out, 1 relabelled\n  5 ignored, no such track here: lost0, lost1, lost2, …\n"
    )
