"""Intervals: held against the plain bootstrap, and wider where there are few plates."""

import math

import numpy as np
import pandas as pd
import pytest

from lpr_helpers.evaluation.bootstrap import Metric, bootstrap_estimate, readable
from lpr_helpers.evaluation.metrics import SUMMARY, cer, ece, recognition_rate
from tests.support.readings import many, results


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
    plain = bootstrap_estimate(table, metric.__call__, draws=50)
    assert (fast.value, fast.low, fast.high) == pytest.approx((plain.value, plain.low, plain.high))
    assert fast.n == table["text"].nunique()


def test_blocks_of_draws_change_nothing(monkeypatch):
    whole = bootstrap_estimate(many(60, 20, 0.4), recognition_rate, draws=50)
    monkeypatch.setattr("lpr_helpers.evaluation.bootstrap.BLOCK", 45)
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
