"""Several readers as one: the surer ones win, and none counts twice."""

import pytest
import torch

from lpr_helpers.decoding.ensembles import ensemble, weigh_members
from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.decoding.readings import FrameReadings
from tests.support.slots import slots_of, track, whole


def test_of_an_ensemble_the_surer_members_win():
    sure, unsure, frames = (
        whole("ABC1234", 0.98),
        whole("ABD1234", 0.5),
        track([("ABD1234", 0.9)], probability=0.4),
    )
    assert fuse(ensemble([sure, unsure])).texts == ["ABC1234"]
    assert fuse(ensemble([unsure, sure, frames])).texts == ["ABC1234"]
    assert fuse(ensemble([unsure, frames])).texts == ["ABD1234"]


def test_an_ensemble_of_one_reader_with_itself_is_that_reader():
    alone = whole("ABC1234", 0.8)
    torch.testing.assert_close(ensemble([alone] * 3).joint, alone.joint)


def test_members_of_an_ensemble_have_read_the_same_tracks():
    two = FrameReadings(
        *(
            torch.cat([part, part]) if hasattr(part, "shape") else part * 2
            for part in (
                whole("ABC1234", 0.8).slots,
                [["ABC1234"]],
                torch.ones(1, 1),
                torch.ones(1, 1, dtype=torch.bool),
            )
        )
    )
    with pytest.raises(ValueError, match="same tracks"):
        ensemble([whole("ABC1234", 0.8), two])
    with pytest.raises(ValueError, match="same tracks"):
        ensemble([])


def test_a_member_that_counts_for_more_has_its_way():
    one, two = whole("ABC1234", 0.8), whole("ABD1234", 0.8)
    assert fuse(ensemble([one, two], [0.7, 0.3])).texts == ["ABC1234"]
    assert fuse(ensemble([one, two], [0.3, 0.7])).texts == ["ABD1234"]
    torch.testing.assert_close(ensemble([one, two], [2, 2]).joint, ensemble([one, two]).joint)


@pytest.mark.parametrize("weights", [[1.0], [1.0, 0.0], [1.0, float("nan")], [1.0, -1.0]])
def test_a_weight_is_a_number_above_0_for_each_member(weights):
    with pytest.raises(ValueError, match="one number above 0 for each"):
        ensemble([whole("ABC1234", 0.8)] * 2, weights)


TEXTS = ["ABC1234", "BRA2E19", "XYZ9A87", "QWE4R56"] * 50


def said(right, probability):
    """Slots [200, 7, 36] of a member that says the truth of every ``right``-th track, and else another text."""
    texts = [text if place % right == 0 else "AAA0000" for place, text in enumerate(TEXTS)]
    return torch.stack([slots_of(text, probability) for text in texts])


def test_the_weights_are_those_that_find_validation_plates_least_surprising():
    good, poor = said(1, 0.6), said(3, 0.6)
    weights = weigh_members([poor, good, poor], TEXTS)
    assert sum(weights) == pytest.approx(1)
    assert weights[1] > 0.8
    assert weights[0] == pytest.approx(weights[2], abs=1e-3)
    assert min(weights) > 0


def test_a_few_lucky_plates_silence_no_member():
    few, many = (weigh_members([said(1, 0.6)[:n], said(3, 0.6)[:n]], TEXTS[:n]) for n in (4, 200))
    assert 0.5 < few[0] < many[0]
    assert few[1] > 0.05 > many[1]


def test_members_who_say_the_same_count_the_same():
    assert weigh_members([said(2, 0.7)] * 3, TEXTS) == pytest.approx([1 / 3] * 3)


def test_without_tracks_or_members_nothing_is_weighed():
    with pytest.raises(ValueError, match="both are needed"):
        weigh_members([], TEXTS)
    with pytest.raises(ValueError, match="both are needed"):
        weigh_members([said(1, 0.6)[:0]], [])
