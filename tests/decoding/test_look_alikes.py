"""Readings put right by look-alikes: only where they violate the layout, and only by what looks like it."""

import pytest
from hypothesis import given, strategies as st

from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.decoding.look_alikes import alike, corrected, corrected_frames, look_alike, replaced
from lpr_helpers.plates import BRAZIL, PlateFormat
from tests.support.slots import track

texts = st.text(BRAZIL.alphabet, min_size=5, max_size=8)
plate_like = st.text(BRAZIL.alphabet, min_size=7, max_size=7)
of_look_alikes = st.text("0ODQ1IL5S8B6G2Z4A7T", min_size=7, max_size=7)


def test_look_alikes_go_both_ways():
    assert alike("O", "0")
    assert alike("0", "O")
    assert alike("6", "8")
    assert alike("B", "8")
    assert not alike("6", "B")


def test_letters_have_their_digit_and_digits_their_letter():
    digits, letters = BRAZIL.allowed("D"), BRAZIL.allowed("L")
    as_digits = {c: found for c in letters if (found := look_alike(c, digits))}
    assert as_digits == dict(zip("OQDILZASGTB", "00011245678", strict=True))
    as_letters = {c: found for c in digits if (found := look_alike(c, letters))}
    assert as_letters == dict(zip("01245678", "OIZASGTB", strict=True))


@pytest.mark.parametrize(
    ("read", "layout", "plate"),
    [
        ("A8C1Z3O", "Brazilian", "ABC1230"),
        ("0I51S4Q", "Brazilian", "OIS1540"),
        ("ABC1D23", "Mercosur", "ABC1D23"),
        ("ABC1023", "Mercosur", "ABC1O23"),
        ("ABC12X4", "Brazilian", None),
        ("AB31234", "Brazilian", None),
        ("ABC123", "Brazilian", None),
        ("ABC123?", "Brazilian", None),
    ],
)
def test_a_reading_is_made_to_fit_its_layout_or_there_is_none(read, layout, plate):
    assert corrected(read, [layout]) == plate


def test_of_several_layouts_the_one_counts_that_the_fewest_characters_violate():
    assert corrected("ABC1S23") == "ABC1S23"  # Mercosur as it is, not Brazilian with a 5
    assert corrected("A8CIS23") == "ABC1S23"
    assert corrected("ABCI2E4") is None
    assert corrected("ABC12Q4") == "ABC1204"


@given(st.one_of(texts, of_look_alikes))
def test_what_comes_out_is_a_plate_that_differs_only_where_the_reading_violated_its_layout(text):
    plate = corrected(text)
    if plate is None:
        return
    layout = next(name for name in BRAZIL.layouts if replaced(text, BRAZIL.layouts[name]) == plate)
    assert BRAZIL.misfit(plate, layout) is None
    for read, put, symbol in zip(text, plate, BRAZIL.layouts[layout], strict=True):
        assert (read == put) == (read in BRAZIL.allowed(symbol))


@given(plate_like)
def test_what_is_a_plate_stays_as_it_is_and_correcting_twice_changes_nothing(text):
    plate = corrected(text)
    if BRAZIL.misfit(text) is None:
        assert plate == text
    if plate is not None:
        assert corrected(plate) == plate


def test_another_alphabet_takes_the_look_alike_that_it_has():
    assert corrected("01", plate=PlateFormat("01DQ", {"old": "LD"})) == "D1"
    assert corrected("01", plate=PlateFormat("01X", {"old": "LD"})) is None


def test_frames_that_differ_by_look_alikes_alone_vote_together():
    frames = track([("ABC1230", 0.9), ("A8C123O", 0.8), ("XYZ9876", 0.9), ("XYZ987", 0.9), ("ABCX230", 0.9)])
    put_right = corrected_frames(frames)
    assert put_right.texts == [["ABC1230", "ABC1230", "XYZ9876", "XYZ987", "ABCX230"]]
    assert fuse(put_right, "majority").texts == ["ABC1230"]
    assert put_right.slots is frames.slots


def test_each_track_is_put_right_under_its_own_layout():
    frames = track([("ABC1023", 0.9)])
    assert corrected_frames(frames, layouts=["Mercosur"]).texts == [["ABC1O23"]]
    assert corrected_frames(frames, layouts=["Brazilian"]).texts == [["ABC1023"]]
    assert corrected_frames(track([("A8C1023", 0.9)]), layouts=[""]).texts == [["A8C1023"]]


def test_a_layout_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="no layout 'Martian'"):
        corrected("ABC1234", ["Martian"])
