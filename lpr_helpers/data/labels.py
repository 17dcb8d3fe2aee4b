"""What a track's ``annotations.json`` says: text, layout and corners, and what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from lpr_helpers.data.folders import LABEL_FILE, FoundTrack
from lpr_helpers.data.manifest import manifest_folder
from lpr_helpers.plates import PlateFormat
from lpr_helpers.utils.regular import read_regular

CORNERS = ("top-left", "top-right", "bottom-right", "bottom-left")


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a track: `file` is relative to the data set's root, `kind` a short slug."""

    track_id: str
    file: str
    kind: str
    message: str
    repaired: bool = False


Report = Callable[..., None]  # report(kind, message, name="", repaired=False)
_MOST_BYTES = 1_000_000
"""No annotation is longer; whatever is need not be read to know that it is none."""


def read_bytes(path: Path, most: int) -> bytes:
    """The one place where the index opens a file; of a longer one it gives the first ``most`` bytes."""
    return read_regular(path, most)


@cache
def label_validator() -> Draft202012Validator:
    """The validator of ``annotation.schema.json``."""
    file = manifest_folder() / "annotation.schema.json"
    return Draft202012Validator(json.loads(file.read_text(encoding="utf-8")))


def read_label(folder: Path, found: FoundTrack, report: Report) -> dict:
    """The parts of the annotation that agree with the schema; {} where there is none."""
    name = next((name for name, _, _ in found.files if name.lower() == LABEL_FILE), None)
    if name is None:
        if found.wants_annotation:
            report("missing-annotation", f"no {LABEL_FILE}: the text is unknown, the track is not trained on")
        return {}
    try:
        content, errors = _parsed(folder / name)
    except ValueError as error:
        report("invalid-annotation", f"{error}; its content is ignored", name)
        return {}
    if not errors:
        if found.wants_annotation and not content.get("plate_text", "").strip():
            report(
                "invalid-annotation", "no plate_text: the text is unknown, the track is not trained on", name
            )
        return content
    first = min(errors, key=lambda error: len(error.absolute_path))
    bad = {str(error.absolute_path[0]) if error.absolute_path else "all of it" for error in errors}
    place = "/".join(map(str, first.absolute_path)) or "top level"
    message = f"{place}: {first.message[:160]}; ignored: {', '.join(sorted(bad))}"
    report("invalid-annotation", message, name, repaired=bad == {"corners"})
    return {k: v for k, v in content.items() if k not in bad} if isinstance(content, dict) else {}


def _parsed(file: Path) -> tuple[Any, list[ValidationError]]:
    """An annotation's content, and where it is not as the schema has it; ValueError, in words, if it has none."""
    try:
        raw = read_bytes(file, _MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"it cannot be read ({error.strerror or error})") from error
    if len(raw) > _MOST_BYTES:
        raise ValueError(f"more than {_MOST_BYTES:,} bytes")
    try:
        # NaN is no JSON, though Python writes it: as a string it fails only the value that holds it.
        content = json.loads(raw, parse_constant=str)
        return content, list(label_validator().iter_errors(content))
    except UnicodeDecodeError as error:
        raise ValueError("not UTF-8 text: save it as UTF-8") from error
    except RecursionError as error:
        raise ValueError("nested too deeply to be an annotation") from error
    except ValueError as error:
        raise ValueError(f"not valid JSON ({error})") from error


def text_of(annotation: dict, plate: PlateFormat, report: Report) -> str:
    """The plate's text, without what is no part of a plate; "" where none is stated."""
    stated = annotation.get("plate_text", "")
    text = plate.normalised(stated)
    if text != stated:
        message = f"{stated!r} is read as {text!r}: spaces, hyphens and letter case are no part of a plate"
        report("text-repaired", message, LABEL_FILE, repaired=True)
    return text


def layout_of(annotation: dict, text: str, found: FoundTrack, plate: PlateFormat, report: Report) -> str:
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
            message = f"no plate_layout; {layout} is taken from {source}"
            report("unknown-layout", message, LABEL_FILE, repaired=True)
        elif len(fitting) > 1:
            report("unknown-layout", f"no plate_layout, and {text!r} does not tell which it is", LABEL_FILE)
        return layout
    layout = known.get(stated.casefold(), stated)
    if layout not in plate.layouts:
        expected = ", ".join(plate.layouts)
        message = f"{stated!r} is none of {expected}; not trained on: correct it, or name it in plates.toml"
        report("unknown-layout", message, LABEL_FILE)
    elif layout != stated:
        report("unknown-layout", f"{stated!r} is read as {layout}", LABEL_FILE, repaired=True)
    if layout in plate.layouts and found.layout not in ("", layout):
        message = f"the annotation says {layout}, the folder {found.layout}; the annotation is believed"
        report("layout-disagrees", message, LABEL_FILE)
    return layout


def corners_of(
    annotation: dict, sizes: dict[str, tuple[int, int]], report: Report
) -> dict[str, list[list[float]]]:
    """Corners by the frame's own file name: annotations name some .png frames .jpg and the other way round.

    sizes: (width, height) by the name of each usable frame. Corners that lie more than a quarter of its width or height
    outside their frame are left out.
    """
    stated = {PurePosixPath(k.lower()).stem: v for k, v in (annotation.get("corners") or {}).items()}
    corners = {}
    for name, (width, height) in sizes.items():
        if (quadrilateral := stated.get(PurePosixPath(name.lower()).stem)) is None:
            continue
        points = [list(quadrilateral[corner]) for corner in CORNERS]
        if outside := [f"{x:g}, {y:g}" for x, y in points if not (_near(x, width) and _near(y, height))]:
            message = f"corner {outside[0]} of {name} lies far outside its {width} × {height} pixels; ignored"
            report("corners-outside", message, LABEL_FILE, repaired=True)
        else:
            corners[name] = points
    return corners


def _near(position: float, extent: int) -> bool:
    return -extent / 4 <= position <= extent * 5 / 4
