"""The numbers of the evaluation: counted by hand on a few tracks."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from lpr_helpers.evaluation.bootstrap import bootstrap_estimate
from lpr_helpers.evaluation.breakdowns import by_kind, by_slot, typical_tracks, with_errors, worst_tracks
from lpr_helpers.evaluation.metrics import (
    SUMMARY,
    cer,
    character_accuracy,
    confidence_gap,
    ece,
    mean_confidence,
    partial_rate,
    recognition_rate,
    summary,
)
from tests.support.readings import results


def test_values_counted_by_hand():
    table = results()
    assert recognition_rate(table) == 1 / 4
    assert character_accuracy(table) == (7 + 6 + 6 + 4) / 28
    assert cer(table) == (0 + 1 + 1 + 3) / 28
    assert partial_rate(table) == 3 / 4
    assert partial_rate(table, share=0.9) == 1 / 4
    assert mean_confidence(table) == pytest.approx(0.6)
    assert confidence_gap(table) == pytest.approx(0.9 - 0.5)
    assert ece(table) == pytest.approx((0.1 + 0.7 + 0.6 + 0.2) / 4)


def test_five_of_seven_characters_are_less_than_80_percent():
    assert partial_rate(results([("ABC1234", "ABC1255", 0.5)])) == 0
    assert partial_rate(results([("ABC1234", "ABC1235", 0.5)])) == 1


def test_a_missing_first_character_costs_every_place_but_one_edit():
    table = results([("ABC1234", "BC1234", 0.5)])
    assert character_accuracy(table) == 0
    assert cer(table) == 1 / 7


def test_a_reading_that_is_too_long_is_not_right():
    table = results([("ABC1234", "ABC12345", 0.5)])
    assert recognition_rate(table) == 0
    assert character_accuracy(table) == 1
    assert cer(table) == 1 / 7


def test_a_track_that_was_not_read_counts_as_wrong():
    assert recognition_rate(results([("ABC1234", "ABC1234", 1.0), ("ABC1234", None, 0.0)])) == 0.5


@pytest.mark.parametrize("readings", [["ABC1234"] * 3, ["XXX0000"] * 3])
def test_no_confidence_gap_where_all_are_right_or_all_are_wrong(readings):
    table = results([("ABC1234", reading, 0.5) for reading in readings])
    assert math.isnan(confidence_gap(table))
    assert math.isnan(bootstrap_estimate(table, confidence_gap).low)


def test_ece_is_zero_where_each_bin_is_as_right_as_it_is_sure():
    rows = [("ABC1234", "ABC1234" if i < 3 else "XXX0000", 0.75) for i in range(4)]
    assert ece(results(rows)) == pytest.approx(0)
    assert ece(results([("ABC1234", "ABC1234", 1.0)])) == 0


@pytest.mark.parametrize(
    "judge", [*SUMMARY.values(), summary, by_slot, by_kind, with_errors, worst_tracks, typical_tracks]
)
def test_results_that_cannot_be_judged_say_why(judge):
    with pytest.raises(ValueError, match="no row"):
        judge(results().iloc[:0])
    with pytest.raises(ValueError, match="2 of 4 tracks have no true text"):
        judge(results(text=["ABC1234", "", None, "OOO0000"]))
    with pytest.raises(ValueError, match="no column reading"):
        judge(results().drop(columns="reading"))


def test_a_confidence_that_is_none_is_refused():
    with pytest.raises(ValueError, match="2 of 4 confidences"):
        ece(results(confidence=[0.5, np.nan, 1.2, 1.0]))


readings = st.tuples(st.text("AB1", min_size=1, max_size=4), st.text("AB1", max_size=5), st.floats(0, 1))


@settings(max_examples=30)
@given(st.lists(readings, min_size=1, max_size=20))
def test_the_summary_is_ordered_and_in_range_whatever_the_readings(rows):
    table = summary(results(rows))
    known = table.dropna()
    assert (known["low"] <= known["value"]).all()
    assert (known["value"] <= known["high"]).all()
    shares = table.drop(index=["CER", "confidence gap"])
    assert ((shares >= 0) & (shares <= 1 + 1e-12)).all(axis=None)
