"""How unlike members are, what an oracle would read of them, and what each brings, with intervals over plates."""

import pandas as pd
import pytest

from lpr_helpers.evaluation.diversity import disagreements, member_gains, oracle

TRUTH = ["ABC1234", "BRA2E19", "XYZ9A87", "QWE4R56"]


def reads(*right):
    """Results of a member that reads these tracks of `TRUTH`, and gets the first character of all others wrong."""
    readings = [text if place in right else f"Z{text[1:]}" for place, text in enumerate(TRUTH)]
    return pd.DataFrame({"text": TRUTH, "reading": readings})


MEMBERS = {"one": reads(0, 1), "two": reads(0, 2), "three": reads(0, 1)}


def test_of_each_pair_it_is_told_how_often_they_differ_and_how():
    table = disagreements(MEMBERS).set_index(["first", "second"])
    assert list(table.index) == [("one", "two"), ("one", "three"), ("two", "three")]
    assert table.loc[("one", "two"), ["differ", "one_right", "both_wrong"]].tolist() == [0.5, 0.5, 0.25]
    assert table.loc[("one", "three"), ["differ", "one_right", "both_wrong"]].tolist() == [0.0, 0.0, 0.5]
    assert (table["differ_low"] <= table["differ"]).all()
    assert (table["differ"] <= table["differ_high"]).all()


def test_two_members_that_are_wrong_in_other_ways_differ_and_neither_is_right():
    other = MEMBERS["one"].assign(reading="AAA0A00")
    table = disagreements({"one": reads(), "other": other}).iloc[0]
    assert (table["differ"], table["one_right"], table["both_wrong"]) == (1.0, 0.0, 1.0)


def test_the_oracle_reads_what_any_member_reads():
    table = oracle(MEMBERS, reads(0, 1, 2))
    assert table["value"].to_dict() == {
        "one": 0.5,
        "two": 0.5,
        "three": 0.5,
        "all agree on the truth": 0.25,
        "the oracle": 0.75,
        "together": 0.75,
    }
    assert table.loc["the oracle", "low"] < 0.75 < table.loc["the oracle", "high"]


def test_what_each_member_brings_is_the_difference_to_those_before_it():
    table = member_gains({"one": reads(0), "two": reads(0, 1, 2), "three": reads(0, 1)})
    assert table["readers"].tolist() == [1, 2, 3]
    assert table["recognition_rate"].tolist() == [0.25, 0.75, 0.5]
    assert table["gain"].tolist()[1:] == [0.5, -0.25]
    assert pd.isna(table["gain"].iloc[0])
    assert table.loc["three", "gain_low"] < -0.25 <= table.loc["three", "gain_high"]


def test_a_member_that_changes_nothing_may_still_be_worth_something():
    table = member_gains({"one": reads(0), "two": reads(0)})
    assert table.loc["two", "gain_low"] < table.loc["two", "gain"] == 0 < table.loc["two", "gain_high"]


def test_members_are_compared_on_the_same_tracks():
    with pytest.raises(ValueError, match="two has read other tracks than one"):
        oracle({"one": reads(0), "two": reads(0).iloc[::-1]})
    with pytest.raises(ValueError, match="no members"):
        disagreements({})
