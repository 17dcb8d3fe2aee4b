"""Which characters are taken for which, counted by hand."""

import pandas as pd
import pytest

from lpr_helpers.evaluation.confusions import (
    confusion_blocks,
    confusion_matrix,
    confusions_by_slot,
    substitutions,
    top_confusions,
)
from lpr_helpers.plates import PlateFormat


def results(rows=None):
    """Results of (truth, reading) pairs."""
    rows = rows or [
        ("ABC1234", "ABC1234"),
        ("ABC1D34", "ABC1034"),
        ("XYZ9876", "XYZ987"),
        ("OOO0000", "QQQ0000"),
    ]
    return pd.DataFrame(rows, columns=["text", "reading"])


def test_confusion_counts_every_character_of_readings_of_the_truths_length():
    counts = confusion_matrix(results())
    assert counts.shape == (36, 36)
    assert counts.loc["D", "0"] == 1
    assert counts.loc["O", "Q"] == 3
    assert counts.loc["0", "0"] == 4
    assert counts.to_numpy().sum() == 21
    assert counts.attrs == {"left_out": 1, "tracks": 4}


def test_confusion_of_characters_outside_the_alphabet_asks_for_the_plate_format():
    with pytest.raises(ValueError, match="PlateFormat"):
        confusion_matrix(results(), PlateFormat("ABC123", {"own": "LLDD"}))


def test_top_confusions_are_counted_against_the_true_character():
    table = results([("OOO0000", "QQO0000"), ("ABC1D34", "ABC1034")])
    found = top_confusions(confusion_matrix(table))
    assert found.to_dict("records") == [
        {"true": "O", "read": "Q", "count": 2, "share": pytest.approx(2 / 3)},
        {"true": "D", "read": "0", "count": 1, "share": 1.0},
    ]
    assert top_confusions(confusion_matrix(results([("ABC1234", "ABC1234")]))).empty


def test_errors_are_parted_by_what_was_taken_for_what():
    found = confusion_blocks(
        confusion_matrix(results([*results().itertuples(index=False), ("AAA1111", "AAA8O11")]))
    )
    assert found.loc["letter", "letter"] == 3  # O read as Q
    assert found.loc["letter", "digit"] == 1  # D read as 0
    assert found.loc["digit", "letter"] == 1  # 1 read as O
    assert found.loc["digit", "digit"] == 1  # 1 read as 8


def test_every_wrong_character_has_a_row_with_its_track_and_place():
    found = substitutions(results())
    assert found.to_dict("list") == {
        "row": [1, 3, 3, 3],
        "place": [5, 1, 2, 3],
        "true": ["D", "O", "O", "O"],
        "read": ["0", "Q", "Q", "Q"],
    }


def test_confusions_by_place_are_the_most_frequent_ones_and_the_others_together():
    found = confusions_by_slot(results(), n=1)
    assert list(found.index) == ["O→Q", "others"]
    assert found.loc["O→Q"].tolist() == [1, 1, 1, 0, 0, 0, 0]
    assert found.loc["others"].tolist() == [0, 0, 0, 0, 1, 0, 0]
    assert "others" not in confusions_by_slot(results()).index


def test_without_an_error_there_is_no_confusion_at_any_place():
    flawless = results([("ABC1234", "ABC1234")])
    assert substitutions(flawless).empty
    assert confusions_by_slot(flawless).shape == (0, 7)


@pytest.mark.parametrize("count", [confusion_matrix, substitutions, confusions_by_slot])
def test_results_that_cannot_be_judged_say_why(count):
    with pytest.raises(ValueError, match="no row"):
        count(results().iloc[:0])
    with pytest.raises(ValueError, match="1 of 4 tracks have no true text"):
        count(results().assign(text=["ABC1234", "", "XYZ9876", "OOO0000"]))
