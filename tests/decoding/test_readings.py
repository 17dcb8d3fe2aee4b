"""Readings of the frames of tracks, whatever the network puts out."""

import pytest
import torch

from lpr_helpers.decoding.readings import read_frames, read_output
from lpr_helpers.models.output import Output
from lpr_helpers.plates import BRAZIL
from tests.support.alignments import logits_of, path_of


def test_frames_of_a_track_stay_together_and_in_order():
    words = ["ABC1234", "ABD1234", "XYZ9A88", "XYZ9B88", "XYZ9C88", "ABC1235"]
    logits = torch.cat([logits_of(path_of("-".join(word)), 15.0) for word in words], dim=1)
    sharpness = torch.arange(6.0).view(2, 3)
    frames = read_frames(logits.requires_grad_(), 3, BRAZIL, sharpness=sharpness)
    assert frames.texts == [words[:3], words[3:]]
    assert (frames.slots.shape, frames.slots.requires_grad) == ((2, 3, 7, 36), False)
    assert [[BRAZIL.decode(f.argmax(-1)) for f in track] for track in frames.slots] == frames.texts
    assert frames.confidences.shape == (2, 3)
    assert frames.valid.all()
    torch.testing.assert_close(frames.sharpness, sharpness)


def test_frames_that_do_not_fill_whole_tracks_are_refused():
    with pytest.raises(ValueError, match="not a whole number of tracks"):
        read_frames(torch.zeros(8, 7, 37), 5)
    with pytest.raises(ValueError, match=r"valid has shape \(10,\), expected \(2, 5\)"):
        read_frames(torch.zeros(8, 10, 37), 5, valid=torch.ones(10, dtype=torch.bool))


def test_slots_of_whole_tracks_stand_beside_what_is_read_of_their_frames():
    logits = torch.cat([logits_of(path_of("-".join("ABC1234")), 15.0)] * 3, dim=1)
    whole = torch.randn(1, 7, 36, generator=torch.Generator().manual_seed(0))
    valid = torch.ones(1, 3, dtype=torch.bool)
    frames = read_output(Output(ctc_logits=logits, slot_logits=whole), valid)
    assert frames.texts == [["ABC1234"] * 3]
    torch.testing.assert_close(frames.joint, whole.log_softmax(-1))
    assert read_output(Output(ctc_logits=logits), valid).joint is None


def test_a_network_that_says_nothing_of_single_frames_is_refused():
    with pytest.raises(ValueError, match="says nothing of single frames"):
        read_output(Output(slot_logits=torch.zeros(1, 7, 36)), torch.ones(1, 3, dtype=torch.bool))
