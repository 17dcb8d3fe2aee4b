"""What sets the slot methods apart: mean, product, and weights by sharpness and agreement."""

import math

import pytest
import torch

from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.decoding.slot_fusion import temporal_weights
from lpr_helpers.plates import BRAZIL
from tests.support.slots import SLOT_METHODS, track


def test_log_sum_multiplies_and_mean_prob_averages():
    frames = track([("AAA0000", 0.9), ("BBB1111", 0.9)])
    first = torch.zeros(2, 36) + 1e-12
    first[:, [10, 11, 12]] = torch.tensor([[0.70, 0.01, 0.29], [0.01, 0.60, 0.39]])
    frames.slots[0, :, 0] = first.log()
    mean, product = fuse(frames, "mean_prob").slots[0, 0].exp(), fuse(frames, "log_sum").slots[0, 0].exp()
    torch.testing.assert_close(mean[10:13], torch.tensor([0.355, 0.305, 0.34]))
    products = torch.tensor([0.007, 0.006, 0.1131])
    torch.testing.assert_close(product[10:13], products / products.sum())


def test_one_frame_that_calls_the_truth_impossible_does_not_veto_it():
    frames = track([("ABC1234", 0.9)] * 4 + [("XBC1234", 0.9)], probability=1 - 1e-9)
    frames.slots[0, 4, 0] = torch.where(torch.arange(36) == BRAZIL.alphabet.index("X"), 0.0, -torch.inf)
    for method in SLOT_METHODS:
        assert fuse(frames, method).texts == ["ABC1234"]


def test_temporal_weights_favour_sharp_frames_that_agree_with_the_others():
    ballots = [("ABC1234", 0.9), ("ABC1234", 0.9), ("XYZ9876", 0.9)]
    agreeing = temporal_weights(track(ballots))[0]
    assert agreeing.sum().item() == pytest.approx(3)
    assert agreeing[0] == agreeing[1] > 5 * agreeing[2]
    sharp = temporal_weights(track(ballots[:2], sharpness=[30.0, 10.0]))[0]
    assert sharp.tolist() == pytest.approx([1.5, 0.5])
    missing = temporal_weights(track(ballots, valid=[True, False, True]))[0]
    assert missing.tolist() == pytest.approx([1.0, 0.0, 1.0])


def test_temporal_lets_a_sharp_frame_win_where_two_disagree():
    frames = track([("ABC1234", 0.9), ("ABC1284", 0.9)], sharpness=[10.0, 30.0])
    assert fuse(frames, "temporal").texts == ["ABC1284"]


@pytest.mark.parametrize("sharpness", [[math.nan, 5.0], [0.0, 0.0], [-1.0, -2.0]])
def test_sharpness_that_says_nothing_counts_for_nothing(sharpness):
    weights = temporal_weights(track([("ABC1234", 0.9)] * 2, sharpness=sharpness))
    assert weights[0].tolist() == pytest.approx([1.0, 1.0])
