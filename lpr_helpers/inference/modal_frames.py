"""What people have of a plate, as frames of all modalities that a reader knows: files, arrays → uint8 [F, C, H, W]."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lpr_helpers.data.folders import FoundTrack
from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.data.frame_stack import corner_shares, stacked
from lpr_helpers.data.modalities import beside
from lpr_helpers.inference.frames import NOT_READ, Frame, ReadFrames, frame_pixels, read_track, several
from lpr_helpers.inference.reading import FrameError
from lpr_helpers.utils.images import SIZES, in_channels, read_image

ModalTrack = Any
"""A track as `frames.Track`, or one a modality: ``{"grey": track, "ir": track}``, as many frames of each, None for a
missing one."""


def read_frames(track: ModalTrack, frame_format: FrameFormat, order: str = "rgb") -> ReadFrames:
    """The frames of one plate that can be read, made as ``frame_format`` says.

    track: as in `frames.read_track`, whose frames are light's; or a mapping from `FrameFormat.names` to such tracks,
    frame by frame. A folder brings its files of all modalities, and the corners in its ``annotations.json`` where the
    format rectifies. order: of an array's colours.

    Raises FrameError where no frame can be read, and for a modality that the reader does not know.
    """
    if frame_format.plain and not isinstance(track, Mapping):
        return ReadFrames(*read_track(track, frame_format.colour, order))
    listed, corners = _listed(track, frame_format)
    images: list[np.ndarray] = []
    wrong: list[str] = []
    lacking = dict.fromkeys(frame_format.names, 0)
    for number, frames in enumerate(listed):
        found = []
        for name, frame, channels in zip(frame_format.names, frames, frame_format.groups, strict=True):
            found.append(None if frame is None else _pixels(frame, number, name, channels == 3, order, wrong))
        if found[0] is None if frame_format.visible else not any(one is not None for one in found):
            continue
        for name, one in zip(frame_format.names, found, strict=True):
            lacking[name] += one is None
        images.append(stacked(found, frame_format, SIZES["lr"], corners[number] if corners else None))
    if not images:
        named = "; ".join(wrong[:3]) or f"it holds none of {' or '.join(frame_format.names)}"
        raise FrameError(f"no frame could be read ({named})")
    missing = [f"{name}: missing in {n} of {len(images)} frames" for name, n in lacking.items() if n]
    return ReadFrames(np.stack(images), tuple(wrong), tuple(missing))


def _pixels(
    frame: Frame, number: int, name: str, colour: bool, order: str, wrong: list[str]
) -> np.ndarray | None:
    """One image, uint8 [h, w] or [h, w, 3]; None, and a line more in ``wrong``, where it cannot be read."""
    try:
        return in_channels(frame_pixels(frame, colour, order), colour)
    except NOT_READ as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        told = os.fsdecode(frame) if isinstance(frame, (str, os.PathLike)) else f"{name} frame {number}"
        wrong.append(f"{told}: {reason}")
        return None


def _listed(track: ModalTrack, frame_format: FrameFormat) -> tuple[list[tuple], list | None]:
    """Of each frame, what there is of each modality (None where nothing), and its plate's corners where they count."""
    names = frame_format.names
    if isinstance(track, Mapping):
        return _by_name(track, names), None
    folder = (
        Path(os.fsdecode(track)) if isinstance(track, (str, os.PathLike)) and Path(track).is_dir() else None
    )
    if folder is None and not frame_format.visible:
        raise FrameError(
            f"this reader reads {' and '.join(names)}: give a folder, or {{{names[0]!r}: frames}}"
        )
    frames = several(track)
    if folder is None:
        return [(frame, *[None] * len(frame_format.modalities)) for frame in frames], None
    lr, there = [path.name for path in frames], [path.name for path in folder.iterdir()]
    columns = [frames] if frame_format.visible else []
    columns += [
        [folder / name if name else None for name in beside(lr, there, modality)]
        for modality in frame_format.modalities
    ]
    corners = _corners(folder, lr, there) if frame_format.preprocessing.rectify else None
    return list(zip(*columns, strict=True)), corners


def _by_name(track: Mapping, names: tuple[str, ...]) -> list[tuple]:
    """A mapping's frames, one of each modality together."""
    if not track or set(track) - set(names):
        raise FrameError(
            f"this reader reads {' and '.join(names)}, not {', '.join(map(str, track)) or 'nothing'}"
        )
    columns = {name: _each(frames) for name, frames in track.items()}
    counts = {name: len(column) for name, column in columns.items()}
    if len(set(counts.values())) != 1:
        told = ", ".join(f"{count} of {name}" for name, count in counts.items())
        raise FrameError(f"each modality has to have as many frames, None for a missing one; here are {told}")
    count = next(iter(counts.values()))
    return list(zip(*(columns.get(name, [None] * count) for name in names), strict=True))


def _each(frames: Any) -> list:
    """The frames of one modality, of which some may be None."""
    return list(frames) if isinstance(frames, (list, tuple)) else several(frames)


def _corners(folder: Path, names: list[str], there: list[str]) -> list[np.ndarray | None]:
    """Of each frame its plate's corners as the index of a data set has them, as shares of its width and height."""
    from lpr_helpers.data.labels import corners_of, read_label  # here, since annotations take jsonschema

    files = tuple((name, 0, 0) for name in there)
    found = FoundTrack(
        folder.name, ".", files, "test", "", "", wants_annotation=False, wants_hr=False, trouble=""
    )
    sizes = {}
    for name in names:
        if (image := read_image(folder / name)) is not None:
            sizes[name] = (image.shape[1], image.shape[0])
    known = corners_of(read_label(folder, found, _unheard), sizes, _unheard)
    return [corner_shares(known.get(name), sizes.get(name, (1, 1))) for name in names]


def _unheard(*_: object, **__: object) -> None:
    """What is wrong with an annotation is for `check-data` to say."""
