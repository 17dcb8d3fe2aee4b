"""The weights in the package for other plates: what was known of a character, or of a place, stays known."""

import pytest
import torch

from lpr_helpers.inference.frames import read_track
from lpr_helpers.models.checkpoints import SHIPPED, initial_recogniser, load_recogniser
from lpr_helpers.models.other_plates import carried_over
from lpr_helpers.plates import BRAZIL, DIGITS, LETTERS, PlateFormat
from tests.support import FIXTURE

TRACK = next(FIXTURE.rglob("track_*"))


@pytest.fixture(scope="module")
def track():
    """One track, float32 [1, 5, 1, 32, 128], and which frames it has."""
    images = torch.from_numpy(read_track(TRACK, colour=False)[0])[None].float() / 255
    return images, torch.ones(images.shape[:2], dtype=torch.bool)


@pytest.fixture(scope="module")
def shipped():
    return load_recogniser(SHIPPED)


@torch.inference_mode()
def output(recogniser, track):
    return recogniser.forward(*track)


def text_of(recogniser, track):
    return recogniser.plate.decode(output(recogniser, track).slot_logits.argmax(-1)[0])


def test_characters_in_another_order_are_read_at_once(shipped, track):
    other = initial_recogniser("ours", PlateFormat(alphabet=LETTERS + DIGITS))
    assert text_of(other, track) == text_of(shipped, track)


def test_characters_that_never_occur_leave_the_others_as_they_were(shipped, track):
    digits = initial_recogniser("ours", PlateFormat(alphabet=DIGITS, layouts={"Digits": "D" * 7}))
    wanted, found = output(shipped, track), output(digits, track)
    assert torch.allclose(found.slot_logits, wanted.slot_logits[..., :10], atol=1e-5)
    assert torch.allclose(found.ctc_logits, wanted.ctc_logits[..., :11], atol=1e-5)


def test_new_characters_begin_afresh_and_differ_by_the_seed_alone(shipped):
    plate = PlateFormat(alphabet=DIGITS + LETTERS + "ÄÖ", layouts={"Ours": "LLLDDDD"})
    one, same, another = (initial_recogniser("ours", plate, seed).model.slot_head[1] for seed in (1, 1, 2))
    assert torch.equal(one.weight[:36], shipped.model.slot_head[1].weight)
    assert torch.equal(one.weight, same.weight)
    assert not torch.equal(one.weight[36:], another.weight[36:])


@pytest.mark.parametrize("length", [1, 5, 6, 8, 32])
def test_slots_of_plates_of_another_length_stand_evenly_and_in_order(length, track):
    reader = initial_recogniser("ours", PlateFormat(layouts={"Free": "*" * length}))
    assert output(reader, track).slot_logits.shape == (1, length, 36)
    centres = reader.model.query_bias.argmax(1).tolist()
    assert centres == sorted(centres)


def test_the_first_and_the_last_character_are_read_at_once_on_plates_of_another_length(shipped, track):
    """The same seven characters, asked for eight: who stands at an edge is found there."""
    longer = initial_recogniser("ours", PlateFormat(layouts={"Free": "*" * 8}))
    read, wanted = text_of(longer, track), text_of(shipped, track)
    assert (read[0], read[-1]) == (wanted[0], wanted[-1])


def test_what_carries_over_to_the_same_plates_is_everything(shipped):
    weights = shipped.model.state_dict()
    made = carried_over(weights, BRAZIL, weights, BRAZIL)
    assert all(torch.allclose(made[name], weight) for name, weight in weights.items())
