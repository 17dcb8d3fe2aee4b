"""The report's simple CNN: what it says of frames is all that fusion needs."""

import pytest
import torch

from lpr_helpers.decoding.fusion import METHODS, fuse, methods
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.plates import BRAZIL
from tests.support.noise import sparse_noise


@pytest.fixture(scope="module")
def packed():
    """Three tracks of noise; the second lacks two frames, the third all."""
    return sparse_noise()


@pytest.fixture(scope="module")
def frames(packed):
    """What a fresh network makes of them."""
    return recognise(Recogniser.new(BRAZIL, kind="cnn"), packed, range(3), device="cpu", progress=False)


def test_every_slot_of_a_frame_is_a_distribution_and_its_text_the_likeliest_characters(frames, packed):
    assert frames.slots.shape == (3, 5, 7, 36)
    torch.testing.assert_close(frames.slots.exp().sum(-1), torch.ones(3, 5, 7))
    assert [[BRAZIL.decode(frame) for frame in track] for track in frames.slots.argmax(-1)] == frames.texts
    assert {len(text) for track in frames.texts for text in track} == {7}
    torch.testing.assert_close(frames.confidences, frames.slots.amax(-1).exp().mean(-1))
    assert frames.valid.tolist() == packed.valid.tolist()
    assert (frames.sharpness[0] > 0).all()


def test_it_leaves_joining_frames_to_fusion(frames):
    assert frames.joint is None
    assert methods(frames) == METHODS


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("layouts", [None, "any"])
def test_every_fusion_method_reads_plates_from_it(frames, method, layouts):
    readings = fuse(frames, method, layouts=layouts)
    assert {len(text) for text in readings.texts} == {7}
    assert ((readings.confidence >= 0) & (readings.confidence <= 1)).all()
    if layouts:
        assert all(
            BRAZIL.misfit(*read) is None for read in zip(readings.texts, readings.layouts, strict=True)
        )
