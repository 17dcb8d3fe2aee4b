"""What a data set holds, in tables: counts, plates that come back, what a split leaks, what a pixel is worth."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpr_helpers.data.overview import inventory, leaks, repeated_plates, shared_plates
from lpr_helpers.evaluation.pixel_sizes import lettering, pixel_worth
from lpr_helpers.plates import BRAZIL, PlateFormat

OUTLINE = [[2.0, 1.0], [42.0, 1.0], [42.0, 17.0], [2.0, 17.0]]


@pytest.fixture
def table():
    """Two tracks of one plate in Scenario A, with corners and HR; two of B without; one test track."""
    rows = [
        ("train", "A", "Brazilian", "ABC1234", "png"),
        ("held_out", "A", "Brazilian", "BRA2519", "png"),
        ("val", "B", "Brazilian", "BRA2519", "jpg"),
        ("train", "B", "Mercosur", "ABC1D34", "jpg"),
        ("test", "", "", "", "jpg"),
    ]
    table = pd.DataFrame(rows, columns=["split", "scenario", "layout", "text", "ending"])
    lr = [[f"/{row}/lr-{frame}.{ending}" for frame in range(5)] for row, ending in enumerate(table.ending)]
    return table.assign(
        trainable=table["text"] != "",
        lr=lr,
        hr=[[f"/{row}/hr-0.png"] if row < 2 else [] for row in range(5)],
        lr_sizes=[[(46, 20)] * 5, [(46, 20)] * 5, [(48, 18)] * 5, [(50, 18)] * 5, [(44, 20)] * 5],
        hr_sizes=[[(100, 45)]] * 2 + [[]] * 3,
        corners=[{"lr-0.png": OUTLINE}, {"lr-1.png": OUTLINE}, {}, {}, {}],
    )


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


def test_plates_with_corners_are_measured_by_them_and_others_by_their_crops(table):
    worth = pixel_worth(table).set_index(["frames", "group"])
    assert list(worth.index) == [
        ("LR", "Scenario A"),
        ("LR", "Scenario B"),
        ("LR", "test tracks"),
        ("HR", "Scenario A"),
    ]
    a, b = worth.loc[("LR", "Scenario A")], worth.loc[("LR", "Scenario B")]
    assert a[["how many", "measured", "width", "height"]].tolist() == [2, "plates", 40, 16]
    assert b[["how many", "measured", "width", "height"]].tolist() == [10, "crops", 49, 18]
    assert worth.loc[("HR", "Scenario A"), "measured"] == "crops"


def test_at_forty_four_pixels_a_stroke_is_about_one_and_a_character_four():
    letters = lettering(BRAZIL)
    assert 0.9 < 44 * letters.stroke < 1.2
    assert 4 < 44 * letters.character_width < 44 * letters.pitch < 6


def test_of_a_foreign_plate_only_the_room_for_a_character_is_known(table):
    foreign = PlateFormat(alphabet="01AB", layouts={"Ours": "LLDD"})
    assert lettering(foreign) is None
    worth = pixel_worth(table, foreign).iloc[0]
    assert worth["pitch"] == 10
    assert np.isnan(worth["stroke"])
