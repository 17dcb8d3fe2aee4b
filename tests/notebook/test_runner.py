"""Running notebooks: seen as they go, recorded clean."""

import jupytext
import nbformat
import pytest

from lpr_helpers.notebook.runner import run_all


def write_notebooks(folder, *sources):
    (folder / "notebooks").mkdir()
    for number, source in enumerate(sources, start=1):
        file = folder / "notebooks" / f"{number:02}_step.py"
        file.write_text(f"# %% [markdown]\n# ## Step {number}\n\n# %%\n{source}\n")
        jupytext.write(jupytext.read(file), file.with_suffix(".ipynb"))


@pytest.mark.slow
def test_running_shows_progress_as_it_comes_and_keeps_a_clean_record(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LPR_ARTIFACTS", str(tmp_path / "out"))
    monkeypatch.setenv("LPR_PROGRESS", "widgets")  # so that it is put back afterwards
    shows_a_bar = "from lpr_helpers.utils import bar\nprint('found', sum(bar(range(3), 'Adding')))"
    write_notebooks(tmp_path, shows_a_bar, "raise ValueError('plate too small')", "print('never run')")
    with pytest.raises(SystemExit, match="02_step stopped: ValueError: plate too small"):
        run_all(tmp_path, "tiny")
    shown = capsys.readouterr().out
    assert "## Step 1" in shown
    assert "Adding: 100%" in shown
    assert "found 3" in shown
    assert "never run" not in shown
    record = nbformat.read(tmp_path / "out" / "notebooks" / "01_step.ipynb", as_version=4)
    assert [output.text for output in record.cells[1].outputs] == ["found 3\n"]
