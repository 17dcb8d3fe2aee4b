import pytest
from hypothesis import given, strategies as st

from lpr_helpers.plates import BRAZIL, PlateFormat


def test_brazil_has_two_layouts_of_seven_characters():
    assert BRAZIL.length == 7
    assert BRAZIL.misfit("ABC1234") is None
    assert BRAZIL.misfit("ABC1D23") is None
    assert BRAZIL.misfit("ABC1234", "Mercosur") == "'ABC1234' does not fit Mercosur LLLDLDD"
    assert "outside the alphabet" in BRAZIL.misfit("ABC 123")
    assert "has 6 characters" in BRAZIL.misfit("ABC123")


@given(st.text(BRAZIL.alphabet, min_size=7, max_size=7))
def test_encoding_and_decoding_are_inverse(text):
    assert BRAZIL.decode(BRAZIL.encode(text)) == text


@given(st.sampled_from(list(BRAZIL.layouts)), st.text(BRAZIL.alphabet, min_size=7, max_size=7))
def test_a_mask_allows_exactly_the_texts_that_fit(layout, text):
    mask = BRAZIL.mask(layout)
    score = mask[range(7), BRAZIL.encode(text)].sum().item()
    assert (score == 0) == (BRAZIL.misfit(text, layout) is None)


def test_another_alphabet_and_length_are_said_in_one_file(tmp_path):
    (tmp_path / "plates.toml").write_text('alphabet = "01AB"\n[layouts]\nOurs = "LD*"\n')
    plate = PlateFormat.of(tmp_path)
    assert (plate.length, plate.alphabet, dict(plate.layouts)) == (3, "01AB", {"Ours": "LD*"})
    assert plate.misfit("A1A") is None
    assert PlateFormat.of(tmp_path / "elsewhere") is BRAZIL


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('alphabet = "AA"\n[layouts]\nX = "L"', "each character once"),
        ('alphabet = "AB"\n[layouts]\nX = "L"\nY = "LL"', "the same length"),
        ('alphabet = "AB"\n[layouts]\nX = "L?"', "use L, D and"),
        ('alphabet = "AB"\n[layouts]\nX = "LD"', "has nothing for"),
        ('alphabet = "AB"\nlayouts = "LD"', "plates.toml"),
        ('alfabet = "AB"', "alfabet"),
        ("no toml", "plates.toml"),
    ],
)
def test_a_wrong_format_file_is_named_with_an_example(tmp_path, text, reason):
    (tmp_path / "plates.toml").write_text(text)
    with pytest.raises(ValueError, match=r"plates\.toml(.|\n)*Expected two fields") as caught:
        PlateFormat.of(tmp_path)
    assert reason in str(caught.value)
