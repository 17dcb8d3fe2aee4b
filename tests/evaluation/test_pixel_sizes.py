"""What a pixel is worth: of plates with corners by these, of others by their crops."""

import numpy as np
import pytest

from lpr_helpers.evaluation.pixel_sizes import lettering_shares, pixel_worth
from lpr_helpers.plates import BRAZIL, PlateFormat
from tests.support.overview import counted_tracks


@pytest.fixture
def table():
    """A few tracks of both scenarios, and one to test on."""
    return counted_tracks()


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
    letters = lettering_shares(BRAZIL)
    assert 0.9 < 44 * letters.stroke < 1.2
    assert 4 < 44 * letters.character_width < 44 * letters.pitch < 6


def test_of_a_foreign_plate_only_the_room_for_a_character_is_known(table):
    foreign = PlateFormat(alphabet="01AB", layouts={"Ours": "LLDD"})
    assert lettering_shares(foreign) is None
    worth = pixel_worth(table, foreign).iloc[0]
    assert worth["pitch"] == 10
    assert np.isnan(worth["stroke"])
