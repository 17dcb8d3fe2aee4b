"""Layouts that overlap: no text counts twice, and the layout named is the one that says most."""

from itertools import product

import pytest
import torch
from hypothesis import given as drawn, settings, strategies as st

from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.decoding.layouts import imposed_patterns
from lpr_helpers.decoding.slot_reading import read_slots
from lpr_helpers.plates import BRAZIL, PlateFormat
from tests.support.robustness import Area
from tests.support.slots import VOTES, slots_of, track

given = Area("Layouts and confidence")
WITH_FREE = PlateFormat(layouts={"Free": "*******", "Brazilian": "LLLDDDD", "Mercosur": "LLLDLDD"})
SMALL = "01AB"


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        given(
            "a certain AVL5215, layouts that overlap", "confidence 1, as Brazilian", "AVL5215", "Brazilian"
        ),
        given("a certain AVL5C15, layouts that overlap", "confidence 1, as Mercosur", "AVL5C15", "Mercosur"),
        given("a certain AAAAAAA, layouts that overlap", "confidence 1, as Free", "AAAAAAA", "Free"),
    ],
)
def test_layouts_that_overlap_do_not_share_the_probability(text, layout):
    readings = read_slots(slots_of(text, 1 - 1e-9)[None], "any", WITH_FREE)
    assert (readings.texts, readings.layouts) == ([text], [layout])
    assert readings.confidence.item() == pytest.approx(1.0, abs=1e-5)


@st.composite
def small_plates(draw):
    """A plate of few texts, with layouts that may overlap, be equal, or lie within one another."""
    length = draw(st.integers(1, 4))
    pattern = st.text("LD*", min_size=length, max_size=length)
    patterns = draw(st.lists(pattern, min_size=1, max_size=8))
    return PlateFormat(SMALL, {f"layout {i}": pattern for i, pattern in enumerate(patterns)})


@pytest.mark.fuzz
@drawn(plate=small_plates(), seed=st.integers(0, 10**6), scale=st.sampled_from([0.0, 1.0, 10.0]))
def test_a_confidence_is_a_text_s_share_of_all_texts_that_fit_any_layout(plate, seed, scale):
    generator = torch.Generator().manual_seed(seed)
    slots = (scale * torch.randn(1, plate.length, len(SMALL), generator=generator)).double().log_softmax(-1)
    readings = read_slots(slots, "any", plate)
    texts = ["".join(characters) for characters in product(SMALL, repeat=plate.length)]
    shares = {
        text: slots[0, range(plate.length), plate.encode(text)].sum().exp().item()
        for text in texts
        if plate.misfit(text) is None
    }
    assert shares[readings.texts[0]] == pytest.approx(max(shares.values()), rel=1e-9)
    expected = max(shares.values()) / sum(shares.values())
    assert readings.confidence.item() == pytest.approx(expected, rel=1e-5)
    fitting = [name for name in plate.layouts if plate.misfit(readings.texts[0], name) is None]
    sizes = {name: sum(plate.misfit(text, name) is None for text in texts) for name in plate.layouts}
    assert sizes[readings.layouts[0]] == min(sizes[name] for name in fitting)
    assert readings.confidence <= readings.char_confidences.min()


@pytest.mark.fuzz
@settings(max_examples=40)
@drawn(seed=st.integers(0, 10**6), scale=st.sampled_from([0.5, 5.0, 100.0]), free=st.booleans())
def test_no_plate_is_surer_than_its_weakest_character(seed, scale, free):
    slots = scale * torch.randn(4, 7, 36, generator=torch.Generator().manual_seed(seed))
    plate = WITH_FREE if free else BRAZIL
    for layouts in (None, "any", ["Mercosur", "", "Brazilian", "Mercosur"]):
        readings = read_slots(slots, layouts, plate)
        assert (readings.confidence <= readings.char_confidences.amin(-1)).all()


def certain(text):
    """Slots [1, L, 36] that leave no doubt of a text of any length."""
    slots = torch.full((1, len(text), 36), -30.0)
    slots[0, range(len(text)), BRAZIL.encode(text)] = 0.0
    return slots


def test_many_layouts_of_a_long_plate_are_counted_exactly():
    plate = PlateFormat(layouts={"".join(p): "".join(p) * 3 for p in product("LD*", repeat=4)})
    readings = read_slots(certain("A0B1" * 3), "any", plate)
    assert readings.layouts == ["LDLD"]
    assert readings.confidence.item() == pytest.approx(1.0, abs=1e-5)


def test_layouts_that_overlap_in_more_ways_than_can_be_counted_understate_the_confidence_at_most():
    """Each leaves all but one slot open: two to the 32 intersections."""
    plate = PlateFormat(layouts={f"{i}": "*" * i + "L" + "*" * (31 - i) for i in range(32)})
    assert read_slots(certain("A" * 32), "any", plate).confidence.item() == pytest.approx(1.0, abs=1e-5)
    evenly = torch.zeros(1, 32, 36)
    assert 0 <= read_slots(evenly, "any", plate).confidence.item() <= 26 * 36.0**-31


@pytest.mark.parametrize("method", VOTES)
def test_an_elected_text_has_the_layout_that_says_most(method):
    frames = track([("ABC1234", 0.9), ("ABC1234", 0.8)])
    frames.slots[..., 6, :] = slots_of("ABC123Z", 0.5)[6]
    readings = fuse(frames, method, plate=WITH_FREE, layouts="any")
    assert (readings.texts, readings.layouts) == (["ABC1234"], ["Brazilian"])


def test_each_track_has_its_own_layouts():
    slots = torch.stack([slots_of("ABC1I34", 0.9)] * 3)
    readings = read_slots(slots, ["Brazilian", "", "Mercosur"], WITH_FREE)
    assert readings.layouts == ["Brazilian", "", "Mercosur"]
    assert readings.confidence[1] == read_slots(slots[:1], None).confidence


def test_a_track_that_says_nothing_at_all_is_read_as_one_of_its_layouts():
    for nothing in (torch.nan, -torch.inf):
        assert read_slots(torch.full((1, 7, 36), nothing), ["Mercosur"], BRAZIL).layouts == ["Mercosur"]


def test_no_tracks_give_no_readings():
    assert read_slots(torch.zeros(0, 7, 36)).texts == []


def test_what_may_be_said_is_told_by_patterns_and_not_by_names():
    assert imposed_patterns([""], BRAZIL) == imposed_patterns(["Free"], WITH_FREE) == ("*******",)
    assert imposed_patterns(list(BRAZIL.layouts), BRAZIL) == ("LLLDDDD", "LLLDLDD")
    assert imposed_patterns(["Mercosur"], BRAZIL) != imposed_patterns(list(BRAZIL.layouts), BRAZIL)
