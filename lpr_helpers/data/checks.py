"""What may be wrong with one track folder: its images and its annotation, each read once and judged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from lpr_helpers.data.folders import ENDINGS, LABEL_FILE, FoundTrack, is_frame, is_image
from lpr_helpers.data.frame_format import Modality
from lpr_helpers.data.labels import Problem, Report, corners_of, layout_of, read_bytes, read_label, text_of
from lpr_helpers.data.modalities import beside, is_of
from lpr_helpers.plates import PlateFormat
from lpr_helpers.utils.images import FRAMES, MOST_BYTES, BadImageError, ImageHeader, header_and_pixels
from lpr_helpers.utils.regular import is_utf8, printable

_OTHER_IMAGES = (".gif", ".jp2", ".heic", ".avif")


@dataclass(frozen=True)
class CheckedTrack:
    """What a track's files say; frames are names in its folder, sizes (width, height), corners [[x, y] × 4].

    beside: of each modality that the data set has besides light, a frame for each one of ``lr``, "" for none.
    """

    text: str = ""
    layout: str = ""
    trainable: bool = False
    lr: list[str] = field(default_factory=list)
    hr: list[str] = field(default_factory=list)
    lr_sizes: list[tuple[int, int]] = field(default_factory=list)
    hr_sizes: list[tuple[int, int]] = field(default_factory=list)
    corners: dict[str, list[list[float]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    beside: dict[str, list[str]] = field(default_factory=dict)


def check_track(
    root: Path, found: FoundTrack, plate: PlateFormat, modalities: tuple[Modality, ...] = ()
) -> CheckedTrack:
    """Read every file of a track once and say what is usable and what is wrong; never raises for bad files."""
    problems: list[Problem] = []

    def report(kind: str, message: str, name: str = "", repaired: bool = False) -> None:
        file = str(PurePosixPath(found.folder) / name)
        track_id, file, message = map(printable, (found.track_id, file, message))
        problems.append(Problem(track_id, file, kind, message, repaired))

    if found.trouble:
        report("unreadable-folder", f"{found.trouble}; nothing of it is used")
        nothing: dict[str, list[str]] = {modality.name: [] for modality in modalities}
        return CheckedTrack(layout=found.layout, problems=problems, beside=nothing)
    if found.split == "test" and unfit_id(found.track_id):
        report(
            "folder-name", "a submission cannot name it: rename the folder, without , ; and spaces around it"
        )
    names = [name for name, _, _ in found.files]
    of_light = [name for name in names if not any(is_of(name, modality) for modality in modalities)]
    lr, hr = frame_names(of_light, report)
    _report_count(lr, "LR", report)
    if found.wants_hr or len(hr) > FRAMES:
        _report_count(hr, "HR", report)
    sizes = _usable_sizes(root / found.folder, lr + hr, report)
    annotation = read_label(root / found.folder, found, report)
    text = text_of(annotation, plate, report)
    layout = layout_of(annotation, text, found, plate, report)
    known = layout in ("", *plate.layouts)
    misfit = plate.misfit(text, layout or None) if text and known else None
    if misfit:
        report("text-misfit", f"{misfit}; kept, but not trained on: correct the label", LABEL_FILE)
    lr, hr = ([name for name in names if name in sizes] for names in (lr, hr))
    more = {one.name: _beside(root / found.folder, lr, names, one, report) for one in modalities}
    corners = corners_of(annotation, {name: sizes[name] for name in lr + hr}, report)
    return CheckedTrack(
        text=text if is_utf8(text) else printable(text),
        layout=layout if is_utf8(layout) else printable(layout),
        trainable=bool(text and lr and known and not misfit),
        lr=lr,
        hr=hr,
        lr_sizes=[sizes[name] for name in lr],
        hr_sizes=[sizes[name] for name in hr],
        corners=corners,
        problems=problems,
        beside=more,
    )


def _beside(folder: Path, lr: list[str], names: list[str], modality: Modality, report: Report) -> list[str]:
    """The usable frames of a modality beside LR ones, and what is wrong with them."""
    found = beside(lr, names, modality)
    for name in sorted(set(filter(lambda name: is_of(name, modality), names)) - set(found)):
        report("frame-name", f"left out: no usable LR frame that this {modality.name} frame belongs to", name)

    def told(kind: str, message: str, name: str = "", repaired: bool = False) -> None:
        if kind != "pixel-format":  # such frames are mostly grey
            report(kind, message, name, repaired)

    usable = _usable_sizes(folder, [name for name in found if name], told)
    found = [name if name in usable else "" for name in found]
    if lacking := found.count(""):
        message = f"{lacking} of {len(lr)} frames have no {modality.name} frame beside them; used without"
        report("missing-modality", message, repaired=True)
    return found


def unfit_id(track_id: str) -> bool:
    """Whether a track's name cannot stand in a submission's line: it would end there, or be another one."""
    return track_id != track_id.strip() or not track_id.isprintable() or bool(set(track_id) & set(",;"))


def frame_names(names: list[str], report: Report) -> tuple[list[str], list[str]]:
    """LR and HR frames among a track's file names, sorted by name; images under odd names are reported."""
    frames: dict[str, str] = {}
    for name in sorted(names, key=str.lower):
        path = PurePosixPath(name.lower())
        if is_frame(name) and not is_utf8(name):
            report("frame-name", "left out: its name is not UTF-8; rename it", name)
        elif is_frame(name):
            if path.stem in frames:
                message = (
                    f"the same frame as {frames[path.stem]} in another format; left out: delete one of them"
                )
                report("duplicate-frame", message, name)
            else:
                frames[path.stem] = name
        elif is_image(name) or (path.suffix in _OTHER_IMAGES and not name.startswith(".")):
            message = f"left out: frames are named lr-001 or hr-001 and so on, ending in {', '.join(ENDINGS)}"
            report("frame-name", message, name)
    lr, hr = ([name for stem, name in frames.items() if stem.startswith(kind)] for kind in ("lr-", "hr-"))
    return lr, hr


def _report_count(names: list[str], kind: str, report: Report) -> None:
    """Say where a track has fewer frames of a kind than usual, or more."""
    if len(names) > FRAMES:
        message = f"{len(names)} {kind} frames where {FRAMES} are usual: all are used"
        report("more-frames", message, names[FRAMES], repaired=True)
    if len(names) >= FRAMES:
        return
    numbers = {int(digits.group()) for name in names if (digits := re.search(r"[0-9]{1,9}", name))}
    missing = [f"{kind.lower()}-{i:03d}" for i in range(1, FRAMES + 1) if i not in numbers]
    message = f"{len(names)} of {FRAMES} {kind} frames" + (
        f", {', '.join(missing)} missing" if missing else ""
    )
    report("missing-frames", f"{message}; used as it is: copy the folder again if the original has more")


def _usable_sizes(folder: Path, names: list[str], report: Report) -> dict[str, tuple[int, int]]:
    """Width and height of each frame that can be used; what is unusual about them is told once a track."""
    sizes: dict[str, tuple[int, int]] = {}
    unusual: dict[str, list[str]] = {}
    for name in names:
        try:
            data = read_bytes(folder / name, MOST_BYTES + 1)
            header, grey = header_and_pixels(data, colour=False)  # decoded whole, to be sure of it
            sizes[name] = (grey.shape[1], grey.shape[0])
        except BadImageError as error:
            report(error.kind, f"{error}; the frame is left out", name)
        except OSError as error:
            report("unreadable-image", f"{error.strerror or error}; the frame is left out", name)
        else:
            for what in _unusual(header):
                unusual.setdefault(what, []).append(name)
    for what, where in unusual.items():
        report("pixel-format", f"{len(where)} of {len(names)} frames {what}", where[0], repaired=True)
    return sizes


def _unusual(header: ImageHeader) -> Iterator[str]:
    if header.grey:
        yield "are grey: used as they are"
    if header.alpha:
        yield "have transparent parts: filled with white, or with black under what is light"
    if header.deep:
        yield "have more than 8 bits a channel: brought to 8"
