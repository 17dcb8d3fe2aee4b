"""How a track looks in the error browser: truth and reading in line, and frames, confidences and alternatives."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from rapidfuzz.distance import Levenshtein

from lpr_helpers.browser.html import align, frames, head, texts

plates = st.text("ABO0718", max_size=9)


@pytest.fixture
def row(frame):
    return {
        "track_id": "t2",
        "text": "ABC1D34",
        "reading": "ABC1034",
        "confidence": 0.7,
        "scenario": "B",
        "layout": "Mercosur",
        "lr": [frame] * 5,
    }


@given(plates, plates)
def test_an_alignment_spells_both_texts_and_differs_as_often_as_the_edit_distance(truth, reading):
    pairs = align(truth, reading)
    assert "".join(t for t, _ in pairs) == truth
    assert "".join(r for _, r in pairs) == reading
    assert all(t or r for t, r in pairs)
    assert sum(t != r for t, r in pairs) == Levenshtein.distance(truth, reading)


def test_swaps_stay_at_their_places_and_a_lost_character_leaves_a_gap():
    assert align("AB", "BA") == [("A", "B"), ("B", "A")]
    assert align("ABC", "AC") == [("A", "A"), ("B", ""), ("C", "C")]
    assert align("AC", "ABC") == [("A", "A"), ("", "B"), ("C", "C")]


def test_wrong_characters_are_marked_by_shape_and_right_ones_are_not(row):
    html = texts(row)
    assert html.count('class="lpr-missed">D<') == html.count('class="lpr-swap">0<') == 1
    assert "✗ 1 wrong" in head(row)
    assert 'class="lpr-gap">–<' in texts({**row, "reading": "ABC134"})
    right = {**row, "reading": row["text"]}
    assert "✓ right" in head(right)
    assert "lpr-swap" not in texts(right)


def test_the_head_says_what_is_unknown_and_what_was_corrected(row):
    unknown = head({**row, "text": "", "layout": "", "scenario": "", "confidence": float("nan")})
    for part in ("truth unknown", "layout unknown", "scenario unknown", "confidence unknown"):
        assert part in unknown
    assert "read as Brazilian" in head({**row, "read_layout": "Brazilian"})
    assert "flagged" in head({**row, "flagged": True})
    assert "flagged" not in head({**row, "flagged": False})
    assert "was AAA0000" in head({**row, "label": "ABC1D34", "given": "AAA0000"})


def test_what_each_frame_read_stands_below_it(row):
    readings = ["ABC1D34", "ABC1034", "", "A", "B"]
    html = frames({**row, "frame_readings": readings, "frame_confidences": [0.25, 0.5, 0.1, 0.1, 0.1]})
    assert html.count("data:image/png;base64,") == 5
    for part in ("✓ ABC1D34 0.25", "✗ ABC1034 0.50", "(nothing)"):
        assert part in html


def test_high_resolution_frames_stand_below_where_there_are_any(row, frame):
    html = frames({**row, "hr": [frame] * 3})
    assert html.index("image/png") < html.index("HR frames") < html.index("image/jpeg")
    assert html.count("<figure>") == 8
    for none in ([], float("nan")):
        assert "HR" not in frames({**row, "hr": none})


@pytest.mark.parametrize("content", [None, b"", b"no image"])
def test_an_unreadable_frame_leaves_a_placeholder_and_no_reading_to_another(row, tmp_path, content):
    lost = tmp_path / "lr-002.png"
    if content is not None:
        lost.write_bytes(content)
    files = [row["lr"][0], str(lost), row["lr"][0]]
    first, second, third = frames({**row, "lr": files, "frame_readings": ["FIRST", "SECOND"]}).split(
        "<figure>"
    )[1:]
    assert "FIRST" in first
    assert "lr-002.png<br>cannot be read" in second
    assert "SECOND" in third


def test_each_place_says_how_sure_it_is_and_what_else_it_may_be(row):
    options = [[["A", 0.9], ["4", 0.06], ["B", 0.001]]] * 4 + [[["0", 0.6], ["D", 0.3], ["O", 0.0]]] * 3
    html = texts({**row, "char_confidences": [0.9] * 4 + [0.6] * 3, "alternatives": options})
    assert html.count('<i style="width:90%"></i></span>90<') == 4
    assert html.count("<td>4 6<br>B &lt;1</td>") == 1, "what is read itself is no alternative"
    assert "<b>D</b> 30" in html, "the true character is marked"
    assert "O 0" not in html


def test_calibrated_confidence_leaves_the_rest_to_the_alternatives_in_proportion(row):
    options = [[["0", 0.8], ["D", 0.12], ["O", 0.04]]] * 7
    html = texts(
        {**row, "text": "", "reading": "0" * 7, "char_confidences": [0.6] * 7, "alternatives": options}
    )
    assert html.count("D 24<br>O 8") == 7


def test_lists_of_another_length_than_the_reading_are_left_out(row):
    html = texts({**row, "char_confidences": [0.9] * 3, "alternatives": [[["A", 1.0]]] * 3})
    assert "lpr-small" not in html


def test_a_gap_in_the_reading_has_neither_confidence_nor_alternatives(row):
    html = texts({**row, "reading": "ABC134", "char_confidences": [0.9] * 6})
    assert html.count("lpr-bar") == 6
    assert "<td></td>" in html


def test_texts_from_files_cannot_smuggle_html_in():
    evil = '<img src=x onerror="alert(1)">'
    names = ("track_id", "text", "reading", "scenario", "layout", "read_layout", "label", "given")
    row = {**dict.fromkeys(names, evil), "confidence": 0.5, "lr": [evil], "frame_readings": [evil]}
    row["alternatives"] = [[[evil, 0.5]]] * len(evil)
    assert "<img src=x" not in head(row) + frames(row) + texts(row)


def test_pictures_of_super_resolution_stand_below_the_frames_where_they_are_wanted(row):
    assert "Super-resolution" not in frames(row)
    html = frames(row, lambda files: [np.full((40, 88), 90, np.uint8)] * (len(files) - 1) + [None])
    assert html.count("<img") == 9
    assert "it may invent" in html
    assert html.count("cannot be read") == 1
