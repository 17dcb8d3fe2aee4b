"""The numbers of the evaluation, part by part."""

import pytest
from hypothesis import given, strategies as st

from lpr_helpers.evaluation.breakdowns import (
    breakdown,
    by_kind,
    by_slot,
    single_vs_fused,
    typical_tracks,
    with_errors,
    worst_tracks,
)
from lpr_helpers.plates import BRAZIL
from tests.support.readings import many, results


def test_breakdown_counts_tracks_and_plates_of_each_value():
    table = results(
        [("ABC1234", "ABC1234", 0.9)] * 3 + [("XYZ1D34", "XXX1D34", 0.9)], layout=["Brazilian"] * 3 + [""]
    )
    found = breakdown(table, "layout")
    assert list(found.index) == ["Brazilian", "unknown"]
    assert found.loc["Brazilian", ["tracks", "plates", "recognition_rate"]].tolist() == [3, 1, 1]
    assert found.loc["unknown", "character_accuracy"] == 5 / 7
    assert found.loc["unknown", "recognition_rate_low"] == 0
    with pytest.raises(ValueError, match="no column camera"):
        breakdown(table, "camera")


def test_accuracy_by_place_counts_from_one_and_a_missing_character_as_wrong():
    found = by_slot(results())
    assert list(found.index) == [1, 2, 3, 4, 5, 6, 7]
    assert found["value"].tolist() == [0.75, 0.75, 0.75, 1.0, 0.75, 1.0, 0.75]
    assert found["tracks"].tolist() == [4] * 7


def test_digits_and_letters_are_the_truths_not_the_readings():
    found = by_kind(results([("ABC1D34", "ABC1034", 0.7), ("OOO0000", "Q", 0.2)]))
    assert found["characters"].to_dict() == {"digits": 7, "letters": 7}
    assert found["value"].to_dict() == {"digits": 3 / 7, "letters": 3 / 7}


def test_single_frames_against_the_fused_reading():
    table = results(
        [("ABC1234", "ABC1234", 0.9), ("XYZ9876", "XYZ9870", 0.9), ("AAA1111", "AAA1111", 0.1)],
        frame_readings=[["ABC1234", "ABC1235", "ABC1294"], ["XXX9870"], []],
    )
    found = single_vs_fused(table)
    assert found.loc["single frame", "recognition_rate"] == 1 / 4
    assert found.loc["single frame", "character_accuracy"] == (7 + 6 + 6 + 4) / 28
    assert found.loc["single frame", "partial_rate"] == 3 / 4
    assert found.loc["mean of tracks", "recognition_rate"] == pytest.approx((1 / 3 + 0) / 2)
    assert found.loc["best frame", "recognition_rate"] == 1 / 2
    assert found.loc["fused", "recognition_rate"] == 2 / 3
    assert found.loc["gain", "recognition_rate"] == pytest.approx(2 / 3 - 1 / 4)


def test_the_gain_of_fusion_is_measured_on_the_same_plates():
    table = many(200, 10_000, error=0.5)
    found = single_vs_fused(table.assign(frame_readings=[[reading] for reading in table["reading"]]))
    assert found.loc["gain", ["recognition_rate_low", "recognition_rate_high"]].tolist() == [0, 0]


@given(text=st.text(BRAZIL.alphabet, min_size=7, max_size=7), reading=st.text(BRAZIL.alphabet, max_size=9))
def test_wrong_places_are_exactly_those_that_differ(text, reading):
    row = with_errors(results([(text, reading, 0.5)])).iloc[0]
    mended = list(reading.ljust(7)[:7])
    for place in row["wrong_places"]:
        assert mended[place] != text[place]
        mended[place] = text[place]
    assert "".join(mended) == text
    assert row["right"] == (row["edit_distance"] == 0) == (text == reading)


def test_the_worst_are_wrong_and_the_surest_first():
    rows = [
        ("ABC1234", "ABC1234", 1.0),
        ("ABC1234", "ABC1235", 0.9),
        ("ABC1234", "XXX1234", 0.9),
        ("ABC1234", "", 0.1),
    ]
    assert worst_tracks(results(rows))["reading"].tolist() == ["XXX1234", "ABC1235", ""]
    assert worst_tracks(results(rows), by="edit_distance")["reading"].tolist() == ["", "XXX1234", "ABC1235"]
    assert len(worst_tracks(results(rows), n=1)) == 1
    with pytest.raises(ValueError, match="edit_distance"):
        worst_tracks(results(rows), by="size")


def test_typical_tracks_are_as_many_wrong_and_right_ones_as_there_are_and_the_same_every_time():
    table = many(40, 10_000, error=0.5)
    right = (table["text"] == table["reading"]).to_numpy()
    chosen = typical_tracks(table, wrong=3, right=2)
    assert right[chosen].tolist() == [False] * 3 + [True] * 2
    assert len(set(chosen)) == 5
    assert chosen == typical_tracks(table, wrong=3, right=2)
    assert typical_tracks(results([("ABC1234", "ABC1234", 0.9)]), wrong=2, right=3) == [0]
