"""Conditions: frames measured at their own size, bands of equally many tracks, and what parts wrong from right."""

import cv2
import numpy as np
import pandas as pd
import pytest

from lpr_helpers.evaluation.conditions import CONDITIONS, banded, by_condition, separations, with_conditions


@pytest.fixture
def results(tmp_path):
    """Twelve tracks, from dark to bright, in crops from 12 to 34 pixels high; the dark half is misread."""
    rng, rows = np.random.default_rng(0), []
    for number in range(12):
        file = tmp_path / f"{number}.png"
        cv2.imwrite(str(file), rng.integers(0, 20, (12 + 2 * number, 50), dtype=np.uint8) + 18 * number)
        text = f"ABC{number:04d}"
        rows.append((text, text if number >= 6 else "", "Brazilian", "B", [str(file)]))
    return pd.DataFrame(rows, columns=["text", "reading", "layout", "scenario", "lr"])


def test_frames_are_measured_at_their_own_size_and_a_lost_one_does_not_count(results, tmp_path):
    lost = [[*files, str(tmp_path / "gone.png")] for files in results["lr"]]
    lost[0] = [str(tmp_path / "gone.png")]
    found = with_conditions(results.assign(lr=lost), progress=False)
    assert found["height"].tolist()[1:] == list(range(14, 36, 2))
    assert found.loc[0, list(CONDITIONS)].isna().all()
    assert found["light"].iloc[1:].is_monotonic_increasing


def test_bands_hold_equally_many_tracks_and_keep_their_order():
    values = pd.Series([8.0, 10.0, 12.0, 14.0, 100.0, 120.0, 140.0, 160.0])
    found = banded(values, bands=2)
    assert list(found.cat.categories)[:2] == ["8 to 57", "57 to 160"]
    assert found.value_counts()[["8 to 57", "57 to 160"]].tolist() == [4, 4]


def test_values_that_are_all_alike_make_one_band_and_missing_ones_another():
    found = banded(pd.Series([3.0, 3.0, np.nan]))
    assert found.tolist() == ["3.00", "3.00", "unknown"]
    assert banded(pd.Series([np.nan])).tolist() == ["unknown"]


def test_rates_by_condition_go_from_low_to_high_and_others_count_by_scenario_alone(results):
    seen = with_conditions(results, progress=False)
    easier = results.assign(scenario="A", reading=results["text"])
    found = by_condition(seen, easier, bands=2)
    assert found.loc["light"]["recognition_rate"].tolist() == [0, 1]
    assert found.loc["height"].index.tolist() == ["12 to 23", "23 to 34"]
    assert found.loc["scenario"]["recognition_rate"].tolist() == [1, 0.5]
    assert found.loc["layout"]["tracks"].tolist() == [12]


def test_what_parts_wrong_from_right_comes_first_with_its_direction(results):
    seen = with_conditions(results, progress=False).assign(sharpness=1.0)
    found = separations(seen)
    assert found.loc[["light", "height"], "delta"].tolist() == [-1, -1], "wrong tracks are darker and smaller"
    assert found.loc["sharpness"].tolist() == [0, 0, 0]
    assert abs(found["delta"]).is_monotonic_decreasing


def test_nothing_parts_tracks_that_are_all_right(results):
    flawless = with_conditions(results.assign(reading=results["text"]), progress=False)
    assert separations(flawless).isna().all(axis=None)
