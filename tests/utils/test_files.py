"""Files and folders: whole or not at all, whatever happens on the way."""

import errno
import os
import pickle
import shutil
import sys
from pathlib import Path

import pytest

from lpr_helpers.utils.files import DiskFullError, cleared, recovered, whole_folder, write_whole
from lpr_helpers.utils.steps import MissingStepError, require_step
from tests.support.robustness import Area


def test_a_skipped_notebook_is_asked_for_kindly(tmp_path):
    with pytest.raises(MissingStepError, match="Run 01_eda first") as caught:
        require_step(tmp_path / "split.csv", "01_eda")
    assert len(caught.value._render_traceback_()) == 1
    assert require_step(tmp_path, "01_eda") == tmp_path


def test_a_file_or_folder_is_written_whole_or_not_at_all(tmp_path):
    target = tmp_path / "folder"
    with whole_folder(target) as partial:
        write_whole(partial / "file", "old")
    with pytest.raises(TypeError), whole_folder(target) as partial:
        write_whole(partial / "file", 3)
    assert (target / "file").read_text() == "old"
    with pytest.raises(TypeError):
        write_whole(target / "file", 3)
    assert (target / "file").read_text() == "old"
    assert [Path(p).name for p in tmp_path.iterdir()] == ["folder"]
    assert [p.name for p in target.iterdir()] == ["file"]


class Killed(BaseException):
    """The process ends here, and no clean-up of ours runs."""


@pytest.mark.parametrize("moment", range(1, 11))
def test_a_kill_at_any_moment_leaves_the_old_folder_or_the_new_one(tmp_path, monkeypatch, moment):
    target, steps = tmp_path / "last", iter(range(1, 100))
    with whole_folder(target) as partial:
        (partial / "epoch").write_text("1")

    def deadly(act):
        def step(*given, **named):
            if next(steps) >= moment:
                raise Killed
            return act(*given, **named)

        return step

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", deadly(Path.replace))
        patch.setattr("lpr_helpers.utils.files._to_disk", deadly(lambda _: None))
        patch.setattr("lpr_helpers.utils.files.shutil.rmtree", deadly(shutil.rmtree))
        try:
            with whole_folder(target) as partial:
                (partial / "epoch").write_text("2")
        except Killed:
            pass
    assert recovered(target)
    assert (target / "epoch").read_text() in ("1", "2")
    assert cleared(target)
    assert [path.name for path in tmp_path.iterdir()] == ["last"]
    with whole_folder(target) as partial:
        (partial / "epoch").write_text("3")
    assert (target / "epoch").read_text() == "3"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each file is written out by itself")
def test_a_folder_of_many_files_is_written_out_at_once_before_it_gets_its_name(tmp_path, monkeypatch):
    target, synced = tmp_path / "many", []
    monkeypatch.setattr("lpr_helpers.utils.files.MANY", 2)
    monkeypatch.setattr("os.sync", lambda: synced.append(target.exists()))
    for count in (2, 3):
        with whole_folder(target) as partial:
            for number in range(count):
                (partial / str(number)).touch()
        shutil.rmtree(target)
    assert synced == [False]


def test_a_name_that_looks_like_a_pattern_is_cleared_up_too(tmp_path):
    target = tmp_path / "run[1]"
    (tmp_path / ".run[1].new-0000").mkdir()
    with whole_folder(target):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["run[1]"]


def test_an_older_folder_that_is_in_use_is_deleted_later(tmp_path, monkeypatch):
    """As on a network drive, where a file that somebody has open cannot be deleted."""
    target, delete = tmp_path / "last", shutil.rmtree

    def busy(folder, ignore_errors=False):
        if (Path(folder) / "used").exists() and not ignore_errors:
            raise OSError(errno.EBUSY, "Device or resource busy")
        if not (Path(folder) / "used").exists():
            delete(folder, ignore_errors=ignore_errors)

    with whole_folder(target) as partial:
        (partial / "used").touch()
    with monkeypatch.context() as patch:
        patch.setattr("lpr_helpers.utils.files.shutil.rmtree", busy)
        for epoch in "123":
            with whole_folder(target) as partial:
                (partial / "epoch").write_text(epoch)
        assert (target / "epoch").read_text() == "3"
        assert len(list(tmp_path.iterdir())) == 2
    assert cleared(target)
    assert [path.name for path in tmp_path.iterdir()] == ["last"]


def test_a_reader_does_not_disturb_whoever_writes(tmp_path, monkeypatch):
    target, moved = tmp_path / "best", Path.replace
    with whole_folder(target) as partial:
        (partial / "epoch").write_text("1")
    with whole_folder(target) as partial:
        assert recovered(target)
        (partial / "epoch").write_text("2")
    assert (target / "epoch").read_text() == "2"

    def between_the_renames(path, name):
        moved(path, name)
        if path == target:
            monkeypatch.undo()
            assert recovered(target)
            assert (target / "epoch").read_text() == "2"

    monkeypatch.setattr(Path, "replace", between_the_renames)
    with whole_folder(target) as partial:
        (partial / "epoch").write_text("3")
    assert (target / "epoch").read_text() == "3"
    assert [path.name for path in tmp_path.iterdir()] == ["best"]


space = Area("A disk that is full")


@pytest.mark.parametrize(
    "number",
    [
        space("a disk without room", "one sentence that says where, and what to do", errno.ENOSPC),
        space("a quota that is used up", "one sentence that says where, and what to do", errno.EDQUOT),
    ],
)
def test_a_full_disk_is_told_in_a_sentence_that_passes_between_processes(tmp_path, number):
    sentence = r"no room for it \(.*\): make room on that disk, then run this again: '.*data'"
    with pytest.raises(DiskFullError, match=sentence) as caught, whole_folder(tmp_path / "data"):
        raise OSError(number, os.strerror(number))
    assert not list(tmp_path.iterdir())
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again), again.errno) == (DiskFullError, str(caught.value), number)
