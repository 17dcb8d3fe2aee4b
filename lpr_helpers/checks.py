"""What may be wrong with one track folder: its images and its annotation, each read once and judged."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from jsonschema import Draft202012Validator

from lpr_helpers.folders import ANNOTATION, ENDINGS, FoundTrack, is_frame
from lpr_helpers.frames import FRAMES
from lpr_helpers.manifest import manifest_folder
from lpr_helpers.plates import PlateFormat

_OTHER_IMAGES = (".webp", ".gif", ".tif", ".tiff", ".jp2", ".heic", ".avif")
_CORNERS = ("top-left", "top-right", "bottom-right", "bottom-left")
_PNG_END = b"IEND\xaeB`\x82"


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a track: `file` is relative to the data set's root, `kind` a short slug."""

    track_id: str
    file: str
    kind: str
    message: str
    repaired: bool = False


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


Report = Callable[..., None]  # report(kind, message, name="", repaired=False)


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
    annotation = _annotation(root / found.folder, found, report)
    text = _text(annotation, plate, report)
    layout = _layout(annotation, text, found, plate, report)
    known = layout in ("", *plate.layouts)
    misfit = plate.misfit(text, layout or None) if text and known else None
    if misfit:
        report("text-misfit", f"{misfit}; kept, but not trained on: correct the label", ANNOTATION)
    lr, hr = ([name for name in names if name in sizes] for names in (lr, hr))
    return CheckedTrack(
        text=text,
        layout=layout,
        trainable=bool(text and lr and known and not misfit),
        lr=lr,
        hr=hr,
        lr_sizes=[sizes[name] for name in lr],
        hr_sizes=[sizes[name] for name in hr],
        corners=_corners(annotation, lr + hr),
        problems=problems,
    )


def frame_names(names: list[str], report: Report) -> tuple[list[str], list[str]]:
    """LR and HR frames among a track's file names, sorted by name; images under odd names are reported."""
    frames: dict[str, str] = {}
    for name in sorted(names, key=str.lower):
        path = PurePosixPath(name.lower())
        if is_frame(name):
            if path.stem in frames:
                told = (
                    f"the same frame as {frames[path.stem]} in another format; left out: delete one of them"
                )
                report("duplicate-frame", told, name)
            else:
                frames[path.stem] = name
        elif path.suffix in ENDINGS + _OTHER_IMAGES:
            told = f"left out: frames are named lr-001 or hr-001 and so on, ending in {', '.join(ENDINGS)}"
            report("frame-name", told, name)
    return [[name for stem, name in frames.items() if stem.startswith(kind)] for kind in ("lr-", "hr-")]


def _report_missing(names: list[str], kind: str, report: Report) -> None:
    if len(names) >= FRAMES:
        return
    numbers = {int(digits.group()) for name in names if (digits := re.search(r"\d+", name))}
    missing = [f"{kind.lower()}-{i:03d}" for i in range(1, FRAMES + 1) if i not in numbers]
    told = f"{len(names)} of {FRAMES} {kind} frames" + (f", {', '.join(missing)} missing" if missing else "")
    report("missing-frames", f"{told}; used as it is: copy the folder again if the original has more")


def read_bytes(path: Path) -> bytes:
    """The one place where the index opens a file."""
    return path.read_bytes()


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


@cache
def annotation_validator() -> Draft202012Validator:
    """The validator of ``annotation.schema.json``."""
    file = manifest_folder() / "annotation.schema.json"
    return Draft202012Validator(json.loads(file.read_text(encoding="utf-8")))


def _annotation(folder: Path, found: FoundTrack, report: Report) -> dict:
    """The parts of the annotation that agree with the schema; {} where there is none."""
    name = next((name for name, _, _ in found.files if name.lower() == ANNOTATION), None)
    if name is None:
        if found.wants_annotation:
            report("missing-annotation", f"no {ANNOTATION}: the text is unknown, the track is not trained on")
        return {}
    try:
        # NaN is no JSON, though Python writes it: as a string it fails only the value that holds it.
        content = json.loads(read_bytes(folder / name), parse_constant=str)
    except UnicodeDecodeError:
        report("invalid-annotation", "not UTF-8 text; its content is ignored: save it as UTF-8", name)
        return {}
    except (OSError, ValueError, RecursionError) as error:
        report("invalid-annotation", f"not valid JSON ({error}); its content is ignored", name)
        return {}
    errors = list(annotation_validator().iter_errors(content))
    if not errors:
        if found.wants_annotation and not content.get("plate_text", "").strip():
            report(
                "invalid-annotation", "no plate_text: the text is unknown, the track is not trained on", name
            )
        return content
    first = min(errors, key=lambda error: len(error.absolute_path))
    bad = {str(error.absolute_path[0]) if error.absolute_path else "all of it" for error in errors}
    place = "/".join(map(str, first.absolute_path)) or "top level"
    told = f"{place}: {first.message[:160]}; ignored: {', '.join(sorted(bad))}"
    report("invalid-annotation", told, name, repaired=bad == {"corners"})
    return {k: v for k, v in content.items() if k not in bad} if isinstance(content, dict) else {}


def _text(annotation: dict, plate: PlateFormat, report: Report) -> str:
    stated = annotation.get("plate_text", "")
    text = "".join(_plate_character(c, plate.alphabet) for c in stated)
    if text != stated:
        told = f"{stated!r} is read as {text!r}: spaces and lower case are no part of a plate"
        report("text-repaired", told, ANNOTATION, repaired=True)
    return text


def _plate_character(c: str, alphabet: str) -> str:
    if c in alphabet:
        return c
    return "" if c.isspace() else c.upper() if c.upper() in alphabet else c


def _layout(annotation: dict, text: str, found: FoundTrack, plate: PlateFormat, report: Report) -> str:
    """The annotation's layout; where it has none, the folder's, else the only one that the text fits."""
    stated = annotation.get("plate_layout", "").strip()
    known = {name.casefold(): name for name in plate.layouts}
    if not stated:
        if len(plate.layouts) == 1:
            return next(iter(plate.layouts))
        fitting = [name for name in plate.layouts if text and plate.misfit(text, name) is None]
        layout = found.layout or (fitting[0] if len(fitting) == 1 else "")
        if layout and annotation:
            source = "the folder's name" if found.layout else "its text"
            told = f"no plate_layout; {layout} is taken from {source}"
            report("unknown-layout", told, ANNOTATION, repaired=True)
        elif len(fitting) > 1:
            report("unknown-layout", f"no plate_layout, and {text!r} does not tell which it is", ANNOTATION)
        return layout
    layout = known.get(stated.casefold(), stated)
    if layout not in plate.layouts:
        expected = ", ".join(plate.layouts)
        told = f"{stated!r} is none of {expected}; not trained on: correct it, or name it in plates.toml"
        report("unknown-layout", told, ANNOTATION)
    elif layout != stated:
        report("unknown-layout", f"{stated!r} is read as {layout}", ANNOTATION, repaired=True)
    if layout in plate.layouts and found.layout not in ("", layout):
        told = f"the annotation says {layout}, the folder {found.layout}; the annotation is believed"
        report("layout-disagrees", told, ANNOTATION)
    return layout


def _corners(annotation: dict, frames: list[str]) -> dict[str, list[list[float]]]:
    """Corners by the frame's own file name: annotations name some .png frames .jpg and the other way round."""
    stated = {PurePosixPath(k.lower()).stem: v for k, v in (annotation.get("corners") or {}).items()}
    stems = {name: PurePosixPath(name.lower()).stem for name in frames}
    return {
        name: [list(stated[stem][corner]) for corner in _CORNERS]
        for name, stem in stems.items()
        if stem in stated
    }
