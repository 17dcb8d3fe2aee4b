import os
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def drive_to_come(tmp_path, monkeypatch):
    """A machine as Colab lends it, with a Drive that is not mounted yet; returns where it would be."""
    drive = tmp_path / "content" / "drive"
    drive.parent.mkdir()
    monkeypatch.setattr("lpr_helpers.notebook.settings.DRIVE", drive)
    return drive


@pytest.fixture
def colab(drive_to_come, monkeypatch):
    """A Colab machine in this process, its Drive known to Google but not mounted; returns where its files will be."""
    files = drive_to_come.parent.parent / "MyDrive"
    files.mkdir()
    drive = ModuleType("google.colab.drive")
    drive.mount = lambda place: (Path(place).mkdir(), files.rename(Path(place) / "MyDrive"))
    package = ModuleType("google.colab")
    package.drive = drive
    monkeypatch.setitem(sys.modules, "google.colab", package)
    monkeypatch.setattr(os, "environ", {"LPR_PROGRESS": "text"})
    return files


@pytest.fixture
def mounted(colab, drive_to_come):  # noqa: ARG001 (there has to be a Colab)
    """The Drive's files, mounted."""
    sys.modules["google.colab"].drive.mount(str(drive_to_come))
    return drive_to_come / "MyDrive"
