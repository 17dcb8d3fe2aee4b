"""Two processes and one folder: one writes, and the other is told who does."""

import errno
import os
import platform
import subprocess
import sys
from multiprocessing import get_context

import pytest
from filelock import FileLock

from lpr_helpers.utils.locks import FolderInUseError, sole_writer
from tests.support.robustness import Area

area = Area("Two processes in one folder")

HOLD = """
import sys
from pathlib import Path
from lpr_helpers.utils.locks import sole_writer
with sole_writer(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(folder):
    """A process that writes ``folder`` until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


area.note("a folder that another process writes", "refused, with that process's number, machine and time")
area.note("a folder whose writer was killed", "taken over at once")


def test_the_second_is_told_who_was_first_and_comes_in_when_that_one_is_dead(tmp_path):
    with holder(tmp_path / "run") as other:
        sentence = rf"run is being written by process {other.pid} on {platform.node()}, since 20.*Let it end"
        for _ in range(2):
            with pytest.raises(FolderInUseError, match=sentence), sole_writer(tmp_path / "run"):
                pass
        other.kill()
    with sole_writer(tmp_path / "run"):
        assert str(os.getpid()) in (tmp_path / ".run.owner.json").read_text()
    assert not list(tmp_path.iterdir())


def test_whoever_waits_says_for_whom(tmp_path, monkeypatch):
    said = []
    with holder(tmp_path / "run") as other:

        def hear(sentence, **_):
            said.append(sentence)
            other.stdin.close()

        monkeypatch.setattr("builtins.print", hear)
        with sole_writer(tmp_path / "run", wait=True):
            pass
    assert len(said) == 1
    assert f"process {other.pid}" in said[0]
    assert said[0].endswith("; waiting for it")


def test_one_process_is_no_exception(tmp_path):
    with (
        sole_writer(tmp_path / "run"),
        pytest.raises(FolderInUseError, match=str(os.getpid())),
        sole_writer(tmp_path / "run"),
    ):
        pass
    with sole_writer(tmp_path / "run"), sole_writer(tmp_path / "other"):
        pass


@pytest.mark.parametrize(
    "problem",
    [
        area("a file system that knows no locks", "works, without a lock", NotImplementedError("no flock")),
        area(
            "a network drive that is out of locks", "works, without a lock", OSError(errno.ENOLCK, "No locks")
        ),
    ],
)
def test_without_locks_nobody_is_locked_out(tmp_path, monkeypatch, problem):
    def refused(*_, **__):
        raise problem

    monkeypatch.setattr(FileLock, "acquire", refused)
    with sole_writer(tmp_path / "run"), sole_writer(tmp_path / "run"):
        pass


def test_an_owner_that_cannot_be_read_is_not_named(tmp_path):
    with holder(tmp_path / "run") as other:
        (tmp_path / ".run.owner.json").write_text("[]")
        with pytest.raises(FolderInUseError, match="by another process"), sole_writer(tmp_path / "run"):
            pass
        other.kill()


def _add(folder, count):
    for _ in range(count):
        with sole_writer(folder, wait=True):
            number = int((folder / "number").read_text())
            (folder / "number").write_text(str(number + 1))


@pytest.mark.slow
def test_nothing_is_written_by_two_at_once(tmp_path):
    (tmp_path / "number").write_text("0")
    adding = [get_context("spawn").Process(target=_add, args=(tmp_path, 40)) for _ in range(3)]
    for process in adding:
        process.start()
    for process in adding:
        process.join(120)
    assert (tmp_path / "number").read_text() == "120"
