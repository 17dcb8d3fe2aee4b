"""What generated plates say: texts that fit their layout, in the shares of real ones, and towns that go with them."""

from collections import Counter
from dataclasses import replace
from itertools import product, starmap

import numpy as np
import pytest
from hypothesis import given, strategies as st

from lpr_helpers.plates import BRAZIL, DIGITS, LETTERS
from lpr_helpers.synthetic.recipe import RECIPE
from lpr_helpers.synthetic.texts import FREE, SERIES, is_argentine, plate_text, town

SHARES = st.sampled_from([0.0, 0.5, 1.0])


def texts(layout, number=4000, **changes):
    rng = np.random.default_rng(0)
    return [plate_text(layout, rng, replace(RECIPE.plates, **changes)) for _ in range(number)]


def of_a_state(text):
    return any(first <= text[:3] <= last for first, last, *_ in SERIES)


@given(st.integers(0, 2**63), st.sampled_from(list(BRAZIL.layouts)), SHARES, SHARES)
def test_a_text_fits_its_layout(seed, layout, series, converted):
    recipe = replace(RECIPE.plates, series_share=series, converted_share=converted)
    text = plate_text(layout, np.random.default_rng(seed), recipe)
    assert BRAZIL.misfit(text, layout) is None


@given(st.integers(0, 2**63))
def test_a_text_follows_from_its_seed(seed):
    for layout in (*BRAZIL.layouts, FREE):
        first, second = (plate_text(layout, np.random.default_rng(seed)) for _ in range(2))
        assert first == second


def test_a_free_text_has_every_character_and_as_many_letters_as_digits_at_every_place():
    for place in zip(*texts(FREE, argentine_share=0.0), strict=True):
        assert set(place) == set(LETTERS + DIGITS)
        assert np.mean([character in LETTERS for character in place]) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_of_free_texts_that_are_argentine_holds(share):
    by_chance = 1 / 2**7
    found = np.mean(list(map(is_argentine, texts(FREE, argentine_share=share))))
    assert found == pytest.approx(share + (1 - share) * by_chance, abs=0.03)


@pytest.mark.parametrize(
    ("text", "argentine"), [("AA123BB", True), ("ABC1D23", False), ("ABC1234", False), ("1A23456", False)]
)
def test_argentine_texts_are_two_letters_three_digits_two_letters(text, argentine):
    assert is_argentine(text) == argentine


@pytest.mark.parametrize("layout", list(BRAZIL.layouts))
def test_texts_use_all_that_their_layout_allows(layout):
    for symbol, place in zip(BRAZIL.layouts[layout], zip(*texts(layout), strict=True), strict=True):
        assert set(place) == set(BRAZIL.allowed(symbol))


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_of_mercosur_plates_converted_from_old_ones_holds(share):
    fifth = [text[4] in "ABCDEFGHIJ" for text in texts("Mercosur", converted_share=share)]
    assert np.mean(fifth) == pytest.approx(share + (1 - share) * 10 / 26, abs=0.03)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_of_old_plates_in_the_series_of_a_state_holds(share):
    by_chance = np.mean([of_a_state("".join(letters)) for letters in product(LETTERS, repeat=3)])
    found = np.mean(list(map(of_a_state, texts("Brazilian", series_share=share))))
    assert found == pytest.approx(share + (1 - share) * by_chance, abs=0.03)


def test_the_series_of_the_states_follow_one_another():
    ends = [end for first, last, *_ in SERIES for end in (first, last)]
    assert ends == sorted(ends)
    assert len({series[2][:2] for series in SERIES}) == len(SERIES)


def test_the_town_is_mostly_one_of_the_state_whose_series_it_is():
    rng = np.random.default_rng(1)
    for first, last, *towns in SERIES:
        found = [town(f"{letters}1234", rng) in towns for letters in (first, last) for _ in range(100)]
        assert np.mean(found) > 0.5, first


def test_letters_of_no_state_go_with_any_town():
    rng = np.random.default_rng(2)
    states = Counter(name[:2] for name in starmap(town, [("ZZZ1234", rng)] * 3000))
    assert len(states) == len(SERIES)
    assert max(states.values()) < 3 * min(states.values())
