"""What is read without torch is what is read with it."""

import numpy as np
import pytest
import torch
from hypothesis import given as drawn, strategies as st

from lpr_helpers.decoding.array_lattice import FLOOR, slot_log_probs_of, track_slots_of_ctc
from lpr_helpers.decoding.lattice import slot_log_probs
from lpr_helpers.decoding.readings import read_frames
from lpr_helpers.decoding.slot_fusion import FLOOR as TORCH_FLOOR, track_slots
from lpr_helpers.plates import PlateFormat

SMALL = PlateFormat("01AB", {"Free": "***"})


@pytest.mark.fuzz
@drawn(
    steps=st.integers(1, 9),
    length=st.integers(1, 4),
    scale=st.sampled_from([0.0, 1.0, 10.0, 100.0]),
    seed=st.integers(0, 10**6),
)
def test_both_lattices_give_the_same_slots(steps, length, scale, seed):
    logits = scale * np.random.default_rng(seed).standard_normal((steps, 3, 5)).astype(np.float32)
    expected, _ = slot_log_probs(torch.from_numpy(logits), length)
    found = slot_log_probs_of(logits, length)
    np.testing.assert_allclose(np.exp(found), expected.exp().numpy(), atol=2e-6)
    likely = expected.numpy() > -50
    np.testing.assert_allclose(found[likely], expected.numpy()[likely], atol=1e-4)


@drawn(seed=st.integers(0, 10**6), scale=st.sampled_from([1.0, 10.0]))
def test_both_join_the_frames_of_a_track_alike(seed, scale):
    rng = np.random.default_rng(seed)
    logits = scale * rng.standard_normal((8, 12, 5)).astype(np.float32)
    valid = rng.random((3, 4)) < 0.6
    expected = track_slots(read_frames(torch.from_numpy(logits), 4, SMALL, torch.from_numpy(valid)))
    np.testing.assert_allclose(track_slots_of_ctc(logits, valid, 3), expected.numpy(), atol=1e-3)


def test_a_track_without_a_frame_is_uniform():
    slots = track_slots_of_ctc(np.zeros((8, 2, 5), np.float32), np.zeros((1, 2), bool), 3)
    np.testing.assert_allclose(slots, np.log(0.25), atol=1e-6)


def test_both_believe_a_frame_as_far():
    assert FLOOR == TORCH_FLOOR
