"""Classes of failure: what each rule takes in, and that one which right tracks show as often explains nothing."""

import numpy as np
import pandas as pd
import pytest

from lpr_helpers.evaluation.failures import (
    FAILURES,
    NONE,
    classify_failures,
    failure_examples,
    failure_shares,
    thresholds,
)

SURE = [0.99] * 7


def results(tracks=100, wrong=30, **columns):
    """Tracks of different plates, the first ``wrong`` of them misread, with a W for A; measures anywhere in 0 to 1."""
    texts = [f"ABC{number:04d}" for number in range(tracks)]
    table = pd.DataFrame({"text": texts, "reading": texts}, index=range(1000, 1000 + tracks))
    table.iloc[:wrong, 1] = ["W" + text[1:] for text in texts[:wrong]]
    even = np.random.default_rng(0).permutation(np.linspace(0, 1, tracks))
    measures = dict.fromkeys(("light", "clipped", "blocks", "height", "sharpness"), even)
    return table.assign(**measures, char_confidences=[SURE] * tracks, unmasked=texts).assign(**columns)


def shares_of(table):
    return failure_shares(table, classify_failures(table))


def test_a_threshold_takes_in_a_tenth_of_the_right_tracks():
    table = results()
    right = table["text"] == table["reading"]
    found = classify_failures(table)[right].mean()
    for name in ("low light", "compression", "glare", "few pixels", "blur"):
        assert found[name] == pytest.approx(0.1, abs=0.02), name
    assert thresholds(table)["light"] < 0.2
    assert thresholds(table)["blocks"] > 0.8


def test_a_class_as_frequent_among_right_tracks_explains_nothing():
    assert shares_of(results()).loc["low light", "verdict"] == "as often as elsewhere: explains nothing"


def test_a_class_that_wrong_tracks_show_more_often_says_so_with_its_share():
    dark = np.r_[np.zeros(30), np.linspace(0.3, 1, 70)]
    row = shares_of(results(light=dark)).loc["low light"]
    assert row["verdict"] == "more often than expected"
    assert (row["tracks"], row["wrong"]) == (30, 1)
    assert row["expected"] == pytest.approx(0.1)
    assert row["more_low"] > 0.7
    assert "0.37" in row["rule"]


def test_a_class_that_right_tracks_show_more_often_is_no_reason_either():
    bright = np.r_[np.ones(60), np.linspace(0, 0.5, 40)]
    row = shares_of(results(wrong=60, light=bright)).loc["low light"]
    assert row["verdict"] in ("never seen here", "less often than expected")
    assert row["wrong"] == 0


@pytest.mark.parametrize(
    ("confidences", "lost"),
    [
        ([0.3, *SURE[1:]], True),
        ([0.99, 0.5, 0.6, *SURE[3:]], True),
        (SURE, False),
        ([0.5, *SURE[2:], 0.5], False),
        ([0.5] * 7, False),
    ],
)
def test_a_lost_spot_is_all_doubt_in_one_place_or_two_neighbours(confidences, lost):
    table = results(char_confidences=[confidences] * 100)
    assert (classify_failures(table)["lost spot"] == lost).all()


@pytest.mark.parametrize(
    ("text", "reading", "expected"),
    [
        ("OBC1234", "QBC1234", True),
        ("OBC1234", "QBC1239", False),  # O for Q, but 4 for 9 too
        ("OBC1234", "OBC1234", False),
        ("OBC1234", "QBC123", False),  # places cannot be compared
        ("OBC1234", "", False),
        ("OBC1234", None, False),
    ],
)
def test_look_alikes_are_every_wrong_character(text, reading, expected):
    table = results().assign(text=text, reading=reading)
    assert (classify_failures(table)["look-alikes"] == expected).all()


def test_look_alikes_are_held_against_errors_at_random():
    table = results(text="OBC1234", reading="QBC1234")
    row = shares_of(table).loc["look-alikes"]
    assert row["wrong"] == 1
    assert row["expected"] == pytest.approx(2 / 25), "of 25 other letters two, D and Q, look like an O"


def test_a_format_violation_is_what_the_mask_had_to_mend():
    table = results(unmasked=["A1C1234"] * 50 + ["ABC1234"] * 49 + [None])
    assert classify_failures(table)["format violation"].tolist() == [True] * 50 + [False] * 49 + [True]


def test_classes_overlap_and_what_none_explains_is_counted():
    table = results(char_confidences=[[0.5] * 7] * 100)
    found = shares_of(table)
    classes = classify_failures(table)
    assert list(found.index) == [failure.name for failure in FAILURES] + [NONE]
    wrong = classes.iloc[:30]
    assert found.loc[NONE, "tracks"] == (~wrong.any(axis=1)).sum()
    assert found["tracks"].sum() > 30, "several classes may hold"


def test_examples_are_wrong_tracks_and_no_track_stands_for_two_classes():
    table = results(light=0.5 - np.arange(100) / 200)
    classes = classify_failures(table)
    found = failure_examples(table, classes, n=2)
    assert (found["text"] != found["reading"]).all()
    assert found.index.is_unique
    for track, names in found["problems"].items():
        assert names == [NONE] or classes.loc[track, names[0]]


@pytest.mark.parametrize("wrong", [0, 100])
def test_tracks_that_are_all_right_or_all_wrong_leave_the_question_open(wrong):
    found = shares_of(results(wrong=wrong))
    assert found.loc["blur", "verdict"] == "cannot be told"
    assert ("no right track" in found.loc["blur", "rule"]) == (wrong == 100)


def test_what_is_missing_is_named():
    with pytest.raises(ValueError, match="no column unmasked"):
        classify_failures(results().drop(columns="unmasked"))
