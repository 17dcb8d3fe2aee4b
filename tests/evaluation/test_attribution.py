"""What a reading rests on: frames, weights and attention, as the network has them."""

import numpy as np
import pytest
import torch

from lpr_helpers.evaluation.attribution import Attribution, attribute
from lpr_helpers.inference.recognition import recognise


@pytest.fixture(scope="module")
def frames(recogniser, packed):
    """What each network reads."""
    return recognise(recogniser, packed, range(3), progress=False, device="cpu")


@pytest.fixture(scope="module")
def attribution(recogniser, packed, frames):
    """What its readings rest on."""
    return attribute(recogniser, packed, range(3), frames, batch_size=2, device="cpu")


def test_weight_is_shared_among_the_frames_that_are_there(attribution, packed):
    assert attribution.frame_weights.sum(1) == pytest.approx([1, 1, 0])
    assert ((attribution.frame_weights > 0) == packed.valid).all()


def test_slots_attend_where_a_network_has_them_attend(recogniser, attribution):
    known = {"crnn-attention": 32, "crnn-slots": 32, "vit": 16}
    columns = 32 if recogniser.architecture.multi_frame else known.get(recogniser.kind)
    if columns is None:
        assert attribution.attention is None
        return
    assert attribution.attention.shape == (3, 5, 7, columns)
    assert attribution.attention[:2].sum((1, 3)) == pytest.approx(np.ones((2, 7)))
    assert attribution.attention[:2].sum(3).mean(2) == pytest.approx(attribution.frame_weights[:2], abs=1e-4)


def test_attention_is_what_the_reader_reports_as_frame_weights(recogniser, packed, attribution):
    assert attribution.together == recogniser.architecture.multi_frame
    if attribution.together:
        images, valid = packed.images[:2] / np.float32(255), packed.valid[:2]
        output = recogniser.model(torch.from_numpy(images), torch.from_numpy(valid))
        assert attribution.frame_weights[:2] == pytest.approx(output.frame_weights.detach().numpy(), abs=1e-4)


def test_parts_of_a_frame_are_let_through_where_a_network_weighs_them(recogniser, attribution):
    if recogniser.kind != "crnn-cbam":
        assert attribution.spatial is None
        return
    assert attribution.spatial.shape == (3, 5, 4, 32)
    assert ((attribution.spatial > 0) & (attribution.spatial < 1)).all()


def test_frames_are_shown_as_the_network_saw_them(recogniser, packed, attribution):
    size = (64, 256) if recogniser.kind.startswith("sr-") else (32, 128)
    assert attribution.frames.shape == (3, 5, *size)
    assert (attribution.frames[0].min(), attribution.frames[0].max()) == (0, 255)
    seen, file = attribution.frames[0, 0].astype(float), packed.images[0, 0, 0].astype(float)
    seen = seen.reshape(32, size[0] // 32, 128, size[1] // 128).mean((1, 3))
    alike = np.corrcoef(seen.ravel(), file.ravel())[0, 1]
    assert alike > 0.95, "a fresh reader aligns nothing yet, and makes up nothing"


def test_nothing_is_left_of_what_was_captured_with(recogniser, attribution):  # noqa: ARG001 (it has been made)
    assert not any(module._forward_hooks for module in recogniser.model.modules())


def test_a_slot_lies_where_its_attention_falls():
    attention = np.zeros((1, 1, 2, 4), np.float32)
    attention[0, 0, 0, 0], attention[0, 0, 1, [2, 3]] = 0.5, 0.25
    one = np.ones((1, 1))
    attribution = Attribution(np.zeros((1, 1, 32, 128), np.uint8), attention, one, one > 0, 2)
    assert [attribution.centre(0, 0, slot) for slot in (0, 1)] == pytest.approx([0.125, 0.75])
    plain = Attribution(attribution.frames, None, one, one > 0, 2)
    assert [plain.centre(0, 0, slot) for slot in (0, 1)] == [0.25, 0.75]
