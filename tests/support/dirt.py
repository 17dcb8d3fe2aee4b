"""A data set with every kind of dirt that real ones were seen to have, each in a track of its own."""

from __future__ import annotations

import json
import os
import shutil
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np

from tests.support import FIXTURE
from tests.support.tracks import encoded

EVIL = "<img src=x onerror=alert(1)>"


def huge_png(width: int, height: int, bits: int = 8) -> bytes:
    """A valid grey PNG of any size, black, whose file is small."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer, line = zlib.compressobj(9), bytes(1 + -(-width * bits // 8))
    data = b"".join(packer.compress(line) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def image(*shape: int, dtype: type = np.uint8) -> bytes:
    """A PNG of noise of this shape."""
    top = np.iinfo(dtype).max
    return cv2.imencode(".png", np.random.default_rng(7).integers(0, top, shape, dtype=dtype))[1].tobytes()


def frame(content: bytes, name: str = "lr-001.png"):
    """Another first frame."""

    def do(track: Path) -> None:
        for old in track.glob("lr-001.*"):
            old.unlink()
        (track / name).write_bytes(content)

    return do


def more(name: str, content: bytes):
    """One more file."""
    return lambda track: (track / name).write_bytes(content)


def label(**changes: object):
    """Other values in the annotation; text gets a function of the text."""

    def do(track: Path) -> None:
        file = track / "annotations.json"
        content = json.loads(file.read_text(encoding="utf-8"))
        for key, value in changes.items():
            content[key] = value(content.get(key)) if callable(value) else value
        file.write_text(json.dumps(content), encoding="utf-8")

    return do


def annotation(content: bytes):
    """Another annotation."""
    return lambda track: (track / "annotations.json").write_bytes(content)


def named(name: str):
    """Another name of the folder."""
    return lambda track: track.rename(track.with_name(name))


def no_frames(track: Path) -> None:
    """All frames go."""
    for file in [*track.glob("lr-*"), *track.glob("hr-*")]:
        file.unlink()


def link(target: str, name: str = "lr-001.png"):
    """A frame that is a link."""

    def do(track: Path) -> None:
        frame(b"", name)(track)
        (track / name).unlink()
        (track / name).symlink_to(target)

    return do


def fifo(name: str):
    """A file that is a FIFO."""

    def do(track: Path) -> None:
        for old in track.glob(f"{name.partition('.')[0]}.*"):
            old.unlink()
        os.mkfifo(track / name)

    return do


FRAMES = {
    "a 1 × 1 frame": frame(image(1, 1, 3)),
    "a 1 × 20 frame": frame(image(20, 1, 3)),
    "a 44 × 1 frame": frame(image(1, 44, 3)),
    "a 12,000 × 12,000 PNG": frame(huge_png(12_000, 12_000)),
    "a 1-bit PNG of 30,000 × 30,000": frame(huge_png(30_000, 30_000, 1)),
    "zero bytes": frame(b""),
    "half a PNG": frame(encoded()[:200]),
    "a JPEG cut to 80 %": frame(encoded(".jpg", 44, 20)[:-90], "lr-001.jpg"),
    "an HTML page as a frame": frame(b"<html>"),
    "a grey frame": frame(image(20, 44, 1)),
    "a frame with transparency": frame(image(20, 44, 4)),
    "a 16-bit frame": frame(image(20, 44, 3, dtype=np.uint16)),
    "a frame of another size": frame(image(200, 440, 3)),
    "a frame too few": lambda track: next(track.glob("lr-003.*")).unlink(),
    "an HR frame too few": lambda track: next(track.glob("hr-002.*")).unlink(),
    "a sixth LR frame": more("lr-006.png", image(20, 44, 3)),
    "one frame twice": more("lr-001.bmp", encoded(".bmp")),
    "another name": more("photo.jpg", encoded(".jpg")),
    "a .webp frame": more("lr-007.webp", encoded(".webp")),
    "an ending in capitals": frame(image(20, 44, 3), "lr-001.PNG"),
    "companions of macOS": more("._lr-001.png", b"\0\5\x16\7"),
    "Thumbs.db": more("Thumbs.db", b"x"),
    "no frames": no_frames,
    "a dangling link": link("gone"),
    "a link to /dev/zero": link("/dev/zero"),
    "a FIFO as a frame": fifo("lr-001.png"),
}
LABELS = {
    "half an annotation": annotation(b'{"plate_'),
    "an empty annotation": annotation(b""),
    "an annotation in Latin-1": annotation('{"plate_text": "Ç"}'.encode("latin-1")),
    "a list as annotation": annotation(b"[]"),
    "an annotation that is nested deeply": annotation(b"[" * 100_000),
    "a byte-order mark": lambda track: annotation(
        b"\xef\xbb\xbf" + (track / "annotations.json").read_bytes()
    )(track),
    "no text": label(plate_text=None),
    "a number as text": label(plate_text=1234567),
    "a text too short": label(plate_text="ABC123"),
    "a text with a space": label(plate_text=lambda text: f"{text} "),
    "a text with a hyphen": label(plate_text=lambda text: f"{text[:3]}-{text[3:]}"),
    "a text in lower case": label(plate_text=str.lower),
    "letters of another script": label(plate_text=lambda text: "А" + text[1:]),
    "a lone surrogate": label(plate_text="\ud800BC1234"),
    "markup as text": label(plate_text=EVIL),
    "a layout that nobody knows": label(plate_layout="Argentine"),
    "markup as layout": label(plate_layout=EVIL),
    "corners that are no numbers": label(corners={"lr-001.png": {"top-left": [float("nan"), 1]}}),
    "corners far outside": label(
        corners={
            "lr-001.png": {
                name: [1e9, -1e9] for name in ("top-left", "top-right", "bottom-right", "bottom-left")
            }
        }
    ),
    "a FIFO as annotation": fifo("annotations.json"),
}
DIRT = FRAMES | LABELS
NAMES = {
    "markup as a folder's name": named(EVIL),
    "a formula as a folder's name": named("=HYPERLINK(1)"),
    "a formula of TeX as a folder's name": named("$x^$ {_"),
    "a comma and a semicolon in a folder's name": named("track,1;2"),
    "a folder's name in Latin-1": named(os.fsdecode("Straße".encode("latin-1"))),
    "a folder's name in another script": named("дорога 1"),
    "links that lead round": lambda track: (track / "round").symlink_to(
        track.parent, target_is_directory=True
    ),
}


def dirty_tracks(root: Path) -> Path:
    """For each kind of dirt a training track of Scenario B and a test track, and a training track for each odd name."""
    sound = sorted((FIXTURE / "train" / "Scenario-B").glob("*/track_*"))
    for number, spoil in enumerate((DIRT | NAMES).values()):
        source = sound[number % len(sound)]
        trained = root / source.relative_to(FIXTURE).with_name(f"track_9{number:04}")
        shutil.copytree(source, trained)
        spoil(trained)
        if number < len(DIRT):
            tested = root / "test" / trained.name
            shutil.copytree(source, tested)
            spoil(tested)
            (tested / "annotations.json").unlink(missing_ok=True)
    return root


def dirty_data(root: Path) -> Path:
    """The fixture's tracks, and `dirty_tracks` among them."""
    for part in ("train", "test"):
        shutil.copytree(FIXTURE / part, root / part)
    return dirty_tracks(root)
