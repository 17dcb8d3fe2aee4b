"""Colab with a Drive: the one cell that mounts it, keeps results there and copies a data set from there."""

import os
import shutil
from pathlib import Path

import pytest

from lpr_helpers.data.tracks import read_tracks
from lpr_helpers.notebook.drive import use_drive
from lpr_helpers.notebook.pairs import DRIVE
from lpr_helpers.notebook.settings import read_settings
from tests.support.drive import content_of, plates


def run_drive_cell(**fields):
    """Run the notebooks' Drive cell, its form filled in."""
    code = DRIVE
    for name, value in fields.items():
        (line,) = (line for line in code.splitlines() if line.startswith(f"{name} = "))
        code = code.replace(line, f"{name} = {value!r}")
    exec(code, {})


def test_elsewhere_the_drive_cell_does_nothing_however_it_is_filled_in(tmp_path, monkeypatch):
    monkeypatch.setattr("lpr_helpers.notebook.settings.DRIVE", tmp_path / "drive")
    (tmp_path / "drive" / "MyDrive").mkdir(parents=True)
    before = dict(os.environ)
    run_drive_cell(DRIVE=True, DATA="plates.zip")
    assert dict(os.environ) == before
    assert [path.name for path in tmp_path.rglob("*")] == ["drive", "MyDrive"]


def test_in_colab_without_a_drive_the_cell_does_nothing_by_itself(colab, capsys):
    run_drive_cell()
    assert [name for name in os.environ if name.startswith("LPR_")] == ["LPR_PROGRESS"]
    assert not list((colab.parent / "content").iterdir())
    assert not capsys.readouterr().out
    with pytest.raises(ValueError, match=r"'plates.zip' is to come from your Drive, .* tick DRIVE"):
        run_drive_cell(DATA="plates.zip")


def test_a_tick_mounts_the_drive_and_checkpoints_go_there(colab):
    run_drive_cell(DRIVE=True)
    settings = read_settings(os.environ)
    assert settings.phase1.is_relative_to(colab.parent / "content" / "drive" / "MyDrive" / "lpr")
    assert not settings.scratch.is_relative_to(colab.parent / "content" / "drive")
    assert settings.data is None


@pytest.mark.usefixtures("mounted")
def test_a_folder_that_was_set_by_hand_wins(tmp_path):
    os.environ["LPR_ARTIFACTS"] = str(tmp_path / "mine")
    run_drive_cell(RESULTS="other")
    assert os.environ["LPR_ARTIFACTS"] == str(tmp_path / "mine")


@pytest.mark.parametrize("ending", ["zip", "tar", "gztar"])
@pytest.mark.parametrize("inside", ["", "LRLPR-26"], ids=["bare", "in one folder"])
def test_an_archive_on_the_drive_is_unpacked_on_the_machine(mounted, tmp_path, ending, inside):
    files = plates(tmp_path / "made" / inside)
    archive = Path(shutil.make_archive(str(mounted / "LRLPR-26"), ending, tmp_path / "made"))
    run_drive_cell(DATA=archive.name)
    settings = read_settings(os.environ)
    assert content_of(settings.root) == files
    assert len(read_tracks(settings.root, progress=False).table) == 2
    assert not settings.root.is_relative_to(mounted.parent)
    assert settings.artifacts == mounted / "lpr"
    (folder,) = (mounted.parent.parent / "lpr-data").iterdir()
    assert settings.root in (folder, folder / inside), "nothing is left of the copying"


def test_what_the_environment_names_on_the_drive_is_copied_too_and_once_a_session(mounted, monkeypatch):
    files = plates(mounted / "plates")
    os.environ["LPR_DATA"] = str(mounted / "plates")
    use_drive()
    assert content_of(Path(os.environ["LPR_DATA"])) == files
    monkeypatch.setattr("lpr_helpers.notebook.archives.shutil.copyfile", None)
    os.environ["LPR_DATA"] = str(mounted / "plates")
    use_drive()
    assert content_of(Path(os.environ["LPR_DATA"])) == files
