"""Beam search under layouts against brute force: the plates of a tiny alphabet can all be written down and weighed."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from lpr_helpers.decoding.beams import constrained_beam, with_texts
from lpr_helpers.decoding.ctc import prefix_beam
from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.decoding.lattice import slot_log_probs
from lpr_helpers.decoding.readings import read_frames
from lpr_helpers.decoding.slot_reading import read_slots
from lpr_helpers.plates import BRAZIL, PlateFormat
from tests.support.alignments import a_law, brute_force, logits_of, path_of

WIDE = 10**6


@st.composite
def formats(draw):
    """Plates of one to three of the characters A, B and 1, with one to three layouts that may overlap."""
    length = draw(st.integers(1, 3))
    patterns = st.text("LD*", min_size=length, max_size=length)
    drawn = draw(st.lists(patterns, min_size=1, max_size=3, unique=True))
    return PlateFormat("AB1", {f"layout {n}": pattern for n, pattern in enumerate(drawn)})


@st.composite
def logits_of_three(draw):
    """Logits [T, 1, 4] with T ≤ 6, from flat to so peaked that exp underflows."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    scale = draw(st.sampled_from([0.0, 1.0, 5.0, 30.0, 300.0]))
    return scale * torch.randn(draw(st.integers(1, 6)), 1, 4, generator=generator)


def plates(logits, plate, layout=None):
    """The log-probability of every text that is a plate."""
    return {t: s for t, s in brute_force(logits[:, 0]).items() if plate.misfit(t, layout) is None}


@a_law
@given(logits_of_three(), formats())
def test_a_beam_that_holds_every_prefix_finds_every_plate_and_the_likeliest_first(logits, plate):
    found = constrained_beam(logits, plate, width=WIDE, top=WIDE)[0]
    expected = plates(logits, plate)
    assert {text for text, _ in found} == set(expected)
    for text, score in found:
        assert score == pytest.approx(expected[text], abs=1e-6, rel=1e-6)
    best = constrained_beam(logits, plate, width=WIDE)[0]
    assert [score for _, score in best] == pytest.approx(sorted(expected.values())[-1:], abs=1e-6, rel=1e-6)


@a_law
@given(logits_of_three(), formats(), st.integers(1, 4))
def test_however_narrow_the_beam_what_it_finds_are_plates_never_thought_likelier_than_they_are(
    logits, plate, width
):
    expected = plates(logits, plate)
    found = constrained_beam(logits, plate, width=width, top=width)[0]
    assert len({text for text, _ in found}) == len(found) <= width
    for text, score in found:
        assert plate.misfit(text) is None
        assert score <= min(0.0, expected[text] + 1e-6 * max(1.0, abs(expected[text])))


@a_law
@given(logits_of_three(), formats(), st.data())
def test_the_layout_that_is_named_is_kept_to(logits, plate, data):
    name = data.draw(st.sampled_from(["", *plate.layouts]))
    expected = (
        plates(logits, plate, name)
        if name
        else {t: s for t, s in brute_force(logits[:, 0]).items() if len(t) == plate.length}
    )
    found = constrained_beam(logits, plate, [name], width=WIDE, top=WIDE)[0]
    assert {text for text, _ in found} == set(expected)
    if not name:
        assert found == constrained_beam(logits, plate, None, width=WIDE, top=WIDE)[0]


@a_law
@given(st.integers(7, 14), st.integers(1, 3), st.integers(0, 10**6), st.sampled_from([1.0, 30.0]))
def test_a_plate_is_always_found_where_the_steps_suffice_for_one(steps, width, seed, scale):
    logits = scale * torch.randn(steps, 2, 37, generator=torch.Generator().manual_seed(seed))
    logits[..., 0] += 3 * scale  # blanks, which tempt a narrow beam to begin too late
    for found in constrained_beam(logits, width=width):
        assert BRAZIL.misfit(found[0][0]) is None


@pytest.mark.parametrize("steps", [0, 1, 6])
def test_too_few_steps_for_a_plate_give_none(steps):
    assert constrained_beam(torch.randn(steps, 2, 37)) == [[], []]


@pytest.mark.parametrize("path", ["AABC-1-2-33-4", "AAABC1-1-1-1-", "A-A-A1-1-1-1", "ABC1D-2-2---"])
def test_a_clear_plate_is_read_double_characters_too(path):
    ((text, score),) = constrained_beam(logits_of(path_of(path), 20.0), width=2)[0]
    assert [(text, pytest.approx(score, abs=0.01))] == prefix_beam(logits_of(path_of(path), 20.0))[0]
    assert BRAZIL.misfit(text) is None


def test_a_letter_that_no_layout_allows_gives_way_to_the_likeliest_digit():
    logits = logits_of(path_of("ABC-O234"), 10.0)
    logits[4, 0, 1 + BRAZIL.alphabet.index("7")] = 5.0
    assert prefix_beam(logits)[0][0][0] == "ABCO234"
    assert constrained_beam(logits)[0][0][0] == "ABC7234"


def test_whole_plates_are_weighed_and_not_place_by_place():
    """A, B and 1 are each seen or not: of two characters AB is the likeliest text, but A leads the first place and 1
    the second, since each stands there in two texts."""
    plate = PlateFormat("AB1", {"two": "L*"})
    logits = torch.full((3, 1, 4), -torch.inf)
    logits[:, 0, 0] = 0.0
    for step, odds in enumerate([1.0, 0.9, 0.8]):
        logits[step, 0, 1 + step] = math.log(odds)
    assert [text for text, _ in constrained_beam(logits, plate, top=3)[0]] == ["AB", "A1", "B1"]
    assert read_slots(slot_log_probs(logits, 2)[0], plate=plate).texts == ["A1"]


def test_each_item_has_its_own_layout():
    logits = logits_of(path_of("ABC1O34"), 5.0).expand(-1, 3, -1)
    names = ["Brazilian", "Mercosur", ""]
    texts = [found[0][0] for found in constrained_beam(logits, layouts=names)]
    assert BRAZIL.misfit(texts[0], "Brazilian") is None
    assert texts[1:] == ["ABC1O34", "ABC1O34"]


def test_frames_vote_on_what_the_beam_has_found():
    logits = torch.cat([logits_of(path_of(path)) for path in ("ABC1234", "ABC1234", "ABC1284")], 1)
    frames = with_texts(read_frames(logits, 3), constrained_beam(logits))
    assert frames.texts == [["ABC1234", "ABC1234", "ABC1284"]]
    assert frames.confidences.shape == (1, 3)
    assert (frames.confidences > 0.9).all()
    assert (frames.confidences <= 1).all()
    assert fuse(frames, "majority", layouts=None).texts == ["ABC1234"]


def test_a_frame_in_which_no_plate_was_found_says_nothing():
    logits = torch.zeros(8, 2, 37)
    frames = with_texts(read_frames(logits, 2), [[], [("ABC1234", np.log(0.5))]])
    assert frames.texts == [["", "ABC1234"]]
    torch.testing.assert_close(frames.confidences, torch.tensor([[0.0, 0.5]]))
    with pytest.raises(ValueError, match="texts of 1 frames for 1 tracks of 2 frames"):
        with_texts(frames, [[]])


def test_what_cannot_be_searched_is_refused():
    with pytest.raises(ValueError, match=r"\[steps, batch, 37\]"):
        constrained_beam(torch.zeros(8, 1, 36))
    with pytest.raises(ValueError, match="width and top must be at least 1"):
        constrained_beam(torch.zeros(8, 1, 37), width=0)
    with pytest.raises(ValueError, match="unknown layouts"):
        constrained_beam(torch.zeros(8, 1, 37), layouts=["Martian"])
