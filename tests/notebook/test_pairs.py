"""The notebooks as files: pairs in step, no outputs, badges and set-up cells of this repository."""

import json
import re

import jupytext
import nbformat
import pytest

from lpr_helpers.notebook.pairs import COLAB, SETUP, notebook_pairs, render, repository
from tests.support import ROOT

SOURCES = notebook_pairs(ROOT)


def test_there_are_five_in_order():
    assert [file.stem for file in SOURCES] == [
        "01_eda",
        "02_train_phase1",
        "03_finetune_phase2",
        "04_error_analysis",
        "05_submission",
    ]
    assert {file.stem for file in (ROOT / "notebooks").iterdir() if file.suffix == ".ipynb"} == {
        file.stem for file in SOURCES
    }


@pytest.mark.parametrize("source", SOURCES, ids=lambda file: file.stem)
def test_both_files_of_a_pair_hold_the_same_cells(source):
    script, notebook = jupytext.read(source), nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    assert [(c.cell_type, c.source) for c in script.cells] == [
        (c.cell_type, c.source) for c in notebook.cells
    ], "the pair is out of step: run `make sync`"


@pytest.mark.parametrize("source", SOURCES, ids=lambda file: file.stem)
def test_a_committed_notebook_is_valid_and_has_no_outputs(source):
    text = source.with_suffix(".ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert "widgets" not in notebook.metadata


@pytest.mark.parametrize("source", SOURCES, ids=lambda file: file.stem)
def test_badge_and_setup_cell_are_rendered_from_the_one_address(source):
    text = source.read_text(encoding="utf-8")
    assert render(text, repository(ROOT)) == text, "run `make sync`"
    assert re.findall(re.escape(COLAB) + r"\S+/notebooks/(\w+)\.ipynb\)", text) == [source.stem]
    assert SETUP.format(repository=repository(ROOT)) in text


@pytest.mark.parametrize("source", SOURCES, ids=lambda file: file.stem)
def test_cells_are_short_and_define_nothing_long(source):
    for cell in jupytext.read(source).cells:
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 15, cell.source


@pytest.mark.parametrize("source", SOURCES, ids=lambda file: file.stem)
def test_a_notebook_imports_rooms_and_little_else(source):
    lines = [
        line for line in source.read_text(encoding="utf-8").splitlines() if re.match("(import|from) ", line)
    ]
    assert len(lines) <= 8
    assert {line.split()[1] for line in lines if "lpr_helpers" in line} == {
        "lpr_helpers",
        "lpr_helpers.notebook",
    }


def test_a_fork_changes_one_line():
    script = (ROOT / "notebooks" / "01_eda.py").read_text(encoding="utf-8")
    forked = render(script, "https://github.com/ada/plates")
    assert f"{COLAB}ada/plates/blob/main/notebooks/01_eda.ipynb" in forked
    assert '"https://github.com/ada/plates"' in forked
    assert render(forked, repository(ROOT)) == script


def test_readme_links_every_notebook_of_this_repository():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert render(text, repository(ROOT)) == text, "run `make sync`"
    for source in SOURCES:
        assert text.count(f"/blob/main/notebooks/{source.stem}.ipynb)") == 1
