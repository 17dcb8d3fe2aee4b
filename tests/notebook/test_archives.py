"""A data set copied from a Drive: whole or not at all, and never read twice."""

import shutil
from pathlib import Path

import pytest

from lpr_helpers.notebook.archives import local_copy
from tests.support.drive import content_of, plates


def test_a_copy_that_breaks_off_is_not_there_and_goes_on_where_it_was(mounted, monkeypatch):
    files, copyfile, calls = plates(mounted / "plates"), shutil.copyfile, []

    def fails_after_three(source, target):
        if len(calls) == 3:
            Path(target).write_bytes(b"half")
            raise OSError("Transport endpoint is not connected")
        calls.append(copyfile(source, target))

    monkeypatch.setattr("lpr_helpers.notebook.archives.WORKERS", 1)
    monkeypatch.setattr("lpr_helpers.notebook.archives.shutil.copyfile", fails_after_three)
    with pytest.raises(OSError, match=r"broke off .*not connected.*run this again"):
        local_copy(mounted / "plates")
    assert all(path.name.startswith(".") for path in (mounted.parent.parent / "lpr-data").iterdir())

    monkeypatch.setattr(
        "lpr_helpers.notebook.archives.shutil.copyfile", lambda *paths: calls.append(copyfile(*paths))
    )
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

    monkeypatch.setattr("lpr_helpers.notebook.archives.CHUNK", archive.stat().st_size // 4)
    monkeypatch.setattr(
        "lpr_helpers.notebook.archives.bar", lambda *_, **options: Counting(breaks_off, **options)
    )
    with pytest.raises(OSError, match="broke off"):
        local_copy(archive)
    started = []
    monkeypatch.setattr(
        "lpr_helpers.notebook.archives.bar", lambda *_, **options: Counting(started.append, **options)
    )
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
        with pytest.raises(ValueError, match=f"{name} cannot be unpacked: .* so put it on your Drive again"):
            local_copy(mounted / name)
    with pytest.raises(ValueError, match=r"plates\.rar is no archive that can be unpacked: .*\.zip"):
        local_copy(mounted / "plates.rar")
    with pytest.raises(ValueError, match=r"there is no .*nothing\.zip"):
        local_copy(mounted / "nothing.zip")
    assert not list((mounted.parent.parent / "lpr-data").iterdir())
