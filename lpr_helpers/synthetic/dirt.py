"""What is wrong with real data, done to generated ones on purpose."""

from __future__ import annotations

import json
from pathlib import Path


def add_dirt(root: Path) -> None:
    """Spoil four training tracks of Scenario B: an ending in capitals, a label that ends in a space, half a frame,
    and a frame less. Raises ValueError where there are fewer tracks than that.
    """
    tracks = sorted((root / "train" / "Scenario-B").glob("*/track_*"))
    if len(tracks) < 4:
        raise ValueError(f"dirt needs four training tracks of Scenario B, here are {len(tracks)}")
    capitals, spaced, *_, halved, incomplete = tracks
    (capitals / "lr-003.jpg").rename(capitals / "lr-003.JPG")
    label = spaced / "annotations.json"
    annotations = json.loads(label.read_text(encoding="utf-8"))
    annotations["plate_text"] += " "
    label.write_text(json.dumps(annotations), encoding="utf-8")
    image = (halved / "lr-002.jpg").read_bytes()
    (halved / "lr-002.jpg").write_bytes(image[: len(image) // 2])
    (incomplete / "lr-004.jpg").unlink()
