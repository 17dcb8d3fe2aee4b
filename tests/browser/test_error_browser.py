"""The error browser's behaviour without a browser: what its controls choose, show, keep and write."""

import pandas as pd
import pytest

from lpr_helpers.browser.error_browser import CHOSEN_FILE, ErrorBrowser
from lpr_helpers.browser.filters import SORTS
from lpr_helpers.data.annotations import ANNOTATIONS_FILE, Annotation, annotate, load_annotations
from lpr_helpers.plates import PlateFormat


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


def page(browser):
    """All that the page shows of its tracks."""
    return "".join(
        card.head.value + card.frames.value + card.texts.value for card in browser.cards if card.row
    )


def card_of(browser, track_id):
    return next(card for card in browser.cards if card.row and card.row["track_id"] == track_id)


def test_it_pages_through_what_it_chose_and_says_where_it_is(results):
    browser = ErrorBrowser(results, page_size=2)
    assert "of 3 · tracks 1–2 · 5 of 5 tracks chosen" in browser.label.value
    assert (browser.number.value, browser.number.max) == (1, 3)
    assert browser.previous.disabled
    assert "t5" in page(browser)
    browser.next.click()
    browser.next.click()
    browser.turn(+9)
    assert "of 3 · track 5 ·" in browser.label.value
    assert browser.number.value == 3
    assert browser.next.disabled
    assert "t1" in page(browser)
    assert browser.cards[1].widget.layout.display == "none"
    browser.previous.click()
    assert browser.page == 1
    assert browser.cards[1].widget.layout.display is None


def test_a_page_is_reached_by_its_number(results):
    browser = ErrorBrowser(results, page_size=1)
    browser.number.value = 4
    assert (browser.page, ids(browser.shown)[3]) == (3, "t2")
    assert "t2" in page(browser)
    browser.bar.kind.value = "wrong"
    assert (browser.page, browser.number.value, browser.number.max) == (0, 1, 3)


def test_each_control_filters_and_goes_back_to_the_first_page(results):
    browser = ErrorBrowser(results, page_size=1)
    bar = browser.bar
    browser.turn(+3)
    bar.kind.value = "wrong"
    assert (browser.page, ids(browser.shown)) == (0, ["t4", "t3", "t2"])
    bar.scenario.value, bar.layout.value = "B", "Mercosur"
    assert ids(browser.shown) == ["t2"]
    bar.clear.click()
    assert len(browser.shown) == 5
    bar.confidence.value = (0.1, 0.2)
    bar.truth.value = "ooo"
    assert ids(browser.shown) == ["t4"]
    bar.clear.click()
    bar.distance.value = (2, 2)
    assert ids(browser.shown) == ["t3"]
    bar.distance.value = (0, 2)
    assert len(browser.shown) == 5
    bar.order.value, bar.layout.value = "track", ""
    assert ids(browser.shown) == ["t4"]
    assert list(bar.order.options) == list(SORTS)


def test_a_cell_of_the_confusion_matrix_shows_its_tracks(results):
    browser = ErrorBrowser(results)
    bar = browser.bar
    bar.matrix.value = True
    buttons = bar.grid.buttons
    assert {cell for cell in buttons if all(cell)} == {("D", "0"), ("X", "K"), ("8", "B")}
    buttons["D", "0"].click()
    assert ids(browser.shown) == ["t2"]
    assert (bar.true.value, bar.read.value) == ("D", "0")
    assert buttons["D", "0"].layout.border != buttons["8", "B"].layout.border
    buttons["D", "0"].click()
    assert len(browser.shown) == 5
    buttons["8", ""].click()
    assert ids(browser.shown) == ["t3"]
    bar.true.value, bar.read.value = "", "K"
    assert ids(browser.shown) == ["t3"]


def test_tracks_are_chosen_once_however_many_filters_are_cleared(results, monkeypatch):
    browser = ErrorBrowser(results)
    browser.bar.kind.value, browser.bar.reading.value, browser.bar.true.value = "wrong", "Y", "X"
    asked = []
    monkeypatch.setattr("lpr_helpers.browser.filter_bar.select", lambda table, **_: asked.append(1) or table)
    browser.bar.clear.click()
    assert len(asked) == 1


def test_an_empty_page_says_why_and_what_to_change(results):
    browser = ErrorBrowser(results)
    browser.bar.reading.value, browser.bar.kind.value = "ABC", "several wrong"
    assert "<b>reading</b> ABC: 1 without it" in browser.empty.value
    assert "<b>kind</b> several wrong: 2 without it" in browser.empty.value
    assert "layout" not in browser.empty.value
    assert page(browser) == ""
    browser.bar.clear.click()
    assert browser.empty.value == ""
    unknown = ErrorBrowser(results.assign(text=""))
    unknown.bar.kind.value = "right"
    assert "No track has a known text" in unknown.empty.value
    assert "no results to browse" in ErrorBrowser(results.head(0)).empty.value


def test_texts_from_files_cannot_smuggle_html_in(results):
    evil = '<img src=x onerror="alert(1)">'
    browser = ErrorBrowser(results.assign(track_id=evil, scenario=evil, layout=evil))
    assert "<img src=x" not in page(browser)
    browser.bar.reading.value = evil
    assert "<img src=x" not in browser.empty.value


def test_frames_are_read_for_the_page_shown_only_and_not_again_for_an_annotation(
    results, tmp_path, monkeypatch
):
    read = []
    monkeypatch.setattr("lpr_helpers.browser.html.read_image", read.append)
    browser = ErrorBrowser(pd.concat([results] * 600, ignore_index=True), tmp_path, page_size=3)
    assert len(read) == 3 * 5
    browser.cards[0].flag.value = True
    browser.cards[0].note.value = "night"
    assert len(read) == 3 * 5


def test_a_corrected_label_says_anew_which_frames_read_it_right(results, tmp_path):
    browser = ErrorBrowser(results.assign(frame_readings=[["ABC1034"] * 5] * 5), tmp_path)
    card = card_of(browser, "t2")
    assert "✗ ABC1034" in card.frames.value
    card.label.value = "ABC1034"
    assert "✓ ABC1034" in card.frames.value
    assert "✗" not in card.frames.value


def test_a_misread_layout_can_be_asked_for_where_layouts_were_read(results):
    assert "layout misread" not in ErrorBrowser(results).bar.kind.options
    browser = ErrorBrowser(
        results.assign(read_layout=["Brazilian", "Brazilian", "", "Mercosur", "Brazilian"])
    )
    browser.bar.kind.value = "layout misread"
    assert ids(browser.shown) == ["t2"], "not t4, whose layout is unknown, nor t5, whose text is"


def test_what_people_say_of_a_track_outlives_filters_and_the_session(results, tmp_path):
    browser = ErrorBrowser(results, tmp_path)
    card_of(browser, "t3").flag.value = True
    card_of(browser, "t3").note.value = "  two\nplates "
    card_of(browser, "t2").label.value = "abc-1034"
    browser.bar.kind.value = "right"
    assert ids(browser.shown) == ["t2", "t1"], "the corrected label counts as the truth"
    kept = {
        "t2": Annotation(label="ABC1034", was="ABC1D34"),
        "t3": Annotation(flagged=True, note="two plates"),
    }
    assert load_annotations(tmp_path / ANNOTATIONS_FILE) == kept
    again = ErrorBrowser(results, tmp_path)
    third = card_of(again, "t3")
    assert (third.flag.value, third.note.value, third.label.value) == (True, "two plates", "")
    assert "was ABC1D34" in card_of(again, "t2").head.value
    again.bar.annotation.value = "relabelled"
    assert ids(again.shown) == ["t2"]
    again.bar.annotation.value = "none"
    assert ids(again.shown) == ["t5", "t4", "t1"]


def test_an_annotation_leaves_the_page_as_it_is_and_can_be_taken_back(results, tmp_path):
    browser = ErrorBrowser(results, tmp_path)
    browser.bar.annotation.value = "none"
    card = card_of(browser, "t2")
    card.flag.value = True
    card.label.value = "ABC1034"
    assert "✓ right" in card.head.value
    assert ids(browser.shown) == ["t5", "t4", "t3", "t2", "t1"]
    card.flag.value = False
    card.label.value = ""
    assert "✗ 1 wrong" in card.head.value
    assert load_annotations(tmp_path / ANNOTATIONS_FILE) == {}


def test_the_controls_of_a_page_belong_to_its_tracks(results, tmp_path):
    browser = ErrorBrowser(results, tmp_path, page_size=1)
    browser.cards[0].flag.value = True
    browser.cards[0].note.value = "night"
    browser.next.click()
    assert (browser.cards[0].flag.value, browser.cards[0].note.value) == (False, "")
    browser.previous.click()
    assert (browser.cards[0].flag.value, browser.cards[0].note.value) == (True, "night")
    assert list(load_annotations(tmp_path / ANNOTATIONS_FILE)) == ["t5"]


@pytest.mark.parametrize(
    ("typed", "reason"), [("ABC12", "5 characters"), ("1234567", "does not fit"), ("ÄBC1234", "alphabet")]
)
def test_a_label_that_is_no_plate_is_refused_in_words_and_changes_nothing(results, tmp_path, typed, reason):
    card = card_of(ErrorBrowser(results, tmp_path), "t2")
    card.label.value = typed
    assert "Label refused" in card.message.value
    assert reason in card.message.value
    assert "ABC1D34 stays" in card.message.value
    assert card.label.value == typed, "it can be mended"
    assert load_annotations(tmp_path / ANNOTATIONS_FILE) == {}
    card.flag.value = True
    assert "Label refused" in card.message.value
    assert load_annotations(tmp_path / ANNOTATIONS_FILE) == {"t2": Annotation(flagged=True)}
    card.label.value = "ABC1034"
    assert card.message.value == ""
    assert load_annotations(tmp_path / ANNOTATIONS_FILE)["t2"].label == "ABC1034"


def test_labels_are_held_to_the_plates_own_format(results, tmp_path):
    plate = PlateFormat("AB", {"Mine": "LL"})
    card = card_of(ErrorBrowser(results, tmp_path, plate=plate), "t2")
    card.label.value = "ba"
    assert load_annotations(tmp_path / ANNOTATIONS_FILE)["t2"].label == "BA"


def test_the_data_sets_own_label_is_no_correction(results, tmp_path):
    card = card_of(ErrorBrowser(results, tmp_path), "t2")
    card.label.value = "abc1d34"
    assert load_annotations(tmp_path / ANNOTATIONS_FILE) == {}


def test_what_cannot_be_kept_is_told_and_not_shown_as_kept(results, tmp_path, monkeypatch):
    browser = ErrorBrowser(results, tmp_path)

    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr("lpr_helpers.data.annotations.write_csv", full)
    monkeypatch.setattr("lpr_helpers.browser.error_browser.write_csv", full)
    card = card_of(browser, "t2")
    card.flag.value = True
    assert "Not kept: No space left" in card.message.value
    assert card.flag.value is False
    browser.export.click()
    assert "Not exported: No space left" in browser.message.value


def test_a_track_that_was_read_twice_is_corrected_in_both_rows(results, tmp_path):
    second = results.assign(reading="ABC1D34")
    browser = ErrorBrowser(pd.concat([results, second]), tmp_path)
    browser.bar.truth.value = "ABC1D34"
    browser.cards[0].label.value = "ABC1034"
    shown = {row.reading: (row.text, row.wrong) for row in browser.shown.itertuples()}
    assert shown == {"ABC1034": ("ABC1034", 0), "ABC1D34": ("ABC1034", 1)}
    assert all("was ABC1D34" in card.head.value for card in browser.cards if card.row)


def test_two_browsers_of_one_folder_do_not_undo_each_other(results, tmp_path):
    browser = ErrorBrowser(results, tmp_path)
    annotate(tmp_path / ANNOTATIONS_FILE, "t1", Annotation(note="from elsewhere"))
    card_of(browser, "t2").flag.value = True
    assert set(load_annotations(tmp_path / ANNOTATIONS_FILE)) == {"t1", "t2"}


def test_the_chosen_rows_are_exported_with_their_annotations(results, tmp_path):
    browser = ErrorBrowser(results, tmp_path)
    card_of(browser, "t3").note.value = 'night, "rain"'
    browser.bar.scenario.value = "B"
    browser.export.click()
    assert "3 tracks written to" in browser.message.value
    table = pd.read_csv(tmp_path / CHOSEN_FILE, keep_default_na=False)
    assert ids(table) == ["t4", "t3", "t2"]
    assert list(table["note"]) == ["", 'night, "rain"', ""]
    assert list(table["wrong"]) == [1, 2, 1]
    assert not {"lr", "confusions"} & set(table)
    browser.bar.reading.value = "nothing reads this"
    assert browser.message.value == "", "the word about other rows is gone"


def test_no_spreadsheet_runs_what_was_exported(results, tmp_path):
    browser = ErrorBrowser(results.assign(track_id="=1+1", layout="@SUM(A1)"), tmp_path)
    browser.export.click()
    table = pd.read_csv(tmp_path / CHOSEN_FILE)
    assert set(table["track_id"]) == {"'=1+1"}
    assert set(table["layout"]) == {"'@SUM(A1)"}


def test_without_a_folder_there_is_nothing_to_write_with(results):
    browser = ErrorBrowser(results)
    assert browser.export not in browser.bar.widget.children[-1].children
    assert browser.bar.annotation.layout.display == "none"
    card = browser.cards[0]
    assert list(card.widget.children) == [card.head, card.frames, card.texts]


def test_unfit_results_or_annotations_are_refused_in_words(results, tmp_path):
    with pytest.raises(ValueError, match="lack reading, lr"):
        ErrorBrowser(results.drop(columns=["reading", "lr"]))
    with pytest.raises(ValueError, match="at least one track"):
        ErrorBrowser(results, page_size=0)
    (tmp_path / ANNOTATIONS_FILE).write_text("id;note\n")
    with pytest.raises(ValueError, match=r"annotations\.csv holds no annotations"):
        ErrorBrowser(results, tmp_path)


def test_every_track_shows_its_pictures_where_a_network_makes_some(results):
    asked = []

    def enlarge(files):
        asked.append(list(files))
        return [None] * len(files)

    browser = ErrorBrowser(results, page_size=2, enlarge=enlarge)
    assert asked == results["lr"].tolist()[:2]
    assert page(browser).count("Super-resolution") == 2
