"""Tracks on disk, sound and labelled, for tests to damage."""

import json
from pathlib import Path

import cv2
import numpy as np

from lpr_helpers.data.tracks import read_tracks

BRAZILIAN = "train/Scenario-B/Brazilian"


def encoded(ending: str = ".png", width: int = 12, height: int = 6) -> bytes:
    """An image file of noise."""
    image = np.random.default_rng(7).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return cv2.imencode(ending, image)[1].tobytes()


def annotate(folder: Path, text: str = "ABC1234", layout: str = "Brazilian", **more) -> None:
    """Label a track."""
    content = {"plate_layout": layout, "plate_text": text} | more
    (folder / "annotations.json").write_text(json.dumps(content), encoding="utf-8")


def add_track(folder: Path, ending: str = ".png", hr: int = 5) -> Path:
    """A sound track without annotation."""
    folder.mkdir(parents=True)
    names = [f"lr-{i:03d}" for i in range(1, 6)] + [f"hr-{i:03d}" for i in range(1, hr + 1)]
    for name in names:
        (folder / f"{name}{ending}").write_bytes(encoded(ending.lower()))
    return folder


def add_labelled(
    folder: Path, text: str = "ABC1234", layout: str = "Brazilian", ending: str = ".png"
) -> Path:
    """A sound track with its label."""
    annotate(add_track(folder, ending), text, layout)
    return folder


def read(root: Path, **options):
    """The tracks under ``root``."""
    return read_tracks(root, progress=False, **options)


def official_tracks(root: Path) -> Path:
    """Three training tracks and a test track, in the official layout."""
    add_labelled(root / "train/Scenario-A/Brazilian/track_00001", "ABC1234")
    add_labelled(root / "train/Scenario-A/Mercosur/track_00002", "ABC1D23", "Mercosur")
    add_labelled(root / BRAZILIAN / "track_10001", "XYZ9876", ending=".JPG")
    add_track(root / "public_test/track_00001", ".jpg", hr=0)
    return root
