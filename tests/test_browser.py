"""Choosing tracks, lining truth and reading up, and the error browser's behaviour without a browser."""

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from lpr_helpers.browser import ErrorBrowser, align, track_html
from lpr_helpers.filters import SORTS, select

plates = st.text("ABO0718", max_size=9)


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    file = tmp_path_factory.mktemp("track") / "lr-001.png"
    cv2.imwrite(str(file), np.full((20, 44, 3), 90, np.uint8))
    return str(file)


@pytest.fixture
def results(frame):
    rows = [
        ("t1", "ABC1234", "ABC1234", 0.9, "A", "Brazilian"),
        ("t2", "ABC1D34", "ABC1034", 0.7, "B", "Mercosur"),
        ("t3", "XYZ9876", "KYZ9B76", 0.4, "B", "Brazilian"),
        ("t4", "OOO0000", "OOO000", 0.2, "B", ""),
        ("t5", "", "QQQ1111", 0.1, "", "Mercosur"),
    ]
    table = pd.DataFrame(rows, columns=["track_id", "text", "reading", "confidence", "scenario", "layout"])
    return table.assign(lr=[[frame] * 5 for _ in rows])


def ids(table):
    return list(table["track_id"])


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, ["t5", "t4", "t3", "t2", "t1"]),
        ({"kind": "right"}, ["t1"]),
        ({"kind": "wrong"}, ["t4", "t3", "t2"]),
        ({"kind": "one wrong"}, ["t4", "t2"]),
        ({"kind": "several wrong"}, ["t3"]),
        ({"reading_pattern": "abc"}, ["t2", "t1"]),
        ({"reading_pattern": "?YZ*"}, ["t3"]),
        ({"reading_pattern": "YZ?"}, []),
        ({"truth_pattern": "abc1d"}, ["t2"]),
        ({"layout": "Brazilian"}, ["t3", "t1"]),
        ({"layout": ""}, ["t4"]),
        ({"scenario": "B", "confidence": (0.4, 0.7)}, ["t3", "t2"]),
        ({"sort": "most certain first", "kind": "wrong"}, ["t2", "t3", "t4"]),
        ({"sort": "most wrong characters first"}, ["t3", "t2", "t4", "t1", "t5"]),
        ({"sort": "track"}, ["t1", "t2", "t3", "t4", "t5"]),
    ],
)
def test_tracks_are_chosen_and_sorted(results, conditions, expected):
    assert ids(select(results, **conditions)) == expected


@pytest.mark.parametrize("pattern", ["[", "(", "\\", "+", "[!a", "*" * 60 + "!", "?*?*(", "ß", "  "])
def test_no_pattern_is_an_error(results, pattern):
    kept = select(results, reading_pattern=pattern, truth_pattern=pattern)
    assert len(kept) == (len(results) if not pattern.strip() else 0)


@given(st.lists(plates, min_size=1), plates)
def test_a_pattern_without_wildcards_finds_exactly_the_texts_that_hold_it(texts, pattern):
    table = pd.DataFrame({"track_id": range(len(texts)), "text": texts, "reading": texts, "confidence": 0.5})
    kept = select(table, reading_pattern=pattern.lower(), sort="track")
    assert list(kept["reading"]) == [text for text in texts if pattern in text]


def test_values_that_a_csv_file_lost_count_as_unknown_and_pass(results):
    table = results.replace({"text": {"": None}, "scenario": {"": None}}).assign(confidence=np.nan)
    assert ids(select(table, kind="wrong", confidence=(0.9, 1.0), sort="track")) == ["t2", "t3", "t4"]
    assert ids(select(table, scenario="")) == ["t5"]


def test_an_unknown_kind_or_order_is_refused_with_the_choices(results):
    with pytest.raises(ValueError, match="several wrong"):
        select(results, kind="bad")
    with pytest.raises(ValueError, match="least certain first"):
        select(results, sort="bad")


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


def test_wrong_characters_are_marked_by_shape_and_right_ones_are_not(results):
    html = track_html(results.iloc[1].to_dict())
    assert html.count('class="lpr-missed">D<') == html.count('class="lpr-swap">0<') == 1
    assert html.count("data:image/png;base64,") == 5
    assert "✗ 1 wrong" in html
    assert "lpr-swap" not in track_html(results.iloc[0].to_dict())


def test_a_track_shows_what_each_frame_read_and_how_sure_each_character_is(results):
    row = {
        **results.iloc[1].to_dict(),
        "read_layout": "Brazilian",
        "frame_readings": ["ABC1D34", "ABC1034", "", "A", "B"],
        "frame_confidences": [0.25, 0.5, 0.1, 0.1, 0.1],
        "char_confidences": [0.99] * 6 + [0.41],
    }
    html = track_html(row)
    for part in ("✓ ABC1D34 0.25", "✗ ABC1034 0.50", "(nothing)", "<td>41</td>", "read as Brazilian"):
        assert part in html


@pytest.mark.parametrize("content", [None, b"", b"no image"])
def test_an_unreadable_frame_leaves_a_placeholder_and_no_reading_to_another(results, tmp_path, content):
    lost = tmp_path / "lr-002.png"
    if content is not None:
        lost.write_bytes(content)
    row = {**results.iloc[0].to_dict(), "frame_readings": ["FIRST", "SECOND"]}
    row["lr"] = [row["lr"][0], str(lost), row["lr"][0]]
    first, second, third = track_html(row).split("<figure>")[1:]
    assert "FIRST" in first
    assert "lr-002.png<br>cannot be read" in second
    assert "SECOND" in third


def test_texts_from_files_cannot_smuggle_html_in(results):
    evil = '<img src=x onerror="alert(1)">'
    row = dict.fromkeys(("track_id", "text", "reading", "scenario", "layout", "read_layout"), evil)
    html = track_html({**row, "confidence": 0.5, "lr": [evil], "frame_readings": [evil]})
    browser = ErrorBrowser(results)
    browser.reading.value = evil
    assert "<img src=x" not in html + browser.body.value


def test_the_browser_pages_through_what_it_chose(results):
    browser = ErrorBrowser(results, page_size=2)
    assert browser.label.value.startswith("tracks 1–2 of 5 · page 1 of 3")
    assert browser.previous.disabled
    assert "t5" in browser.body.value
    browser.next.click()
    browser.next.click()
    browser.turn(+9)
    assert browser.label.value.startswith("tracks 5–5 of 5 · page 3 of 3")
    assert browser.next.disabled
    assert "t1" in browser.body.value
    browser.previous.click()
    assert browser.page == 1


def test_each_control_filters_and_goes_back_to_the_first_page(results):
    browser = ErrorBrowser(results, page_size=1)
    browser.turn(+3)
    browser.kind.value = "wrong"
    assert (browser.page, ids(browser.shown)) == (0, ["t4", "t3", "t2"])
    browser.scenario.value, browser.layout.value = "B", "Mercosur"
    assert ids(browser.shown) == ["t2"]
    browser.clear.click()
    assert len(browser.shown) == 5
    browser.confidence.value = (0.1, 0.2)
    browser.truth.value = "ooo"
    assert ids(browser.shown) == ["t4"]
    browser.clear.click()
    browser.order.value, browser.layout.value = "track", ""
    assert ids(browser.shown) == ["t4"]
    assert list(browser.order.options) == list(SORTS)


def test_an_empty_page_says_why_and_what_to_change(results):
    browser = ErrorBrowser(results)
    browser.reading.value, browser.kind.value = "ABC", "several wrong"
    assert "<b>reading</b> ABC: 1 without it" in browser.body.value
    assert "<b>kind</b> several wrong: 2 without it" in browser.body.value
    assert "layout" not in browser.body.value.split("lpr-empty")[-1]
    unknown = ErrorBrowser(results.assign(text=""))
    unknown.kind.value = "right"
    assert "No track has a known text" in unknown.body.value
    assert "no results to browse" in ErrorBrowser(results.head(0)).body.value


def test_frames_are_read_for_the_page_shown_only(results, monkeypatch):
    read = []
    monkeypatch.setattr("lpr_helpers.browser.read_image", lambda path: read.append(path))
    ErrorBrowser(pd.concat([results] * 600, ignore_index=True), page_size=3)
    assert len(read) == 3 * 5


def test_unfit_results_are_refused_in_words(results):
    with pytest.raises(ValueError, match="lack reading, lr"):
        ErrorBrowser(results.drop(columns=["reading", "lr"]))
    with pytest.raises(ValueError, match="at least one track"):
        ErrorBrowser(results, page_size=0)
