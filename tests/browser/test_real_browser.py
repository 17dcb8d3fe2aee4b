"""The error browser, and the upload of one's own plates, as a person meets them: in JupyterLab, in Chromium.

Pictures of them go to artifacts/real-browser.
"""

import os
import re
import shutil
import warnings

import nbformat
import pytest
from playwright.sync_api import Error, expect, sync_playwright

from lpr_helpers.browser.filters import cells, with_distances
from lpr_helpers.browser.track_card import FLAGS
from lpr_helpers.data.annotations import ANNOTATIONS_FILE, Annotation, load_annotations
from tests.support import FIXTURE, ROOT
from tests.support.invented import invented_results
from tests.support.jupyterlab import chromium, jupyterlab

pytestmark = pytest.mark.slow

TRACK = min(FIXTURE.rglob("track_*"))
PICTURES = ROOT / "artifacts" / "real-browser"
PATIENCE = 120_000  # ms; only a machine busy with something else takes more than a few seconds
CELL = """\
from lpr_helpers.browser import ErrorBrowser
from tests.support.invented import invented_results

ErrorBrowser(invented_results(), "kept", page_size=3)"""
OWN_CELL = """\
from lpr_helpers import load_reader
from lpr_helpers.browser import OwnPlates

OwnPlates(load_reader(), ["track"])"""
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with two notebooks of one cell each, and a track."""
    folder = tmp_path_factory.mktemp("notebook")
    for name, cell in {"browse": CELL, "own": OWN_CELL}.items():
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)], metadata=KERNEL)
        nbformat.write(notebook, folder / f"{name}.ipynb")
    shutil.copytree(TRACK, folder / "track")
    return folder


@pytest.fixture(scope="module")
def page(folder, tmp_path_factory):
    """The notebook's page, its cell run; an error in the page's own programs fails the tests in the end."""
    expect.set_options(timeout=PATIENCE)
    errors = []
    with sync_playwright() as playwright, launched(playwright) as browser:
        with jupyterlab(folder, tmp_path_factory.mktemp("lab") / "log.txt") as address:
            page = browser.new_page(viewport={"width": 1280, "height": 1400})
            page.set_default_timeout(PATIENCE)
            page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108 (playwright marks what it is given)
            page.goto(address("browse.ipynb"))
            run(page, times=1)
            yield page
    assert not errors


def launched(playwright):
    """Chromium without a window. Where none can be had the tests are skipped, and a warning says so."""
    path, problem = chromium(playwright), "there is no Chromium; `make chromium` fetches one"
    if path is not None:
        try:
            return playwright.chromium.launch(executable_path=path)
        except Error as error:
            problem = str(error)
    if os.environ.get("LPR_CHROMIUM") == "needed":
        pytest.fail(problem)
    reason = f"the error browser was NOT tried in a real browser: {problem}"
    warnings.warn(reason, stacklevel=2)
    return pytest.skip(reason)


def run(page, times):
    """Run the notebook's first cell, which then has run so many times, and wait for the error browser."""
    page.get_by_text("| Idle").wait_for()  # until then there is no kernel to run it
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-InputPrompt").first).to_have_text(f"[{times}]:")
    page.locator(".lpr-track img").first.wait_for()


def shows(page, tracks):
    """Wait until the error browser says that it chose so many tracks."""
    expect(page.get_by_role("status").first).to_contain_text(f"{tracks} of {len(invented_results())} tracks")


def control(page, name):
    """The filter of this name."""
    return page.get_by_label(name, exact=True).first


def write(field, words):
    field.fill(words)
    field.press("Enter")


def press(page, name):
    page.get_by_role("button", name=name).first.click()


def picture(page, name):
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


def test_it_opens_with_every_frame_drawn(page):
    shows(page, 54)
    expect(page.locator(".lpr-track:visible")).to_have_count(3)
    widths = page.locator(".lpr-track img").evaluate_all("images => images.map(image => image.naturalWidth)")
    assert len(widths) >= 3 * 5
    assert min(widths) > 0
    picture(page, "1-opened")


def test_it_filters_and_takes_the_filters_back(page):
    results = invented_results()
    wrong = sum(a != b for a, b in zip(results["text"], results["reading"], strict=True) if a)
    control(page, "kind").select_option("wrong")
    shows(page, wrong)
    control(page, "scenario").select_option("A")
    of_a = results[(results["scenario"] == "A") & (results["text"] != results["reading"])]
    shows(page, len(of_a))
    write(control(page, "reading"), of_a["reading"].iloc[0].lower())
    shows(page, 1)
    expect(page.locator(".lpr-track:visible")).to_have_count(1)
    picture(page, "2-filtered")
    write(control(page, "truth"), "?")
    shows(page, 0)
    picture(page, "3-nothing-left")
    press(page, "Clear filters")
    shows(page, 54)


def test_a_cell_of_the_confusion_matrix_shows_its_tracks(page):
    wanted, number = next(iter(cells(with_distances(invented_results())).items()))
    press(page, "Confusion matrix")
    page.get_by_title(f"{wanted[0]} read as {wanted[1]}", exact=True).click()
    shows(page, number)
    marked = page.locator(".lpr-track:visible .lpr-swap")
    assert wanted[1] in marked.all_inner_texts()
    picture(page, "4-cell-of-the-matrix")
    press(page, "Clear filters")
    shows(page, 54)
    press(page, "Confusion matrix")


def test_it_pages(page):
    first = page.locator(".lpr-track b").first
    here = first.inner_text()
    press(page, "Next")
    expect(page.get_by_role("status").first).to_contain_text("tracks 4–6")
    expect(first).not_to_have_text(here)
    picture(page, "5-second-page")
    press(page, "Previous")
    expect(first).to_have_text(here)


def tab_to(page, element, presses=40):
    """Press Tab until this element has the focus."""
    for _ in range(presses):
        page.keyboard.press("Tab")
        if element.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{presses} presses of Tab did not reach {element}")


def test_the_keyboard_is_enough(page):
    """From the first filter on, without the mouse: choose, page on, flag and unflag.

    Not the drop-down lists: what is pressed there, JupyterLab takes for shortcuts of its own.
    """
    track, truth = page.locator(".lpr-track").first, control(page, "truth")
    control(page, "reading").focus()
    tab_to(page, truth)
    page.keyboard.type("??????1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).not_to_contain_text("54 of 54")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    shows(page, 54)
    there = page.get_by_role("button", name="Next").first
    tab_to(page, there)
    for tracks in ("tracks 4–6", "tracks 7–9"):  # the focus stays, so that pressing on is enough
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").first).to_contain_text(tracks)
    flag = {flagged: track.get_by_role("button", name=name) for flagged, name in FLAGS.items()}
    tab_to(page, flag[False])
    for flagged in (True, False):
        page.keyboard.press("Space")
        expect(flag[flagged]).to_be_focused()
    press(page, "Clear filters")
    shows(page, 54)


def test_what_people_say_of_a_track_is_found_again_after_a_reload(page, folder):
    track = page.locator(".lpr-track").first
    name = track.locator("b").first.inner_text()
    given = invented_results().set_index("track_id").loc[name, "text"]
    track.get_by_role("button", name=FLAGS[False]).click()
    expect(track.get_by_role("button", name=FLAGS[True])).to_be_visible()
    for field, words in {"label": "abc-1d23", "note": "a bolt in the B"}.items():
        write(track.get_by_label(field, exact=True), words)
    expect(track.get_by_label("label", exact=True)).to_have_value("ABC1D23")
    expect(track.locator(".lpr-head")).to_contain_text("label corrected")
    expect(track.locator(".lpr-texts tr").first).to_have_text("truthABC1D23")
    picture(page, "6-flagged-and-relabelled")
    page.keyboard.press("Control+s")

    page.reload()
    run(page, times=2)
    control(page, "annotation").select_option("relabelled")
    shows(page, 1)
    expect(track.locator("b").first).to_have_text(name)
    expect(track.get_by_role("button", name=FLAGS[True])).to_be_visible()
    expect(track.get_by_label("note", exact=True)).to_have_value("a bolt in the B")
    picture(page, "7-found-again")
    assert load_annotations(folder / "kept" / ANNOTATIONS_FILE) == {
        name: Annotation(flagged=True, label="ABC1D23", was=given, note="a bolt in the B")
    }


def test_it_is_readable_in_the_dark_theme_too(page):
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    for entry in ("Theme", "JupyterLab Dark"):
        page.locator(".lm-Menu-itemLabel").get_by_text(entry, exact=True).click()
    page.locator('body[data-jp-theme-light="false"]').wait_for(state="attached")
    control(page, "annotation").select_option("all")
    press(page, "Confusion matrix")
    shows(page, 54)
    for place in (".lpr-head", ".lpr-texts td", ".lpr-frames figcaption", ".lpr-track .widget-label"):
        color = page.locator(place).first.evaluate("element => getComputedStyle(element).color")
        assert min(int(part) for part in re.findall(r"\d+", color)[:3]) > 150, f"{place} is {color} on black"
    picture(page, "8-dark")


def test_plates_of_ones_own_are_uploaded_named_and_uploaded_once_more(page):
    page.goto(page.url.replace("browse.ipynb", "own.ipynb"))
    run(page, times=1)
    head, path = page.locator(".lpr-head"), page.get_by_placeholder("a folder, a picture")
    expect(head).to_contain_text("track · ")
    crop = {"name": "Müll 1.png", "mimeType": "image/png", "buffer": min(TRACK.glob("lr-*")).read_bytes()}
    for _ in range(2):
        with page.expect_file_chooser() as chooser:
            page.locator(".widget-upload").click()
        chooser.value.set_files([crop, crop | {"name": "text.png", "buffer": b"hello"}])
        expect(head).to_contain_text("Müll 1.png")
        expect(page.locator(".lpr-refused")).to_contain_text("text.png is no picture that can be read")
        picture(page, "9-uploaded")
        write(path, "track")
        expect(head).to_contain_text("track · ")
