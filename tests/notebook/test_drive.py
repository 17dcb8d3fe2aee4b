"""Colab with a Drive: the one cell that mounts it, keeps results there and copies a data set from there."""

import os
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

from lpr_helpers.data.tracks import read_tracks
from lpr_helpers.notebook.archives import local_copy
from lpr_helpers.notebook.drive import use_drive
from lpr_helpers.notebook.pairs import DRIVE
from lpr_helpers.notebook.settings import read_settings

ROOT = Path(__file__).parent.parent


@pytest.fixture
def colab(tmp_path, monkeypatch):
    """A Colab machine in this process, its Drive known to Google but not mounted; returns where its files will be."""
    content, files = tmp_path / "content", tmp_path / "MyDrive"
    content.mkdir()
    files.mkdir()
    drive = ModuleType("google.colab.drive")
    drive.mount = lambda place: (Path(place).mkdir(), files.rename(Path(place) / "MyDrive"))
    package = ModuleType("google.colab")
    package.drive = drive
    monkeypatch.setitem(sys.modules, "google.colab", package)
    monkeypatch.setattr("lpr_helpers.settings.DRIVE", content / "drive")
    monkeypatch.setattr(os, "environ", {"LPR_PROGRESS": "text"})
    return files


@pytest.fixture
def mounted(colab):
    """The Drive's files, mounted."""
    sys.modules["google.colab"].drive.mount(str(colab.parent / "content" / "drive"))
    return colab.parent / "content" / "drive" / "MyDrive"


def run_drive_cell(**fields):
    """Run the notebooks' Drive cell, its form filled in."""
    code = DRIVE
    for name, value in fields.items():
        (line,) = (line for line in code.splitlines() if line.startswith(f"{name} = "))
        code = code.replace(line, f"{name} = {value!r}")
    exec(code, {})


def test_elsewhere_the_drive_cell_does_nothing_however_it_is_filled_in(tmp_path, monkeypatch):
    monkeypatch.setattr("lpr_helpers.settings.DRIVE", tmp_path / "drive")
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


def plates(folder):
    """A data set of two tracks; returns its files, by name, with what they hold."""
    for track in ("track_00001", "track_00002"):
        shutil.copytree(next(ROOT.glob("tests/fixture/train/Scenario-B/*/track_*")), folder / "train" / track)
    return content_of(folder)


def content_of(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


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
    monkeypatch.setattr("lpr_helpers.colab.shutil.copyfile", None)
    os.environ["LPR_DATA"] = str(mounted / "plates")
    use_drive()
    assert content_of(Path(os.environ["LPR_DATA"])) == files


def test_a_copy_that_breaks_off_is_not_there_and_goes_on_where_it_was(mounted, monkeypatch):
    files, copyfile, calls = plates(mounted / "plates"), shutil.copyfile, []

    def fails_after_three(source, target):
        if len(calls) == 3:
            Path(target).write_bytes(b"half")
            raise OSError("Transport endpoint is not connected")
        calls.append(copyfile(source, target))

    monkeypatch.setattr("lpr_helpers.colab.WORKERS", 1)
    monkeypatch.setattr("lpr_helpers.colab.shutil.copyfile", fails_after_three)
    with pytest.raises(OSError, match=r"broke off .*not connected.*run this again"):
        local_copy(mounted / "plates")
    assert all(path.name.startswith(".") for path in (mounted.parent.parent / "lpr-data").iterdir())

    monkeypatch.setattr("lpr_helpers.colab.shutil.copyfile", lambda *paths: calls.append(copyfile(*paths)))
    assert content_of(local_copy(mounted / "plates")) == files
    assert len(calls) == len(files), "three were there"


def test_an_archive_whose_copy_breaks_off_is_not_read_twice(mounted, tmp_path, monkeypatch):
    files = plates(tmp_path / "made")
    archive = Path(shutil.make_archive(str(mounted / "plates"), "zip", tmp_path / "made"))
    read = []

    def breaks_off(size):
        read.append(size)
        if len(read) == 3:
            raise OSError("Input/output error")

    monkeypatch.setattr("lpr_helpers.colab.CHUNK", archive.stat().st_size // 4)
    monkeypatch.setattr("lpr_helpers.colab.bar", lambda *_, **options: Counting(breaks_off, **options))
    with pytest.raises(OSError, match="broke off"):
        local_copy(archive)
    started = []
    monkeypatch.setattr("lpr_helpers.colab.bar", lambda *_, **options: Counting(started.append, **options))
    assert content_of(local_copy(archive)) == files
    assert sum(started) < archive.stat().st_size / 2


class Counting:
    """A progress bar that hands every update on."""

    def __init__(self, update, **_):
        self.update = update

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def test_what_cannot_be_unpacked_is_named_and_forgotten(mounted):
    (mounted / "plates.zip").write_bytes(b"<html>Quota exceeded</html>")
    (mounted / "plates.tar.gz").write_bytes(b"\x1f\x8b and then nothing")
    (mounted / "plates.rar").write_bytes(b"Rar!")
    for name in ("plates.zip", "plates.tar.gz"):
        with pytest.raises(ValueError, match=f"{name} cannot be unpacked .* put it on your Drive again"):
            local_copy(mounted / name)
    with pytest.raises(ValueError, match=r"plates\.rar is no archive that can be unpacked: .*\.zip"):
        local_copy(mounted / "plates.rar")
    with pytest.raises(ValueError, match=r"there is no .*nothing\.zip"):
        local_copy(mounted / "nothing.zip")
    assert not list((mounted.parent.parent / "lpr-data").iterdir())
