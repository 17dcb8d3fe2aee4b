"""The numbers of the evaluation: counted by hand on a few tracks, and held against the plain bootstrap on many."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpr_helpers.evaluation.bootstrap import Metric, bootstrap_estimate, readable
from lpr_helpers.evaluation.breakdowns import (
    breakdown,
    by_kind,
    by_position,
    single_vs_fused,
    typical_tracks,
    with_errors,
    worst_tracks,
)
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
from lpr_helpers.plates import BRAZIL


def results(rows=None, **columns) -> pd.DataFrame:
    """Results of (truth, reading, confidence) triples."""
    rows = rows or [
        ("ABC1234", "ABC1234", 0.9),
        ("ABC1D34", "ABC1034", 0.7),
        ("XYZ9876", "XYZ987", 0.6),
        ("OOO0000", "QQQ0000", 0.2),
    ]
    table = pd.DataFrame(rows, columns=["text", "reading", "confidence"])
    table.insert(0, "track_id", [f"track_{i:05d}" for i in range(len(table))])
    return table.assign(**columns)


def many(tracks: int, plates: int, error: float, seed: int = 0) -> pd.DataFrame:
    """Random tracks of a few plates whose readings have three wrong digits with probability `error`."""
    rng = np.random.default_rng(seed)
    texts = [f"ABC{n:04d}" for n in rng.integers(plates, size=tracks)]
    wrong = rng.random(tracks) < error
    rows = [
        (t, t[:4] + "XXX" if w else t, c) for t, w, c in zip(texts, wrong, rng.random(tracks), strict=True)
    ]
    return results(rows)


# --- values ---


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


# --- what cannot be judged ---


@pytest.mark.parametrize(
    "judge", [*SUMMARY.values(), summary, by_position, by_kind, with_errors, worst_tracks, typical_tracks]
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


# --- intervals ---


def test_the_interval_of_the_ece_reaches_down_to_its_value():
    bands = [(0.25, 1), (0.5, 2), (0.75, 3)]
    rows = [
        (f"ABC{i:04d}", f"ABC{i:04d}" if i % 4 < right else "", c) for c, right in bands for i in range(40)
    ]
    estimate = bootstrap_estimate(results(rows), ece)
    assert (estimate.value, estimate.low) == (0, 0)
    assert estimate.high > 0.02


@pytest.mark.parametrize("name", SUMMARY)
def test_the_fast_bootstrap_is_the_plain_one(name):
    table, metric = many(60, 20, error=0.4), SUMMARY[name]
    fast = bootstrap_estimate(table, metric, draws=50)
    plain = bootstrap_estimate(table, lambda drawn: metric(drawn), draws=50)
    assert (fast.value, fast.low, fast.high) == pytest.approx((plain.value, plain.low, plain.high))
    assert fast.n == table["text"].nunique()


def test_blocks_of_draws_change_nothing(monkeypatch):
    whole = bootstrap_estimate(many(60, 20, 0.4), recognition_rate, draws=50)
    monkeypatch.setattr("lpr_helpers.bootstrap.BLOCK", 45)
    assert bootstrap_estimate(many(60, 20, 0.4), recognition_rate, draws=50) == whole


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    tables = [many(200, 10_000, error=0.3, seed=seed) for seed in range(100)]
    intervals = [bootstrap_estimate(table, recognition_rate, draws=200) for table in tables]
    covered = sum(e.low <= 0.7 <= e.high for e in intervals)
    assert 87 <= covered <= 100
    assert np.mean([e.high - e.low for e in intervals]) == pytest.approx(
        2 * 1.96 * math.sqrt(0.21 / 200), rel=0.1
    )


def test_tracks_of_one_plate_are_no_independent_evidence():
    once = many(50, 10_000, error=0.5)
    ten_times = pd.concat([once] * 10, ignore_index=True)
    assert bootstrap_estimate(ten_times, recognition_rate) == bootstrap_estimate(once, recognition_rate)
    by_track = bootstrap_estimate(ten_times, recognition_rate, group="track_id")
    assert by_track.n == 50, "the copies share their track ids"
    lonely = ten_times.assign(track_id=[str(i) for i in range(500)])
    spread = bootstrap_estimate(lonely, recognition_rate, group="track_id")
    assert spread.high - spread.low < 0.5 * (by_track.high - by_track.low)


def test_a_seed_gives_the_same_interval_and_another_one_not():
    table = many(60, 20, 0.4)
    assert bootstrap_estimate(table, cer, seed=1) == bootstrap_estimate(table, cer, seed=1)
    assert bootstrap_estimate(table, cer, seed=1) != bootstrap_estimate(table, cer, seed=2)


def test_ten_right_plates_do_not_prove_perfection():
    all_right = results([(f"ABC123{i}", f"ABC123{i}", 0.9) for i in range(10)])
    estimate = bootstrap_estimate(all_right, recognition_rate)
    assert (estimate.value, estimate.high) == (1, 1)
    assert estimate.low == pytest.approx(0.025 ** (1 / 10))
    nothing_right = bootstrap_estimate(all_right.assign(reading=""), recognition_rate)
    assert (nothing_right.low, nothing_right.high) == (0, pytest.approx(1 - 0.025 ** (1 / 10)))


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


# --- tables ---


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
    found = by_position(results())
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


def test_a_metric_explains_itself():
    assert isinstance(recognition_rate, Metric)
    assert "the competition's score" in recognition_rate.__doc__


def test_a_readable_table_holds_each_value_with_its_interval():
    long = readable(pd.DataFrame({"tracks": [3], "value": [0.5], "low": [0.25], "high": [0.75]}))
    assert long.to_dict("list") == {"tracks": [3], "value": ["50.0 % (25.0 to 75.0)"]}
    wide = pd.DataFrame(
        {"tracks": [3, 0], "rate": [0.125, np.nan], "rate_low": [0, np.nan], "rate_high": [1, np.nan]}
    )
    assert readable(wide).to_dict("list") == {"tracks": [3, 0], "rate": ["12.5 % (0.0 to 100.0)", "–"]}


def test_typical_tracks_are_as_many_wrong_and_right_ones_as_there_are_and_the_same_every_time():
    table = many(40, 10_000, error=0.5)
    right = (table["text"] == table["reading"]).to_numpy()
    chosen = typical_tracks(table, wrong=3, right=2)
    assert right[chosen].tolist() == [False] * 3 + [True] * 2
    assert len(set(chosen)) == 5
    assert chosen == typical_tracks(table, wrong=3, right=2)
    assert typical_tracks(results([("ABC1234", "ABC1234", 0.9)]), wrong=2, right=3) == [0]
