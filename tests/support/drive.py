"""A data set to lay on a Drive."""

import shutil

from tests.support import FIXTURE


def plates(folder):
    """A data set of two tracks; returns its files, by name, with what they hold."""
    for track in ("track_00001", "track_00002"):
        shutil.copytree(next(FIXTURE.glob("train/Scenario-B/*/track_*")), folder / "train" / track)
    return content_of(folder)


def content_of(folder):
    """Every file of a folder, by name, with what it holds."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
