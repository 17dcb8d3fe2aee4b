"""What a prior of texts learns, forgets and refuses to learn."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from lpr_helpers.decoding.text_prior import TextPrior, learn_prior, load_prior, save_prior, weighed
from lpr_helpers.plates import BRAZIL, PlateFormat

SMALL = PlateFormat("01AB", {"One": "LDD", "Two": "LLD"})
plates_of_small = st.from_regex("[AB][01AB][01]", fullmatch=True)


@given(texts=st.lists(plates_of_small, min_size=1, max_size=20))
def test_the_probabilities_of_all_plates_add_up_to_one(texts):
    prior = learn_prior(texts, SMALL)
    everything = [a + b + c for a in "AB" for b in "01AB" for c in "01"]
    assert np.exp(prior.log_probability(everything)).sum() == pytest.approx(1)


def test_what_was_seen_is_likelier_and_nothing_is_impossible():
    prior = learn_prior(["ABC1234", "ABD1234", "ABC1D34"])
    seen, unseen = prior.log_probability(["ABC1235", "XYZ9876"])
    assert seen > unseen > -np.inf


def test_letters_speak_for_their_neighbours():
    prior = learn_prior([f"{letters}{n:04}" for n in range(200) for letters in ("OKA", "QXB")])
    together, mixed = prior.log_probability(["OKA5555", "OXA5555"])
    assert together > mixed + 3


def test_a_plate_counts_once_however_many_tracks_it_has():
    assert learn_prior(["ABC1234"] * 9 + ["ABD1234"]).digest == learn_prior(["ABC1234", "ABD1234"]).digest


def test_texts_are_cleaned_and_those_that_are_no_plates_teach_nothing():
    prior = learn_prior(["abc-1234 ", "ABC12", "", "ÄBC1234"])
    assert prior.texts == 1
    assert prior.digest == learn_prior(["ABC1234"]).digest


def test_no_plate_at_all_is_an_error():
    with pytest.raises(ValueError, match="no plate among 2 texts; expected such as LLLDDDD or LLLDLDD"):
        learn_prior(["hello", "12"])


def test_a_single_string_is_no_list_of_plates():
    with pytest.raises(ValueError, match="is one text"):
        learn_prior("ABC1234")


@pytest.mark.parametrize(
    ("side", "reason"),
    [("test", "rules forbid it"), ("val", "choose its weight"), ("held_out", "show validation plates")],
)
def test_it_is_never_learnt_from_tracks_that_judge_it(side, reason):
    table = pd.DataFrame({"text": ["ABC1234", "ABD1234"], "split": ["train", side]})
    with pytest.raises(ValueError, match=f"1 of the tracks are of the side '{side}'.*{reason}"):
        learn_prior(table)


def test_tracks_that_nobody_may_train_on_teach_nothing():
    table = pd.DataFrame({"text": ["ABC1234", "bad"], "split": "train", "trainable": [True, False]})
    assert learn_prior(table).texts == 1


def test_a_file_of_plates_of_ones_own_town(tmp_path):
    file = tmp_path / "plates.txt"
    file.write_text("ABC-1234\r\nABC1D34\r\n\r\n", encoding="utf-8")
    prior = learn_prior(file)
    assert prior.texts == 2
    assert "2 plates of plates.txt" in str(prior)
    with pytest.raises(ValueError, match=r"nowhere\.txt cannot be read as a list of plates"):
        learn_prior(tmp_path / "nowhere.txt")


def test_a_prior_is_kept_and_found_again(tmp_path):
    prior = learn_prior(["ABC1234", "ABC1D34"], weight=0.75)
    again = load_prior(save_prior(prior, tmp_path / "text_prior.json"))
    assert isinstance(again, TextPrior)
    assert (again.digest, again.weight, again.source) == (prior.digest, 0.75, prior.source)
    assert again.log_probability(["ABC1234"]) == prior.log_probability(["ABC1234"])


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"plate": 3}'])
def test_a_file_that_is_no_prior_is_named(tmp_path, content):
    file = tmp_path / "text_prior.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"text_prior\.json is no text prior .* make one with learn_prior"):
        load_prior(file)


def test_counts_of_another_alphabet_are_noticed(tmp_path):
    file = save_prior(learn_prior(["ABC1234"]), tmp_path / "text_prior.json")
    file.write_text(file.read_text(encoding="utf-8").replace('"AB"', '"ÄB"'), encoding="utf-8")
    with pytest.raises(ValueError, match="is no text prior"):
        load_prior(file)


def test_a_weight_is_no_negative_number():
    with pytest.raises(ValueError, match="0 or more, not -1"):
        weighed(learn_prior(["ABC1234"]), -1)


def test_a_prior_that_does_not_count_is_none():
    prior = learn_prior(["ABC1234"])
    assert prior.digest
    assert weighed(prior, 0).digest == ""
    assert weighed(prior, 0.5).digest not in ("", prior.digest)


def test_alphabets_too_large_for_pairs_have_places_alone():
    plate = PlateFormat("".join(map(chr, range(0x4E00, 0x4E00 + 200))) + "01", {"Mine": "LD"})
    prior = learn_prior(["一0", "丁1"], plate)
    assert prior.log_probability(["一0"]) == prior.log_probability(["一1"])
    assert prior.log_probability(["一0"]) > prior.log_probability(["七0"])
    assert BRAZIL.length == 7
