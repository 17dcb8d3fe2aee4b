"""What sets the votes apart: who wins, and what stands in where nobody may."""

import pytest
import torch

from lpr_helpers.decoding.fusion import fuse
from tests.support.slots import VOTES, slots_of, track


@pytest.mark.parametrize("method", VOTES)
def test_votes_that_fit_the_layout_go_first(method):
    frames = track([("ABCIZ34", 0.99), ("ABCIZ34", 0.98), ("ABC1234", 0.5)])
    assert fuse(frames, method).texts == ["ABCIZ34"]
    readings = fuse(frames, method, layouts="any")
    assert (readings.texts, readings.layouts) == (["ABC1234"], ["Brazilian"])
    assert readings.confidence.item() == pytest.approx(0.5)


@pytest.mark.parametrize("method", VOTES)
def test_an_elected_text_that_fits_no_layout_is_mended_where_it_violates_it(method):
    frames = track([("ABC1Z34", 0.8), ("ABC1Z34", 0.9)])
    frames.slots[..., 4, :] = slots_of("ABC1234", 0.5)[4]
    readings = fuse(frames, method, layouts=["Brazilian"])
    assert readings.texts == ["ABC1234"]
    assert readings.layouts == ["Brazilian"]


def test_the_three_votes_differ():
    frames = track(
        [
            ("AAA0000", 0.3),
            ("AAA0000", 0.3),
            ("AAA0000", 0.3),
            ("BBB1111", 0.6),
            ("BBB1111", 0.5),
            ("CCC2222", 0.9),
        ]
    )
    expected = {
        "majority": ("AAA0000", 0.3),
        "confidence_vote": ("BBB1111", 0.55),
        "max_confidence": ("CCC2222", 0.9),
    }
    for method, (text, confidence) in expected.items():
        readings = fuse(frames, method)
        assert readings.texts == [text]
        assert readings.confidence.item() == pytest.approx(confidence)


def test_a_tied_majority_goes_to_the_more_confident_text():
    ballots = [("AAA0000", 0.5), ("BBB1111", 0.6), ("BBB1111", 0.5), ("AAA0000", 0.7)]
    assert fuse(track(ballots), "majority").texts == ["AAA0000"]


@pytest.mark.parametrize("method", VOTES)
def test_votes_leave_out_texts_of_the_wrong_length(method):
    frames = track([("ABC123", 0.99), ("ABC123", 0.98), ("ABC1234", 0.4)])
    readings = fuse(frames, method)
    assert readings.texts == ["ABC1234"]
    assert readings.confidence.item() == pytest.approx(0.4)


@pytest.mark.parametrize("method", VOTES)
def test_without_a_text_of_the_right_length_a_vote_falls_back_on_the_slots(method):
    frames = track([("ABC123", 0.99), ("", 0.98)])
    frames.slots[0, 0] = slots_of("ABC1234")
    expected = fuse(frames, "log_sum")
    readings = fuse(frames, method)
    assert readings.texts == expected.texts == ["ABC1234"]
    torch.testing.assert_close(readings.confidence, expected.confidence)
