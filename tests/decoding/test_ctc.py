"""CTC against brute force: on small alphabets every alignment can be written down and summed."""

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from lpr_helpers.decoding.ctc import greedy, prefix_beam
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


@pytest.mark.parametrize(
    ("path", "text"),
    [("AABCC--B", "ABCB"), ("AA-A", "AA"), ("----", ""), ("-0Z9-", "0Z9"), ("AAAA", "A")],
)
def test_greedy_merges_runs_then_drops_blanks(path, text):
    assert greedy(logits_of(path_of(path)))[0] == [text]


def test_greedy_confidence_is_the_mean_of_the_largest_probability_of_each_step():
    probabilities = torch.tensor([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
    texts, confidence = greedy(probabilities.log()[:, None], small_plate(1))
    assert texts == ["A"]
    assert confidence.dtype == torch.float32
    torch.testing.assert_close(confidence, torch.tensor([(0.9 + 0.6 + 0.8) / 3]))


def test_logits_for_another_alphabet_are_refused():
    for decode in (greedy, prefix_beam):
        with pytest.raises(ValueError, match=r"\[steps, batch, 37\]"):
            decode(torch.zeros(8, 1, 36), BRAZIL)


@a_law
@given(small_logits())
def test_a_beam_that_holds_every_prefix_finds_the_exact_probability_of_every_text(logits):
    plate = small_plate(logits.shape[-1] - 1)
    found = prefix_beam(logits, plate, width=10**6, top=10**6)[0]
    expected = brute_force(logits[:, 0])
    assert {text for text, _ in found} == set(expected)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    for text, score in found:
        assert score <= 0
        assert score == pytest.approx(expected[text], abs=1e-6, rel=1e-6)


@a_law
@given(small_logits(), st.integers(1, 3))
def test_beam_at_full_width_and_slots_agree(logits, length):
    plate = small_plate(logits.shape[-1] - 1)
    slots, evidence = slot_log_probs(logits, length)
    texts = {t: s for t, s in prefix_beam(logits, plate, width=10**6, top=10**6)[0] if len(t) == length}
    total = torch.tensor(list(texts.values()), dtype=torch.float64).logsumexp(0)
    assert_close(evidence[0], total)
    for a, character in enumerate(plate.alphabet):
        first = [s for t, s in texts.items() if t[0] == character]
        if first:
            share = torch.tensor(first, dtype=torch.float64).logsumexp(0) - total
            assert_close(slots[0, 0, a], share)


def test_a_narrow_beam_keeps_double_characters_and_invents_none():
    assert prefix_beam(logits_of(path_of("AA-ABBB")), BRAZIL, width=3)[0][0][0] == "AAB"
    assert prefix_beam(logits_of(path_of("AAAABBB")), BRAZIL, width=3)[0][0][0] == "AB"


def test_beam_finds_the_likeliest_text_where_the_best_path_misleads():
    # Blank wins each step, but the paths A-, -A and AA together outweigh the path --.
    logits = torch.tensor([[0.6, 0.4], [0.6, 0.4]]).log()[:, None]
    assert greedy(logits, small_plate(1))[0] == [""]
    (text, score), *_ = prefix_beam(logits, small_plate(1), top=2)[0]
    assert (text, score) == ("A", pytest.approx(np.log(0.64)))
