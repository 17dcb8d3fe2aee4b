"""What a track's ``annotations.json`` says: text, layout and corners, and what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from jsonschema import Draft202012Validator

from lpr_helpers.data.folders import LABEL_FILE, FoundTrack
from lpr_helpers.data.manifest import manifest_folder
from lpr_helpers.plates import PlateFormat

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


def read_bytes(path: Path) -> bytes:
    """The one place where the index opens a file."""
    return path.read_bytes()


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
        # NaN is no JSON, though Python writes it: as a string it fails only the value that holds it.
        content = json.loads(read_bytes(folder / name), parse_constant=str)
    except UnicodeDecodeError:
        report("invalid-annotation", "not UTF-8 text; its content is ignored: save it as UTF-8", name)
        return {}
    except (OSError, ValueError, RecursionError) as error:
        report("invalid-annotation", f"not valid JSON ({error}); its content is ignored", name)
        return {}
    errors = list(label_validator().iter_errors(content))
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


def text_of(annotation: dict, plate: PlateFormat, report: Report) -> str:
    """The plate's text, without what is no part of a plate; "" where none is stated."""
    stated = annotation.get("plate_text", "")
    text = "".join(_plate_character(c, plate.alphabet) for c in stated)
    if text != stated:
        message = f"{stated!r} is read as {text!r}: spaces and lower case are no part of a plate"
        report("text-repaired", message, LABEL_FILE, repaired=True)
    return text


def _plate_character(c: str, alphabet: str) -> str:
    if c in alphabet:
        return c
    return "" if c.isspace() else c.upper() if c.upper() in alphabet else c


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


def corners_of(annotation: dict, frames: list[str]) -> dict[str, list[list[float]]]:
    """Corners by the frame's own file name: annotations name some .png frames .jpg and the other way round."""
    stated = {PurePosixPath(k.lower()).stem: v for k, v in (annotation.get("corners") or {}).items()}
    stems = {name: PurePosixPath(name.lower()).stem for name in frames}
    return {
        name: [list(stated[stem][corner]) for corner in CORNERS]
        for name, stem in stems.items()
        if stem in stated
    }
