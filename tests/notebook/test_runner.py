"""Running notebooks: seen as they go, recorded clean."""

import jupytext
import nbformat
import pytest

from lpr_helpers import cli
from lpr_helpers.notebook import runner
from lpr_helpers.notebook.finished import fingerprint
from lpr_helpers.notebook.runner import run_all
from lpr_helpers.notebook.settings import read_settings
from tests.support.robustness import Area
from tests.support.tracks import official_tracks

given = Area("Running all notebooks")


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


@pytest.mark.slow
def test_ctrl_c_ends_the_notebooks_with_a_word(tmp_path, monkeypatch):
    monkeypatch.setenv("LPR_ARTIFACTS", str(tmp_path / "out"))
    monkeypatch.setenv("LPR_PROGRESS", "text")
    press = "import os, signal, time; os.kill(os.getppid(), signal.SIGINT); time.sleep(60)"
    write_notebooks(tmp_path, press, "print('never run')")
    with pytest.raises(KeyboardInterrupt, match="the same command goes on with 01_step"):
        run_all(tmp_path, "tiny")


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A checkout with three notebooks, and data of one's own; returns a call of the command."""
    monkeypatch.setenv("LPR_DATA", str(official_tracks(tmp_path / "mine")))
    monkeypatch.setenv("LPR_ARTIFACTS", str(tmp_path / "out"))
    monkeypatch.setenv("LPR_PROFILE", "tiny")
    monkeypatch.setenv("LPR_PROGRESS", "text")
    monkeypatch.setattr("lpr_helpers.cli.notebooks.checkout", lambda: tmp_path)
    evil = "from lpr_helpers.utils import styled; import pandas as pd\nstyled(pd.DataFrame([['<script>x</script>']]))"
    write_notebooks(tmp_path, "import os; print('of', os.environ['LPR_DATA'])", "print('second')", evil)
    return lambda *options: cli.main(["notebooks", "run", *options])


def ran(shown):
    """The notebooks that ran, by what was shown."""
    return [line.split()[1] for line in shown.splitlines() if line.startswith("══") and "took" in line]


@pytest.mark.slow
def test_ones_own_data_go_through_all_notebooks_and_only_what_changed_runs_again(own, tmp_path, capsys):
    assert own() == 0
    shown = capsys.readouterr().out
    assert f"of {tmp_path / 'mine'}" in shown
    assert ran(shown) == ["01_step", "02_step", "03_step"]
    page = (tmp_path / "out" / "notebooks" / "report.html").read_text()
    assert page.index("Step 1") < page.index("Step 2") < page.index("Step 3")
    assert "&lt;script&gt;x" in page
    assert "<script>x" not in page

    assert own() == 0
    shown = capsys.readouterr().out
    assert ran(shown) == []
    assert shown.count("stands as it is (--fresh runs it again)") == 3

    step = tmp_path / "notebooks" / "02_step.ipynb"
    step.write_text(step.read_text().replace("'second'", "'2nd'"))
    assert own() == 0
    assert ran(capsys.readouterr().out) == ["02_step", "03_step"], "the third builds on it"
    assert own("--fresh") == 0
    assert len(ran(capsys.readouterr().out)) == 3


given.note("LPR_DATA and LPR_ARTIFACTS as relative paths", "are taken from where the command is run")


@pytest.mark.slow
def test_relative_paths_are_taken_from_where_the_command_is_run(own, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LPR_DATA", "mine")
    monkeypatch.setenv("LPR_ARTIFACTS", "./out")
    assert own() == 0
    assert f"of {tmp_path / 'mine'}" in capsys.readouterr().out
    assert (tmp_path / "out" / "notebooks" / "report.html").exists()


@pytest.mark.slow
def test_a_run_that_stopped_goes_on_with_the_notebook_that_failed(own, tmp_path, capsys):
    step = tmp_path / "notebooks" / "02_step.ipynb"
    sound = step.read_text()
    step.write_text(sound.replace("print('second')", "1 / 0"))
    with pytest.raises(SystemExit, match="02_step stopped: ZeroDivisionError"):
        own()
    capsys.readouterr()
    step.write_text(sound)
    assert own() == 0
    assert ran(capsys.readouterr().out) == ["02_step", "03_step"]


given.note("`notebooks run` after one of them failed", "goes on with that one")
given.note("`notebooks run` again with nothing changed", "runs nothing; `--fresh` runs all")


def test_what_notebooks_depend_on_is_told_by_settings_sources_and_files(tmp_path):
    root = official_tracks(tmp_path / "mine")
    settings = {"LPR_DATA": str(root), "LPR_ARTIFACTS": str(tmp_path / "out"), "LPR_PROFILE": "tiny"}
    first = fingerprint(read_settings(settings))
    assert fingerprint(read_settings(settings)) == first
    assert fingerprint(read_settings(settings | {"LPR_PROFILE": "demo"})) != first
    next(root.rglob("lr-001.png")).write_bytes(b"another frame")
    assert fingerprint(read_settings(settings)) != first


def test_without_a_data_set_the_command_says_what_it_expected(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LPR_DATA", str(tmp_path))
    assert cli.main(["notebooks", "run"]) == 2
    assert "Expected train/Scenario-A" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lacking", "command"),
    [
        given("`notebooks run` without nbconvert", "a sentence before anything runs", "nbconvert", "run"),
        given("`notebooks demo` without nbclient", "a sentence before anything runs", "nbclient", "demo"),
    ],
)
def test_what_running_notebooks_takes_is_named_before_anything_runs(monkeypatch, lacking, command):
    monkeypatch.setattr(runner, "find_spec", lambda name: None if name == lacking else name)
    with pytest.raises(SystemExit, match=f"takes {lacking}: .* -m pip install {lacking} "):
        cli.main(["notebooks", command])


def test_the_demo_says_that_it_leaves_ones_own_data_alone(monkeypatch, capsys):
    monkeypatch.setenv("LPR_DATA", "/my/plates")
    monkeypatch.setattr(runner, "run_all", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        runner.demo(None)
    assert "LPR_DATA is /my/plates, but the demo draws its own plates" in capsys.readouterr().out


given.note("`make demo` with LPR_DATA set", "draws its own plates, and says so")


def test_where_there_are_no_notebooks_none_is_said_to_have_run(tmp_path, monkeypatch):
    monkeypatch.setenv("LPR_ARTIFACTS", str(tmp_path / "out"))
    monkeypatch.setenv("LPR_PROGRESS", "text")
    with pytest.raises(SystemExit, match=r"no notebooks in .*: run this in a checkout"):
        run_all(tmp_path, "tiny")
