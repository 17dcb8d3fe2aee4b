"""Reading with a prior of texts: exact, against all texts written out."""

from itertools import product

import pytest
import torch
from hypothesis import given, settings, strategies as st

from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.decoding.slot_reading import read_slots, weigh_prior
from lpr_helpers.decoding.text_prior import learn_prior, weighed
from lpr_helpers.plates import PlateFormat
from tests.support.slots import slots_of, track

SMALL = PlateFormat("01AB", {"One": "LDD", "Two": "LLD"})
OVERLAPPING = PlateFormat("01AB", {"One": "LDD", "Two": "L*D"})
plates = st.lists(st.from_regex("[AB][01AB][01]", fullmatch=True), min_size=1, max_size=12)


@st.composite
def small_slots(draw):
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    return (draw(st.sampled_from([0.3, 2.0, 8.0])) * torch.randn(3, 3, 4, generator=generator)).log_softmax(
        -1
    )


def written_out(slots, prior, layouts):
    """Every text that fits one of some layouts and its share, one after the other."""
    found = {}
    for indices in product(range(4), repeat=3):
        before = (0, *indices[:-1])
        seen = sum(slots[place, i] for place, i in enumerate(indices))
        worth = [
            seen
            + prior.weight * (prior.chains[name][range(3), before, indices].sum() + prior.log_shares[name])
            for name in layouts
            if not prior.plate.misfit(prior.plate.decode(indices), name)
        ]
        if worth:
            found[prior.plate.decode(indices)] = torch.stack(worth).logsumexp(0)
    shares = torch.stack(list(found.values())).softmax(0)
    return dict(zip(found, shares.tolist(), strict=True))


@settings(max_examples=60, deadline=None)
@given(
    slots=small_slots(),
    texts=plates,
    weight=st.sampled_from([0.25, 1.0, 2.0]),
    name=st.sampled_from([None, "Two"]),
)
@pytest.mark.parametrize("plate", [SMALL, OVERLAPPING])
def test_a_reading_is_the_likeliest_text_with_its_share(plate, slots, texts, weight, name):
    prior = learn_prior(texts, plate, weight=weight)
    readings = read_slots(slots, [name] * 3 if name else "any", plate, prior)
    for row, text in enumerate(readings.texts):
        shares = written_out(slots[row].double(), prior, [name] if name else plate.layouts)
        if plate is SMALL:
            assert shares[text] == pytest.approx(max(shares.values()))
            assert readings.confidence[row] == pytest.approx(shares[text], abs=1e-5)
        else:  # what two layouts share counts for both, save where a character would then be less sure than its plate
            assert readings.confidence[row] <= shares[text] + 1e-5
        assert plate.decode(readings.slots[row].argmax(-1).tolist()) == text
        assert not plate.misfit(text, readings.layouts[row])
    torch.testing.assert_close(readings.slots.exp().sum(-1), torch.ones(3, 3))
    assert (readings.confidence <= readings.char_confidences.amin(-1)).all()


@given(slots=small_slots(), texts=plates)
def test_without_weight_a_prior_changes_nothing(slots, texts):
    prior = learn_prior(texts, SMALL, weight=0)
    for layouts in (None, "any", ["One", "", "Two"]):
        one, other = read_slots(slots, layouts, SMALL), read_slots(slots, layouts, SMALL, prior)
        assert (one.texts, one.layouts) == (other.texts, other.layouts)
        torch.testing.assert_close(one.confidence, other.confidence, rtol=0, atol=0)


def test_where_no_layout_is_imposed_a_prior_has_no_say():
    prior = learn_prior(["AAA1234"])
    slots = torch.stack([slots_of("0BC1234"), slots_of("OBC1234", 0.03), slots_of("1BC1234")])
    readings = read_slots(slots, ["", "Brazilian", ""], prior=prior)
    assert [readings.texts[0], readings.texts[2]] == ["0BC1234", "1BC1234"]
    assert readings.texts[1].startswith("A")
    assert readings.layouts == ["", "Brazilian", ""]


def test_knowledge_decides_between_two_letters_that_look_alike():
    slots = slots_of("OKA1234", 0.99)
    slots[0] = torch.full((36,), 1e-4).log()
    for letter, share in (("D", 0.5), ("O", 0.3), ("Q", 0.2)):
        slots[0, 10 + ord(letter) - ord("A")] = torch.tensor(share).log()
    prior = learn_prior([f"O{letters}{n:04}" for n, letters in enumerate(["KA", "KB", "LA", "KA", "MC"])])
    assert read_slots(slots[None]).texts == ["DKA1234"]
    assert read_slots(slots[None], prior=prior).texts == ["OKA1234"]


def test_fusion_takes_a_prior_for_slots_and_none_for_votes():
    frames, prior = track([("ABC1234", 0.9)] * 2), learn_prior(["ABC1234"])
    plain, known = fuse(frames, layouts="any"), fuse(frames, layouts="any", prior=prior)
    assert plain.texts == known.texts == ["ABC1234"]
    assert known.confidence > plain.confidence
    with pytest.raises(ValueError, match="majority counts strings"):
        fuse(frames, "majority", prior=prior)


def test_a_prior_of_other_plates_is_refused():
    with pytest.raises(ValueError, match="another plate format"):
        read_slots(slots_of("ABC1234")[None], prior=learn_prior(["AB1"], SMALL))


def test_the_weight_is_what_finds_the_truth_least_surprising():
    prior = learn_prior([f"AAA{n:04}" for n in range(300)])
    expected, unexpected = ["AAA0007", "AAA0123"], ["ZQX9876", "XVJ8765"]
    chosen, table = weigh_prior(prior, torch.stack([slots_of(text, 0.5) for text in expected]), expected)
    assert chosen.weight >= 1
    assert table.loc[table["chosen"], "nats"].item() == table["nats"].min()
    chosen, table = weigh_prior(prior, torch.stack([slots_of(text, 0.5) for text in unexpected]), unexpected)
    assert chosen.weight == 0
    assert table["plates"].iloc[0] == 1
    with pytest.raises(ValueError, match="no validation tracks"):
        weigh_prior(prior, torch.zeros(0, 7, 36), [])


def test_tracks_are_read_in_parts_that_fit_the_memory(monkeypatch):
    prior = learn_prior(["ABC1234", "ABC1D34"])
    slots = torch.randn(9, 7, 36).log_softmax(-1)
    whole = read_slots(slots, prior=prior)
    monkeypatch.setattr("lpr_helpers.decoding.chains.ELEMENTS", 4 * 36**2)
    parts = read_slots(slots, prior=weighed(prior, 1.0))
    assert whole.texts == parts.texts
    torch.testing.assert_close(whole.confidence, parts.confidence)
