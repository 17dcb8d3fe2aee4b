"""Tables that people look at: in a notebook and in a spreadsheet, whatever names, labels and notes hold."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given as tried, strategies as st

from lpr_helpers.data.annotations import Annotation
from lpr_helpers.data.label_edits import apply_annotations
from lpr_helpers.data.manifest import compare_with_manifest
from lpr_helpers.data.overview import inventory, leaks, repeated_plates, shared_plates
from lpr_helpers.data.splits import add_split
from lpr_helpers.data.tracks import problem_summary
from lpr_helpers.utils.spreadsheets import plain_text
from lpr_helpers.utils.tables import styled, write_csv
from tests.support import ROOT
from tests.support.robustness import Area
from tests.support.tracks import add_labelled, read

given = Area("Tables")
EVIL = "<img src=x onerror=alert(1)>"
ESCAPED = "&lt;img src=x onerror=alert(1)&gt;"


@pytest.fixture(scope="module")
def tracks(tmp_path_factory):
    """Tracks whose folders, layouts, scenarios and labels are markup."""
    root = tmp_path_factory.mktemp("hostile")
    for number in range(3):
        add_labelled(root / "train" / f"Scenario-B{EVIL}" / EVIL / f"{EVIL}{number}", EVIL, EVIL)
        add_labelled(
            root / "train" / "Scenario-B" / "Brazilian" / f"sound {number}{EVIL}", f"ABC{number // 2}234"
        )
    return read(root)


TABLES = {
    "inventory": lambda tracks: inventory(tracks.table),
    "problem_summary": problem_summary,
    "compare_with_manifest": lambda tracks: compare_with_manifest(tracks.table),
    "repeated_plates": lambda tracks: repeated_plates(tracks.table),
    "leaks": lambda tracks: leaks(add_split(tracks.table, fraction=0.5), fraction=0.5),
    "shared_plates": lambda tracks: shared_plates(add_split(tracks.table, fraction=0.5)),
    "all tracks": lambda tracks: tracks.table,
    "all problems": lambda tracks: tracks.problems,
    "changes": lambda tracks: apply_annotations(
        tracks.table, {tracks.table.track_id[0]: Annotation(flagged=True, note=EVIL)}
    )[1],
    "by label": lambda tracks: tracks.table.set_index(["text", "layout"]).rename_axis([EVIL, None]),
    "labels as columns": lambda tracks: pd.crosstab(tracks.table.text, tracks.table.layout),
}


@pytest.mark.parametrize("name", TABLES)
def test_no_table_runs_the_markup_of_names_labels_and_notes(tracks, name):
    table = TABLES[name](tracks)
    before = table.copy()
    shown = styled(table).hide() if table.index.is_unique and table.index.nlevels == 1 else styled(table)
    for html in (shown.to_html(), shown.format(precision=1, na_rep="–").to_html(), table._repr_html_()):
        assert "<img" not in html
    pd.testing.assert_frame_equal(table, before)


given.note("markup as the name of a folder, as a label or in a note", "is shown as it is written")


def test_what_is_no_text_is_formatted_as_before():
    table = pd.DataFrame(
        {"share": [0.25, np.nan], "name": [EVIL, None], "list": [[EVIL], []]}, index=[EVIL, "b"]
    )
    html = styled(table).format({"share": "{:.0%}"}, na_rep="–").to_html()
    assert "25%" in html
    assert html.count(ESCAPED) == 3
    assert "–" in html
    assert styled(table.head(0)).to_html()


def test_notebooks_style_no_table_by_themselves():
    for source in [*(ROOT / "notebooks").glob("*.py"), *(ROOT / "lpr_helpers").rglob("*.py")]:
        if source.name != "tables.py":
            found = re.findall(
                r"\)\.style\b|\w\.style\.(?:hide|format)\b", source.read_text(encoding="utf-8")
            )
            assert not found, f"{source.name}: utils.styled escapes what a table holds"


@pytest.mark.parametrize(
    "text",
    [
        given(
            f"a note that begins with {first}",
            "is no formula in a spreadsheet, and is read back as it was",
            f"{first}1+1",
        )
        for first in "=+-@"
    ]
    + [given("an apostrophe before it", "is kept", "'=1+1")],
)
def test_a_cell_that_begins_like_a_formula_is_none(tmp_path, text):
    file = write_csv(pd.DataFrame({"note": [text], "share": [-0.5]}), tmp_path / "notes.csv")
    assert file.read_text() == f"note,share\n'{text},-0.5\n"
    assert plain_text(pd.read_csv(file, dtype=str).note[0]) == text


@pytest.mark.parametrize("text", ["\t=1", "  @SUM(A1)", "＝1+1", "''+1"])
def test_blanks_and_other_scripts_hide_no_formula(tmp_path, text):
    table = pd.read_csv(write_csv(pd.DataFrame({"note": [text]}), tmp_path / "a.csv"), dtype=str)
    assert table.note[0] == f"'{text}"
    assert plain_text(table.note[0]) == text


@pytest.mark.fuzz
@tried(st.lists(st.text("=+-@' \tab\"," + "＝"), max_size=5))
def test_texts_survive_the_way_through_a_spreadsheets_file(tmp_path_factory, texts):
    file = write_csv(pd.DataFrame({"note": texts}, dtype=object), tmp_path_factory.mktemp("csv") / "a.csv")
    read = pd.read_csv(file, dtype=str, keep_default_na=False, skip_blank_lines=False).note
    assert [plain_text(text) for text in read] == texts
    assert not any(re.match(r"\s*[=+\-@＝]", text) for text in read)
