"""What a data set holds, in tables: counts, plates that come back, what a split leaks."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from lpr_helpers.data.overview import group_names, inventory, leaks, repeated_plates, shared_plates
from tests.support.overview import counted_tracks


@pytest.fixture
def table():
    """A few tracks of both scenarios, and one to test on."""
    return counted_tracks()


def test_the_inventory_counts_every_track_once_in_the_order_of_the_splits(table):
    shown = inventory(table)
    assert shown["split"].tolist() == ["train", "train", "val", "held_out", "test"]
    assert shown["tracks"].sum() == len(table)
    assert shown["with corners"].tolist() == [1, 0, 0, 1, 0]
    assert shown["LR frames"].tolist() == [5] * 5
    assert shown["HR frames"].tolist() == [1, 0, 0, 1, 0]
    assert shown["files"].tolist() == ["png", "jpg", "jpg", "png", "jpg"]
    assert shown.iloc[-1][["scenario", "layout", "trainable"]].tolist() == ["–", "–", 0]


def test_plates_that_come_back_are_listed_with_where_they_were_seen(table):
    found = repeated_plates(table)
    assert found.to_numpy().tolist() == [["BRA2519", 2, "A, B", "Brazilian"]]
    assert repeated_plates(table.drop_duplicates("text")).empty


def test_a_split_by_plate_shares_none_between_training_and_validation(table):
    shared = shared_plates(table)
    assert shared.loc["train", "val"] == 0
    assert shared.loc["val", "held_out"] == shared.loc["held_out", "held_out"] == 1
    assert shared.loc["train", "train"] == 2
    assert "test" not in shared
    torn = table.assign(split=["train", "train", "val", "train", "test"])
    assert shared_plates(torn).loc["train", "val"] == 1


def test_leaks_are_what_the_split_lets_through(table):
    shares = leaks(table, fraction=0.2).set_index("split by")["seen in training"]
    assert shares["plate, as here"] == 0
    assert shares["track"] == pytest.approx(2 / 4 * 0.8)
    assert shares["frame"] > 0.99
    torn = table.assign(split=["train", "train", "val", "train", "test"])
    assert leaks(torn, fraction=0.2)["seen in training"].iloc[-1] == 1


@settings(max_examples=30)
@given(st.lists(st.sampled_from("ABC"), min_size=1, max_size=8), st.floats(0.05, 0.9))
def test_the_leak_of_random_splits_is_the_expected_one(texts, fraction):
    table = pd.DataFrame({"text": texts, "split": "train"})
    found = leaks(table, fraction=fraction)["seen in training"]
    drawn = np.random.default_rng(0).random((3000, len(texts))) < fraction
    same = np.array(texts)[:, None] == np.array(texts)
    # whether a track's plate would be in training, were this track itself in validation
    others = same & ~np.eye(len(texts), dtype=bool)
    seen = ((~drawn).astype(float) @ others.astype(float)) > 0
    assert found[1] == pytest.approx(seen.mean(), abs=0.05)
    assert found[0] >= found[1]


def test_tracks_are_named_by_scenario_and_where_none_is_known_by_their_split():
    table = pd.DataFrame({"split": ["train", "test", "train", "val"], "scenario": ["A", "", "", "B"]})
    assert group_names(table).tolist() == ["Scenario A", "test tracks", "no scenario", "Scenario B"]
