"""Fusion: what every method must keep to, whatever the frames."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings, strategies as st

from lpr_helpers.decoding.fusion import METHODS, fuse, methods
from lpr_helpers.decoding.readings import FrameReadings
from lpr_helpers.decoding.slot_reading import read_slots
from lpr_helpers.plates import BRAZIL, PlateFormat
from tests.support.slots import SLOT_METHODS, VOTES, slots_of, track, whole

a_law = settings(max_examples=40)
every_method = pytest.mark.parametrize("method", METHODS)


@st.composite
def random_frames(draw, scales=(0.5, 5.0, 100.0)):
    """Two tracks of random slots, texts and missing frames; texts need not agree with the slots.

    At the largest scale, frames are so sure of different characters that these tie to the last bit.
    """
    count = draw(st.integers(1, 5))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    scale = draw(st.sampled_from(scales))
    words = st.sampled_from(["ABC1234", "ABC1D34", "ABD1234", "QQQQQQQ", "ABC123", "", "ABC12345"])
    return FrameReadings(
        slots=(scale * torch.randn(2, count, 7, 36, generator=generator)).log_softmax(-1),
        texts=[draw(st.lists(words, min_size=count, max_size=count)) for _ in range(2)],
        confidences=torch.rand(2, count, generator=generator),
        valid=torch.rand(2, count, generator=generator) < 0.8,
        sharpness=100 * torch.rand(2, count, generator=generator),
    )


layouts = st.sampled_from([None, "any", ["Brazilian", "Mercosur"], ["", "Mercosur"]])


# The example from the specification: four frames agree, the third is an outlier.
EXAMPLE = [("ABC1234", 0.92), ("ABC1234", 0.88), ("ABD1234", 0.65), ("ABC1234", 0.90), ("ABC1234", 0.89)]


@pytest.mark.parametrize("method", ["majority", "confidence_vote"])
def test_votes_average_the_confidence_of_the_winners_frames(method):
    readings = fuse(track(EXAMPLE), method)
    assert readings.texts == ["ABC1234"]
    assert round(readings.confidence.item(), 6) == 0.8975


@every_method
def test_every_method_outvotes_the_outlier(method):
    assert fuse(track(EXAMPLE), method).texts == ["ABC1234"]


@a_law
@given(method=st.sampled_from(METHODS), frames=random_frames(), layouts=layouts)
def test_a_reading_is_a_plate_with_probabilities(method, frames, layouts):
    readings = fuse(frames, method, layouts=layouts)
    for text, layout in zip(readings.texts, readings.layouts, strict=True):
        assert len(text) == 7
        assert set(text) <= set(BRAZIL.alphabet)
        assert not layout or BRAZIL.misfit(text, layout) is None
    assert readings.confidence.dtype == readings.slots.dtype == torch.float32
    assert (readings.confidence.shape, readings.slots.shape) == ((2,), (2, 7, 36))
    assert ((readings.confidence >= 0) & (readings.confidence <= 1)).all()
    torch.testing.assert_close(readings.slots.exp().sum(-1), torch.ones(2, 7))
    assert readings.char_confidences.shape == (2, 7)
    if isinstance(layouts, list):
        assert readings.layouts == layouts


@a_law
@given(
    method=st.sampled_from(METHODS), frames=random_frames(scales=(0.5, 5.0)), layouts=layouts, data=st.data()
)
def test_the_order_of_the_frames_does_not_matter(method, frames, layouts, data):
    order = data.draw(st.permutations(range(frames.valid.shape[1])))
    shuffled = FrameReadings(
        frames.slots[:, order],
        [[texts[i] for i in order] for texts in frames.texts],
        frames.confidences[:, order],
        frames.valid[:, order],
        frames.sharpness[:, order],
    )
    one, other = fuse(frames, method, layouts=layouts), fuse(shuffled, method, layouts=layouts)
    assert one.texts == other.texts
    torch.testing.assert_close(one.confidence, other.confidence)
    torch.testing.assert_close(one.slots, other.slots)


@a_law
@given(method=st.sampled_from(METHODS), frames=random_frames(), layouts=layouts)
def test_frames_that_are_not_valid_have_no_say(method, frames, layouts):
    rubbish = torch.full((2, 3), torch.nan)
    padded = FrameReadings(
        torch.cat([frames.slots, rubbish[..., None, None].expand(2, 3, 7, 36)], 1),
        [texts + ["ZZZ9999"] * 3 for texts in frames.texts],
        torch.cat([frames.confidences, rubbish], 1),
        torch.cat([frames.valid, rubbish > 0], 1),
        torch.cat([frames.sharpness, torch.full((2, 3), 1e9)], 1),
    )
    one, other = fuse(frames, method, layouts=layouts), fuse(padded, method, layouts=layouts)
    assert one.texts == other.texts
    torch.testing.assert_close(one.confidence, other.confidence)
    torch.testing.assert_close(one.slots, other.slots)


@every_method
def test_a_single_frame_keeps_its_own_reading(method):
    readings = fuse(track([("ABC1D34", 0.7)]), method)
    assert readings.texts == ["ABC1D34"]
    assert readings.confidence.item() == pytest.approx(0.7 if method in VOTES else 0.9**7)
    torch.testing.assert_close(readings.slots[0], slots_of("ABC1D34"))


@every_method
@pytest.mark.parametrize("layouts", [None, "any", ["Mercosur"]])
def test_a_track_without_a_valid_frame_is_read_without_confidence(method, layouts):
    readings = fuse(track([("ABC1234", 0.9)] * 2, valid=[False, False]), method, layouts=layouts)
    assert BRAZIL.misfit(readings.texts[0], readings.layouts[0] or None) is None or layouts is None
    assert readings.confidence.item() < 1e-6
    allowed = readings.slots[0] > -torch.inf
    torch.testing.assert_close(readings.slots[0].exp(), allowed / allowed.sum(-1, keepdim=True))


@every_method
def test_another_alphabet_and_length_fit(method):
    plate = PlateFormat("01AB", {"Mine": "LD"})
    slots = torch.tensor([[0.1, 0.2, 0.3, 0.4], [0.1, 0.6, 0.2, 0.1]]).log()[None, None]
    frames = FrameReadings(slots, [["B1"]], torch.tensor([[0.8]]), torch.tensor([[True]]))
    assert fuse(frames, method, plate=plate, layouts="any").texts == ["B1"]


@a_law
@given(method=st.sampled_from(METHODS), frames=random_frames(), name=st.sampled_from(sorted(BRAZIL.layouts)))
def test_a_layout_changes_a_reading_only_where_it_is_violated(method, frames, name):
    free, masked = fuse(frames, method), fuse(frames, method, layouts=[name, name])
    for i, (before, after) in enumerate(zip(free.texts, masked.texts, strict=True)):
        voted = method in VOTES and any(BRAZIL.misfit(t, name) is None for t in frames.texts[i])
        if not voted:
            fits = [c in BRAZIL.allowed(s) for c, s in zip(before, BRAZIL.layouts[name], strict=True)]
            assert all(b == a for b, a, fit in zip(before, after, fits, strict=True) if fit)


@pytest.mark.parametrize("method", SLOT_METHODS)
def test_an_unknown_layout_is_the_one_the_slots_fit_better(method):
    frames = track([("ABC1O34", 0.9)])
    for letter, digit, layout, text in (
        (0.5, 0.4, "Mercosur", "ABC1O34"),
        (0.4, 0.5, "Brazilian", "ABC1034"),
    ):
        place = torch.full((36,), 0.1 / 34)
        place[BRAZIL.encode("O")], place[BRAZIL.encode("0")] = letter, digit
        frames.slots[0, 0, 4] = place.log()
        readings = fuse(frames, method, layouts="any")
        assert (readings.layouts, readings.texts) == ([layout], [text])


def test_confidence_under_an_unknown_layout_counts_the_choice_of_the_layout():
    frames = track([("ABC1O34", 0.9)], probability=1 - 1e-6)
    place = torch.zeros(36)
    place[BRAZIL.encode("O")], place[BRAZIL.encode("0")] = 0.6, 0.4
    frames.slots[0, 0, 4] = place.log()
    assert fuse(frames, layouts=["Mercosur"]).confidence.item() == pytest.approx(1.0, abs=1e-4)
    assert fuse(frames, layouts="any").confidence.item() == pytest.approx(0.6, abs=1e-4)
    assert fuse(frames).confidence.item() == pytest.approx(0.6, abs=1e-4)


def test_wrong_arguments_are_named():
    frames = track(EXAMPLE)
    with pytest.raises(ValueError, match="choose one of majority"):
        fuse(frames, "median")
    with pytest.raises(ValueError, match="2 layouts for 1 tracks"):
        fuse(frames, layouts=["Brazilian", "Brazilian"])
    with pytest.raises(ValueError, match=r"unknown layouts \['Argentine'\]"):
        fuse(frames, layouts=["Argentine"])
    with pytest.raises(ValueError, match='give "any"'):
        fuse(frames, layouts="Brazilian")
    with pytest.raises(ValueError, match="plate format"):
        fuse(frames, plate=PlateFormat("01AB", {"Mine": "LD"}))


def test_a_reader_of_whole_tracks_is_believed_before_its_frames():
    frames = whole("ABC1234", 0.9)
    assert methods(frames) == (*METHODS, "joint")
    assert fuse(frames).texts == fuse(frames, "joint").texts == ["ABC1234"]
    assert fuse(frames, "log_sum").texts == ["ZZZ9999"]
    assert read_slots(frames.joint).texts == ["ABC1234"]


def test_a_reader_of_single_frames_has_nothing_joint_to_offer():
    frames = track([("ABC1234", 0.9)])
    assert methods(frames) == METHODS
    assert fuse(frames).texts == fuse(frames, "log_sum").texts
    with pytest.raises(ValueError, match="no fusion method 'joint' here"):
        fuse(frames, "joint")


def test_a_reader_of_whole_tracks_is_not_believed_where_it_saw_no_frame():
    blind = replace(whole("ABC1234", 0.99), valid=torch.tensor([[False]]))
    assert fuse(blind).confidence.item() < 1e-6
    assert fuse(replace(blind, joint=torch.full((1, 7, 36), torch.nan))).confidence.item() < 1e-6
