"""Pictures of errors: where they are, when they happen, and how sure the reader was."""

import numpy as np
import pandas as pd

from lpr_helpers import plots
from tests.support.figures import words


def test_before_and_after_write_the_gain_of_groups_that_both_hold(rates):
    figure = plots.before_after(rates, (rates + 0.1).rename(index={"B": "new"}))
    assert words(figure).count("points") == 1
    assert "+10.0 points" in words(figure)
    assert "A (10 tracks)" in words(figure)


def test_a_confusion_matrix_colours_errors_only_and_names_the_blocks_of_digits_and_letters(confusion):
    confusion.loc["D", "O"] = 1
    figure = plots.confusion_matrix(confusion)
    axis = figure.axes[0]
    right, errors = (image.get_array() for image in axis.images)
    assert right.count() == 36
    assert {tuple(cell) for cell in np.argwhere(~errors.mask)} == {(24, 0), (8, 11), (13, 24)}
    assert errors[24, 0] == 5 / 25
    assert sorted(line.get_xdata()[0] for line in axis.lines) == [0, 9.5]
    for part in (
        "letters read as digits: 5",
        "digits read as letters: 2",
        "letters read as other letters: 1",
    ):
        assert part in words(figure)
    assert [text.get_text() for text in axis.texts if text.get_position() == (0, 24)] == ["5"]


def test_a_confusion_matrix_says_what_it_leaves_out(confusion):
    confusion.attrs["left_out"] = 7
    assert "7 tracks read with another length" in words(plots.confusion_matrix(confusion))


def test_a_confusion_matrix_without_errors_still_draws(confusion):
    flawless = confusion.where(np.eye(36, dtype=bool), 0)
    assert "0 of 720" in words(plots.confusion_matrix(flawless))


def test_an_alphabet_that_mixes_digits_and_letters_has_no_blocks():
    mixed = pd.DataFrame(np.eye(4, dtype=int), index=list("A1B2"), columns=list("A1B2"))
    assert plots.confusion_matrix(mixed).axes[0].lines[:] == []


def test_confusions_stand_below_the_place_where_they_happen(by_place):
    below = plots.places(*by_place).axes[1]
    assert {text.get_position(): text.get_text() for text in below.texts} == {
        (0, 0): "3",
        (0, 1): "1",
        (1, 1): "2",
    }
    shown = below.images[0].get_array()
    assert shown.count() == 1, "the others are counted, but not coloured: they are no one confusion"
    flawless = by_place[1].iloc[:0]
    assert "Character accuracy" in words(plots.places(by_place[0], flawless))


def test_a_condition_tells_how_far_wrong_tracks_lie_from_right_ones(conditions):
    figure = plots.conditions(*conditions)
    assert [axis.get_title(loc="left") for axis in figure.axes[:2]] == [
        "layout",
        "light\nδ −0.50 (−0.80 to +0.10)",
    ]
    dashed = [line.get_ydata()[0] for line in figure.axes[1].lines if line.get_linestyle() == "--"]
    assert dashed == [0.5], "the rate of all tracks"


def test_confidences_are_told_apart_only_where_the_truth_is_known(results):
    figure = plots.confidence_histogram(results)
    assert "gap 0.600" in words(figure)
    assert "right: 1 tracks" in words(figure)
    assert "texts unknown" in words(plots.confidence_histogram(results.assign(text="")))
