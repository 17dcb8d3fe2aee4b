"""What may be wrong with one track folder: its images and its annotation, each read once and judged."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

from lpr_helpers.data.folders import ENDINGS, LABEL_FILE, FoundTrack, is_frame
from lpr_helpers.data.labels import Problem, Report, corners_of, layout_of, read_bytes, read_label, text_of
from lpr_helpers.plates import PlateFormat
from lpr_helpers.utils.images import FRAMES

_OTHER_IMAGES = (".webp", ".gif", ".tif", ".tiff", ".jp2", ".heic", ".avif")
_PNG_END = b"IEND\xaeB`\x82"


@dataclass(frozen=True)
class CheckedTrack:
    """What a track's files say; frames are names in its folder, sizes (width, height), corners [[x, y] × 4]."""

    text: str = ""
    layout: str = ""
    trainable: bool = False
    lr: list[str] = field(default_factory=list)
    hr: list[str] = field(default_factory=list)
    lr_sizes: list[tuple[int, int]] = field(default_factory=list)
    hr_sizes: list[tuple[int, int]] = field(default_factory=list)
    corners: dict[str, list[list[float]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


class BadImageError(ValueError):
    """An image file that cannot be used; `kind` is the problem's slug."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def check_track(root: Path, found: FoundTrack, plate: PlateFormat) -> CheckedTrack:
    """Read every file of a track once and say what is usable and what is wrong; never raises for bad files."""
    problems: list[Problem] = []

    def report(kind: str, message: str, name: str = "", repaired: bool = False) -> None:
        file = str(PurePosixPath(found.folder) / name)
        problems.append(Problem(found.track_id, file, kind, message, repaired))

    if found.trouble:
        report("unreadable-folder", f"the folder cannot be listed ({found.trouble}): change its permissions")
        return CheckedTrack(layout=found.layout, problems=problems)
    names = [name for name, _, _ in found.files]
    lr, hr = frame_names(names, report)
    _report_missing(lr, "LR", report)
    if found.wants_hr:
        _report_missing(hr, "HR", report)
    sizes = _usable_sizes(root / found.folder, lr + hr, report)
    annotation = read_label(root / found.folder, found, report)
    text = text_of(annotation, plate, report)
    layout = layout_of(annotation, text, found, plate, report)
    known = layout in ("", *plate.layouts)
    misfit = plate.misfit(text, layout or None) if text and known else None
    if misfit:
        report("text-misfit", f"{misfit}; kept, but not trained on: correct the label", LABEL_FILE)
    lr, hr = ([name for name in names if name in sizes] for names in (lr, hr))
    return CheckedTrack(
        text=text,
        layout=layout,
        trainable=bool(text and lr and known and not misfit),
        lr=lr,
        hr=hr,
        lr_sizes=[sizes[name] for name in lr],
        hr_sizes=[sizes[name] for name in hr],
        corners=corners_of(annotation, lr + hr),
        problems=problems,
    )


def frame_names(names: list[str], report: Report) -> tuple[list[str], list[str]]:
    """LR and HR frames among a track's file names, sorted by name; images under odd names are reported."""
    frames: dict[str, str] = {}
    for name in sorted(names, key=str.lower):
        path = PurePosixPath(name.lower())
        if is_frame(name):
            if path.stem in frames:
                message = (
                    f"the same frame as {frames[path.stem]} in another format; left out: delete one of them"
                )
                report("duplicate-frame", message, name)
            else:
                frames[path.stem] = name
        elif path.suffix in ENDINGS + _OTHER_IMAGES:
            message = f"left out: frames are named lr-001 or hr-001 and so on, ending in {', '.join(ENDINGS)}"
            report("frame-name", message, name)
    lr, hr = ([name for stem, name in frames.items() if stem.startswith(kind)] for kind in ("lr-", "hr-"))
    return lr, hr


def _report_missing(names: list[str], kind: str, report: Report) -> None:
    if len(names) >= FRAMES:
        return
    numbers = {int(digits.group()) for name in names if (digits := re.search(r"\d+", name))}
    missing = [f"{kind.lower()}-{i:03d}" for i in range(1, FRAMES + 1) if i not in numbers]
    message = f"{len(names)} of {FRAMES} {kind} frames" + (
        f", {', '.join(missing)} missing" if missing else ""
    )
    report("missing-frames", f"{message}; used as it is: copy the folder again if the original has more")


def image_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels of an encoded image, which is decoded whole to be sure of it.

    Raises
    ------
    BadImageError: zero bytes, the end is missing, or it cannot be decoded.
    """
    if not data:
        raise BadImageError("empty-image", "the file has zero bytes")
    if _is_cut_short(data):
        raise BadImageError("truncated-image", f"the image's end is missing after {len(data)} bytes")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error:
        image = None
    if image is None:
        raise BadImageError("unreadable-image", "the file cannot be decoded as an image")
    return image.shape[1], image.shape[0]


def _is_cut_short(data: bytes) -> bool:
    # Decoders differ in this: some fill what is missing with grey and call it an image. What follows the end
    # mark is no harm, and an EXIF thumbnail has an end mark of its own, so the mark must follow the last scan.
    if data.startswith(b"\xff\xd8"):
        return data.find(b"\xff\xd9", max(data.rfind(b"\xff\xda"), 0)) < 0
    if data.startswith(b"\x89PNG"):
        return _PNG_END not in data
    if data.startswith(b"BM"):
        return int.from_bytes(data[2:6], "little") > len(data)
    return False


def _usable_sizes(folder: Path, names: list[str], report: Report) -> dict[str, tuple[int, int]]:
    sizes = {}
    for name in names:
        try:
            sizes[name] = image_size(read_bytes(folder / name))
        except BadImageError as error:
            report(error.kind, f"{error}; the frame is left out", name)
        except OSError as error:
            report("unreadable-image", f"{error.strerror or error}; the frame is left out", name)
    return sizes
