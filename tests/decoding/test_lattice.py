"""Exact slots against brute force: on small alphabets every alignment can be written down and summed."""

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from lpr_helpers.decoding.ctc import greedy
from lpr_helpers.decoding.lattice import slot_log_probs
from lpr_helpers.plates import BRAZIL
from tests.support.alignments import (
    a_law,
    assert_close,
    brute_force,
    logits_of,
    path_of,
    small_logits,
    small_plate,
)


def brute_force_slots(logits, length, mask):
    """The slots [L, A] (unnormalised) and the evidence, from the log-probability of every text."""
    characters = logits.shape[1] - 1
    slots, evidence = np.full((length, characters), -np.inf), -np.inf
    for text, score in brute_force(logits).items():
        if len(text) == length:
            places = ["AB1".index(c) for c in text]
            score += sum(float(mask[k, a]) for k, a in enumerate(places))
            evidence = np.logaddexp(evidence, score)
            for k, a in enumerate(places):
                slots[k, a] = np.logaddexp(slots[k, a], score)
    return slots, evidence


def masks(logits, length):
    """0/−inf for each character of each place, drawn freely (so some leave nothing), or no mask."""
    characters = logits.shape[-1] - 1
    cells = st.lists(st.sampled_from([0.0, 0.0, -torch.inf]), min_size=length * characters)
    drawn = cells.map(lambda values: torch.tensor(values[: length * characters]).view(length, characters))
    return st.one_of(st.none(), drawn)


@a_law
@given(small_logits(), st.integers(1, 3), st.data())
def test_slots_are_the_exact_marginals_over_all_alignments(logits, length, data):
    mask = data.draw(masks(logits, length))
    expected_mask = torch.zeros(length, logits.shape[-1] - 1) if mask is None else mask
    expected, total = brute_force_slots(logits[:, 0], length, expected_mask)
    slots, evidence = slot_log_probs(logits, length, mask)
    assert_close(evidence[0], total)
    if total > -np.inf:
        assert_close(slots[0], expected - total)
    torch.testing.assert_close(slots.exp().sum(-1), torch.ones(1, length))


@a_law
@given(small_logits(), st.integers(0, 100))
def test_finite_mask_weights_act_as_a_prior(logits, seed):
    prior = torch.randn(2, logits.shape[-1] - 1, generator=torch.Generator().manual_seed(seed))
    expected, total = brute_force_slots(logits[:, 0], 2, prior)
    slots, evidence = slot_log_probs(logits, 2, prior)
    assert_close(evidence[0], total)
    if total > -np.inf:
        assert_close(slots[0], expected - total)


@pytest.mark.parametrize("text", ["ABC1234", "AAA1111", "AAB0011", "ZZZ9Z99"])
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_evidence_of_a_single_text_is_its_ctc_likelihood(text, scale):
    logits = scale * torch.randn(32, 4, 37, generator=torch.Generator().manual_seed(1))
    target = torch.from_numpy(BRAZIL.encode(text))
    mask = torch.full((7, 36), -torch.inf)
    mask[range(7), target] = 0.0
    _, evidence = slot_log_probs(logits, 7, mask)
    targets, lengths = (1 + target).repeat(4, 1), torch.full((4,), 7)
    loss = torch.nn.functional.ctc_loss(
        logits.double().log_softmax(-1), targets, torch.full((4,), 32), lengths, reduction="none"
    )
    assert_close(evidence, -loss)


@pytest.mark.parametrize("path", ["AABC-1-2-33-4", "AAABC1-1-1-1-", "A-A-A1-1-1-1"])
def test_confident_logits_of_seven_characters_give_that_text_double_characters_too(path):
    logits = logits_of(path_of(path), confidence=20.0)
    text = greedy(logits)[0][0]
    slots, evidence = slot_log_probs(logits)
    assert BRAZIL.decode(slots[0].argmax(-1)) == text
    assert evidence[0] > -0.01
    assert slots.amax(-1).min() > -0.01


def test_a_double_character_is_weighed_exactly_where_it_is_all_but_impossible():
    # Two As need a blank that has weight e^−500; the only other text, AB, has e^−900.
    logits = torch.tensor([[-900.0, 0.0, -900.0], [-500.0, 0.0, -900.0], [-900.0, 0.0, -900.0]])[:, None]
    mask = torch.tensor([[0.0, -torch.inf], [0.0, 0.0]])
    slots, evidence = slot_log_probs(logits, 2, mask)
    assert evidence.item() == pytest.approx(-500.0)
    torch.testing.assert_close(slots[0, 1], torch.tensor([0.0, -400.0]))


def test_a_mask_inside_the_lattice_moves_the_neighbours():
    # The model sees 1A at steps 0–1, or A1 at steps 1–2; a digit in the second place settles the first.
    logits = logits_of([3, 1, 3], 5.0, 4)
    digit_second = torch.tensor([[0.0, 0.0, 0.0], [-torch.inf, -torch.inf, 0.0]])
    digit_first = digit_second.flip(0)
    for mask, text in ((digit_second, "A1"), (digit_first, "1A")):
        slots, _ = slot_log_probs(logits, 2, mask)
        assert small_plate(3).decode(slots[0].argmax(-1)) == text


def test_each_item_has_its_own_mask_and_a_batch_equals_its_items():
    logits = 5 * torch.randn(20, 3, 37, generator=torch.Generator().manual_seed(2))
    mask = torch.stack([BRAZIL.mask(name) for name in ("Brazilian", "Mercosur", None)])
    slots, evidence = slot_log_probs(logits, 7, mask)
    assert (slots.shape, slots.dtype) == ((3, 7, 36), torch.float32)
    assert (evidence.shape, evidence.dtype) == ((3,), torch.float32)
    for i in range(3):
        alone, its_evidence = slot_log_probs(logits[:, i : i + 1], 7, mask[i])
        torch.testing.assert_close(alone[0], slots[i])
        torch.testing.assert_close(its_evidence[0], evidence[i])


@pytest.mark.parametrize("steps", [0, 1, 6])
def test_too_few_steps_leave_the_allowed_characters_uniform(steps):
    slots, evidence = slot_log_probs(torch.randn(steps, 2, 37), 7, BRAZIL.mask("Brazilian"))
    assert (evidence == -torch.inf).all()
    expected = BRAZIL.mask("Brazilian").log_softmax(-1).expand(2, 7, 36)
    torch.testing.assert_close(slots, expected)


def test_a_place_that_allows_nothing_is_uniform_and_never_nan():
    mask = torch.zeros(7, 36)
    mask[3] = -torch.inf
    slots, evidence = slot_log_probs(torch.randn(20, 1, 37), 7, mask)
    assert evidence.item() == -torch.inf
    torch.testing.assert_close(slots, torch.full((1, 7, 36), 1 / 36).log())


def test_classes_of_zero_probability_make_no_nan():
    logits = logits_of(path_of("ABC1234"), 1.0)
    logits[logits == 0] = -torch.inf
    slots, evidence = slot_log_probs(logits)
    assert evidence.item() == pytest.approx(0.0)
    assert BRAZIL.decode(slots[0].argmax(-1)) == "ABC1234"
    assert not slots.isnan().any()


def test_a_length_below_one_and_a_mask_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        slot_log_probs(torch.zeros(8, 1, 37), 0)
    with pytest.raises(ValueError, match=r"expected \[7, 36\] or \[2, 7, 36\]"):
        slot_log_probs(torch.zeros(8, 2, 37), 7, torch.zeros(6, 36))
