"""What a plate may say, and the file that says it for other plates than Brazil's."""

import os

import pytest
from hypothesis import given, strategies as st

from lpr_helpers.plates import BRAZIL, MAX_LENGTH, PlateFormat, character_name
from tests.support.robustness import Area

files = Area("plates.toml")


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


OURS = 'alphabet = "01AB"\n[layouts]\nOurs = "LD*"\n'
WITH = 'alphabet = "01AB{}"\n[layouts]\nX = "LD"'


@pytest.mark.parametrize(
    "raw",
    [
        files("UTF-8", "read", OURS.encode()),
        files("a byte order mark", "read", OURS.encode("utf-8-sig")),
        files("UTF-16, little end first", "read", b"\xff\xfe" + OURS.encode("utf-16-le")),
        files("UTF-16, big end first", "read", b"\xfe\xff" + OURS.encode("utf-16-be")),
        files("line ends of Windows", "read", OURS.replace("\n", "\r\n").encode()),
    ],
)
def test_a_format_file_is_read_as_any_editor_saves_it(tmp_path, raw):
    (tmp_path / "plates.toml").write_bytes(raw)
    assert PlateFormat.of(tmp_path) == PlateFormat("01AB", {"Ours": "LD*"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        files("a character twice", "refused", 'alphabet = "AA"\n[layouts]\nX = "L"', "each character once"),
        files("an empty alphabet", "refused", 'alphabet = ""\n[layouts]\nX = "L"', "each character once"),
        files("a list of characters", "refused", 'alphabet = ["AB", "C"]\n[layouts]\nX = "L"', "one string"),
        files("a comma in the alphabet", "refused", WITH.format(","), "','"),
        files("a semicolon in the alphabet", "refused", WITH.format(";"), "';'"),
        files("a space in the alphabet", "refused", WITH.format(" "), "U+0020 SPACE"),
        files(
            "a space without width in the alphabet",
            "refused",
            WITH.format("\\u200b"),
            "U+200B ZERO WIDTH SPACE",
        ),
        files("a line end in the alphabet", "refused", WITH.format("\\n"), "U+000A"),
        files(
            "an accent by itself in the alphabet", "refused", WITH.format("\\u0301"), "COMBINING ACUTE ACCENT"
        ),
        files(
            "more than 1,000 characters",
            "refused",
            WITH.format("".join(map(chr, range(0x4E00, 0x5200)))),
            "at most 1000",
        ),
        files(
            "layouts of different lengths",
            "refused",
            'alphabet = "AB"\n[layouts]\nX = "L"\nY = "LL"',
            "the same length",
        ),
        files(
            "an unknown sign in a layout", "refused", 'alphabet = "AB"\n[layouts]\nX = "L?"', "use L, D and"
        ),
        files(
            "a layout that no character fits",
            "refused",
            'alphabet = "AB"\n[layouts]\nX = "LD"',
            "has nothing for",
        ),
        files("a layout named any", "refused", 'alphabet = "AB"\n[layouts]\nAny = "L"', "stands for all"),
        files("a layout without a name", "refused", 'alphabet = "AB"\n[layouts]\n"" = "L"', "no name"),
        files(
            "a layout with spaces around its name",
            "refused",
            'alphabet = "AB"\n[layouts]\n"X " = "L"',
            "no name",
        ),
        files(
            "names that differ in capitals alone",
            "refused",
            'alphabet = "AB"\n[layouts]\nX = "L"\nx = "L"',
            "but for capitals",
        ),
        files("an empty layout", "refused", 'alphabet = "AB"\n[layouts]\nX = ""', "no pattern"),
        files("a number as layout", "refused", 'alphabet = "AB"\n[layouts]\nX = 7', "no pattern"),
        files("no layouts", "refused", 'alphabet = "AB"\n[layouts]\n', "names and patterns"),
        files(
            "plates of more than 32 characters",
            "refused",
            f'alphabet = "AB"\n[layouts]\nX = "{"L" * 33}"',
            "at most 32",
        ),
        files(
            "101 layouts",
            "refused",
            'alphabet = "AB"\n[layouts]\n' + "\n".join(f'X{i} = "L"' for i in range(101)),
            "at most 100",
        ),
        files("layouts that are a string", "refused", 'alphabet = "AB"\nlayouts = "LD"', "plates.toml"),
        files("an unknown field", "refused; the field is named", 'alfabet = "AB"', "alfabet"),
        files("a file of 10⁸ characters", "refused unread", "#" * 10**6, "more than 100000 bytes"),
        files("deeply nested brackets", "refused", "alphabet = " + "[" * 50_000, "plates.toml"),
        files("anything else", "refused", "no toml", "plates.toml"),
    ],
)
def test_a_wrong_format_file_is_named_with_an_example(tmp_path, text, reason):
    (tmp_path / "plates.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"plates\.toml(.|\n)*Expected two fields") as caught:
        PlateFormat.of(tmp_path)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    "make",
    [
        files("Latin-1", "refused", lambda file: file.write_bytes("# é".encode("latin-1"))),
        files("half of UTF-16", "refused", lambda file: file.write_bytes(b"\xff\xfea")),
        files("a pipe", "refused, never opened", os.mkfifo),
        files("a link to /dev/zero", "refused, never opened", lambda file: file.symlink_to("/dev/zero")),
        files("a folder", "refused", lambda file: file.mkdir()),
    ],
)
def test_what_is_no_text_is_named_too(tmp_path, make):
    make(tmp_path / "plates.toml")
    with pytest.raises(ValueError, match=r"plates\.toml(.|\n)*Expected two fields"):
        PlateFormat.of(tmp_path)


files.note("any text and any bytes (fuzzed)", "read, or refused in words")
names = st.sampled_from(["X", "any", "", "é", "\u200b"]) | st.text(max_size=3)
tomls = st.tuples(
    st.text(max_size=6), names, st.text("LD*?", max_size=MAX_LENGTH + 2), st.text(max_size=9)
).map(
    lambda it: f'alphabet = "{it[0]}"\n[layouts]\n"{it[1]}" = "{it[2]}"\n{it[3]}'.encode("utf-8", "replace")
)


@pytest.mark.fuzz
@given(tomls | st.binary(max_size=80))
def test_no_format_file_ends_in_anything_but_a_format_or_a_sentence(tmp_path_factory, raw):
    folder = tmp_path_factory.getbasetemp() / "formats"
    folder.mkdir(exist_ok=True)
    (folder / "plates.toml").write_bytes(raw)
    try:
        plate = PlateFormat.of(folder)
    except ValueError as error:
        assert "plates.toml" in str(error)  # noqa: PT017
        return
    assert 1 <= plate.length <= MAX_LENGTH
    text = "".join(plate.allowed(symbol)[0] for symbol in next(iter(plate.layouts.values())))
    assert plate.misfit(text) is None
    assert not set(text) & set(",; \n")


@pytest.mark.fuzz
@pytest.mark.parametrize("plate", [BRAZIL, PlateFormat("abÄ-ﬁ", {"X": "**"})])
@given(text=st.text(st.characters() | st.sampled_from("aA -\u0308ﬁÅ´"), max_size=9))
def test_what_is_normalised_stays_and_no_plate_is_changed(plate, text):
    once = plate.normalised(text)
    assert plate.normalised(once) == once
    if not set(text) - set(plate.alphabet):
        assert once == text


def test_separators_and_cases_that_belong_to_an_alphabet_stay():
    plate = PlateFormat("ab-Ä·", {"X": "****"})
    assert plate.normalised("a-b·") == "a-b·"
    assert plate.normalised(" A B\u0041\u0308Ä") == "abÄÄ"


def test_characters_are_named_so_that_look_alikes_can_be_told_apart():
    assert [character_name(c) for c in ("A", "#", "А", " ", "\ud800", "\u0301")] == [
        "'A'",
        "'#'",
        "'А' U+0410 CYRILLIC CAPITAL LETTER A",
        "' ' U+0020 SPACE",
        "U+D800",
        "U+0301 COMBINING ACUTE ACCENT",
    ]
