"""A data set with every kind of dirt goes through all five notebooks."""

import nbformat
import pytest

from lpr_helpers.data.splits import load_split
from lpr_helpers.data.tracks import read_tracks
from lpr_helpers.notebook import runner
from lpr_helpers.submission.validator import validate_submission
from tests.support import ROOT
from tests.support.dirt import DIRT, EVIL, FRAMES, NAMES, dirty_data
from tests.support.robustness import Area

given = Area("The whole way: a data set with all of this goes through the five notebooks")
for what in (*DIRT, *NAMES):
    given.note(what, "is listed or put right; a submission comes out")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The data, and what the notebooks made of it."""
    root, out = tmp_path_factory.mktemp("dirty") / "data", tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "DATA": dirty_data(root),
            "ARTIFACTS": out,
            "PROFILE": "tiny",
            "PROGRESS": "text",
        }.items():
            patch.setenv(f"LPR_{name}", str(value))
        assert runner.run_own(ROOT, fresh=True) == 0
    return root, out


@pytest.mark.slow
def test_every_test_track_gets_its_line(ran):
    root, out = ran
    report = validate_submission(out / "submission" / "submission.zip", root / "test")
    assert report.ok, report
    assert report.lines == len(list((root / "test").iterdir()))
    assert report.lines > len(DIRT)


@pytest.mark.slow
def test_the_split_holds_every_labelled_track(ran):
    root, out = ran
    tracks = read_tracks(root, progress=False)
    table = load_split(tracks.table, out / "split.csv")
    assert {"train", "val"} <= set(table[table.trainable].split)
    assert len(tracks.problems) > len(FRAMES)


def shown_html(file):
    """All HTML that an executed notebook shows: outputs, and what widgets hold."""
    notebook = nbformat.read(file, as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            yield output.get("data", {}).get("text/html", "")
    for saved in notebook.metadata.get("widgets", {}).values():
        for model in saved["state"].values():
            if model["model_name"] == "HTMLModel":
                yield model["state"].get("value", "")


@pytest.mark.slow
def test_nothing_that_was_shown_runs_markup(ran):
    folder = ran[1] / "notebooks"
    pages = [page for file in folder.glob("*.ipynb") for page in shown_html(file)]
    report = (folder / runner.REPORT).read_text(encoding="utf-8")
    assert len(pages) > 100
    assert any(EVIL.replace("<", "&lt;").replace(">", "&gt;") in page for page in pages), "it was shown"
    for page in (*pages, report):
        assert "<img src=x" not in page
