"""Choosing tracks: which rows each condition keeps, and in which order."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from lpr_helpers.browser.filters import cells, confusions, select, with_distances
from lpr_helpers.data.annotations import Annotation, with_annotations
from lpr_helpers.evaluation.confusions import confusion_matrix
from lpr_helpers.plates import PlateFormat

plates = st.text("ABO0718", max_size=9)
COLUMNS = ["track_id", "text", "reading", "confidence", "scenario", "layout"]


@pytest.fixture
def results():
    rows = [
        ("t1", "ABC1234", "ABC1234", 0.9, "A", "Brazilian"),
        ("t2", "ABC1D34", "ABC1034", 0.7, "B", "Mercosur"),
        ("t3", "XYZ9876", "KYZ9B76", 0.4, "B", "Brazilian"),
        ("t4", "OOO0000", "OOO000", 0.2, "B", ""),
        ("t5", "", "QQQ1111", 0.1, "", "Mercosur"),
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    annotations = {
        "t2": Annotation(flagged=True, note="dark"),
        "t3": Annotation(label="KYZ9876", was="XYZ9876"),
    }
    return table.join(with_annotations(table, annotations)[["flagged", "label", "note"]])


def ids(table):
    return list(table["track_id"])


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, ["t5", "t4", "t3", "t2", "t1"]),
        ({"kind": "right"}, ["t1"]),
        ({"kind": "wrong"}, ["t4", "t3", "t2"]),
        ({"kind": "one wrong"}, ["t4", "t2"]),
        ({"kind": "several wrong"}, ["t3"]),
        ({"kind": "look-alikes only"}, ["t2"]),
        ({"kind": "layout misread"}, []),
        ({"reading_pattern": "abc"}, ["t2", "t1"]),
        ({"reading_pattern": "?YZ*"}, ["t3"]),
        ({"reading_pattern": "YZ?"}, []),
        ({"truth_pattern": "abc1d"}, ["t2"]),
        ({"layout": "Brazilian"}, ["t3", "t1"]),
        ({"layout": ""}, ["t4"]),
        ({"scenario": "B", "confidence": (0.4, 0.7)}, ["t3", "t2"]),
        ({"distance": (0, 1)}, ["t4", "t2", "t1"]),
        ({"distance": (2, 7)}, ["t3"]),
        ({"confused": ("8", "B")}, ["t3"]),
        ({"confused": ("", "0")}, ["t2"]),
        ({"confused": ("X", "")}, ["t3"]),
        ({"confused": ("B", "8")}, []),
        ({"annotation": "any"}, ["t3", "t2"]),
        ({"annotation": "flagged"}, ["t2"]),
        ({"annotation": "noted"}, ["t2"]),
        ({"annotation": "relabelled"}, ["t3"]),
        ({"annotation": "none"}, ["t5", "t4", "t1"]),
        ({"sort": "most certain first", "kind": "wrong"}, ["t2", "t3", "t4"]),
        ({"sort": "most wrong characters first"}, ["t3", "t2", "t4", "t1", "t5"]),
        ({"sort": "track"}, ["t1", "t2", "t3", "t4", "t5"]),
    ],
)
def test_tracks_are_chosen_and_sorted(results, conditions, expected):
    assert ids(select(results, **conditions)) == expected


@pytest.mark.parametrize("pattern", ["[", "(", "\\", "+", "[!a", "*" * 60 + "!", "?*?*(", "ß", "  "])
def test_no_pattern_is_an_error(results, pattern):
    kept = select(results, reading_pattern=pattern, truth_pattern=pattern)
    assert len(kept) == (len(results) if not pattern.strip() else 0)


@given(st.lists(plates, min_size=1), plates)
def test_a_pattern_without_wildcards_finds_exactly_the_texts_that_hold_it(texts, pattern):
    table = pd.DataFrame({"track_id": range(len(texts)), "text": texts, "reading": texts, "confidence": 0.5})
    kept = select(table, reading_pattern=pattern.lower(), sort="track")
    assert list(kept["reading"]) == [text for text in texts if pattern in text]


def test_values_that_a_csv_file_lost_count_as_unknown_and_pass(results):
    table = results.replace({"text": {"": None}, "scenario": {"": None}}).assign(confidence=np.nan)
    assert ids(select(table, kind="wrong", confidence=(0.9, 1.0), sort="track")) == ["t2", "t3", "t4"]
    assert ids(select(table, scenario="")) == ["t5"]


@pytest.mark.parametrize(
    ("condition", "choices"),
    [
        ({"kind": "bad"}, "several wrong"),
        ({"sort": "bad"}, "least certain"),
        ({"annotation": "bad"}, "relabelled"),
    ],
)
def test_an_unknown_choice_is_refused_with_the_known_ones(results, condition, choices):
    with pytest.raises(ValueError, match=choices):
        select(results, **condition)


def test_annotations_cannot_be_asked_of_results_that_carry_none(results):
    with pytest.raises(ValueError, match="with_annotations"):
        select(results[COLUMNS], annotation="flagged")


def test_distances_that_are_there_are_not_computed_again(results, monkeypatch):
    known = with_distances(results)
    monkeypatch.setattr("lpr_helpers.browser.filters.edits", None)
    assert ids(select(known, kind="wrong", distance=(1, 1), confused=("D", "0"))) == ["t2"]


@given(st.lists(st.tuples(*[st.text("AB01", min_size=2, max_size=3)] * 2), max_size=8))
def test_the_cells_are_those_of_the_confusion_matrix(pairs):
    table = pd.DataFrame(pairs, columns=["text", "reading"])
    counts = cells(with_distances(table))
    matrix = confusion_matrix(table, PlateFormat("AB01", {"open": "***"})) if len(table) else pd.DataFrame()
    wrong = {(t, r) for t in matrix.index for r in matrix if t != r and matrix.loc[t, r]}
    assert set(counts) == wrong
    # the matrix counts characters, a track counts once
    assert all(1 <= counts[cell] <= matrix.loc[cell] for cell in counts)
    assert list(counts.values()) == sorted(counts.values(), reverse=True)


def test_places_cannot_be_compared_where_a_character_is_missing():
    assert confusions("ABC", "AC") == ()
    assert confusions("ABA", "BAB") == (("A", "B"), ("B", "A"))
