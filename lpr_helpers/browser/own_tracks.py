"""What somebody uploads or names, as tracks to read: pictures, videos and folders, and what is neither."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lpr_helpers.data.folders import ENDINGS
from lpr_helpers.inference.frames import NOT_READ, frame_files
from lpr_helpers.inference.reading import FrameError
from lpr_helpers.inference.video import VIDEOS, is_video, video_frames
from lpr_helpers.utils.images import MOST_BYTES, decode
from lpr_helpers.utils.regular import read_regular

Files = Sequence[tuple[str, bytes]]
"""Names and contents."""


@dataclass(frozen=True)
class OwnTrack:
    """One plate's frames. frames: for `PlateReader.read`, pictures as their bytes or, of a video, as arrays. pictures:
    the same with their names, uint8 [h, w, 3], to be shown. refused: of each file that shows nothing, why. folder:
    where they lie, if somebody named one; it may hold more, such as another camera's frames or corners.
    """

    name: str
    frames: tuple[bytes | np.ndarray, ...] = ()
    pictures: tuple[tuple[str, np.ndarray], ...] = ()
    refused: tuple[str, ...] = ()
    folder: Path | None = None


def uploaded(value: Any) -> list[tuple[str, bytes]]:
    """Names and contents of what a `FileUpload` holds.

    value: of ipywidgets 8 one table a file, with ``name`` and ``content``; of ipywidgets 7, which Colab has, such
    tables by the files' names, with ``metadata`` and ``content``.
    """
    if isinstance(value, Mapping):
        return [(name, bytes(one["content"])) for name, one in value.items()]
    return [(one["name"], bytes(one["content"])) for one in value]


def empty(upload: Any) -> None:
    """Take all files out of a `FileUpload`, so that it no longer counts them, and takes the same ones once more."""
    if isinstance(upload.value, Mapping):  # ipywidgets 7 puts its value together when its counter changes
        upload.metadata, upload.data = [], []
        upload.set_trait("_counter", 0)
    else:
        upload.value = ()


def tracks_of(files: Files, *, together: bool = True) -> list[OwnTrack]:
    """The tracks of files: each video is one, and so are all pictures ``together``, or else each picture."""
    videos = [file for file in files if is_video(file[0])]
    pictures = [file for file in files if not is_video(file[0])]
    groups = [pictures] if together and pictures else [[picture] for picture in pictures]
    return [*map(_of_pictures, groups), *(_of_video(*video) for video in videos)]


def track_at(place: str | os.PathLike | Sequence[str | os.PathLike]) -> OwnTrack:
    """The track of a folder, a picture or a video, by its path, or of several pictures of one plate."""
    if not isinstance(place, (str, os.PathLike)):
        files = [Path(file) for file in place]
        return _of_files(files[0].parent.name if files else "no file", files)
    path = Path(place).expanduser()
    try:
        if path.is_dir():
            return replace(_of_files(path.name, frame_files(path)), folder=path)
        if is_video(path):
            return _of_frames(path.name, video_frames(path))
    except (FrameError, ValueError) as error:
        return OwnTrack(path.name, refused=(str(error),))
    return _of_files(path.name, [path])


def _of_files(name: str, files: Sequence[Path]) -> OwnTrack:
    read, refused = [], []
    for file in files:
        try:
            read.append((file.name, read_regular(file, MOST_BYTES)))
        except (OSError, ValueError) as error:
            refused.append(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}")
    found = _of_pictures(read)
    return replace(found, name=name, refused=(*refused, *found.refused))


def _of_pictures(files: Files) -> OwnTrack:
    frames, pictures, refused = [], [], []
    for name, content in files:
        try:
            pictures.append((name, decode(content)))
            frames.append(content)
        except NOT_READ as error:
            refused.append(f"{name} is no picture that can be read ({error}); {_remedy(name, error)}")
    named = [name for name, _ in pictures or files]
    name = named[0] if len(named) == 1 else f"{len(named)} pictures of one plate"
    return OwnTrack(name, tuple(frames), tuple(pictures), tuple(refused))


def _remedy(name: str, error: BaseException) -> str:
    """What to do about a file that is no picture."""
    if getattr(error, "kind", "") == "huge-image":
        return "cut the plate out of it"
    if Path(name).suffix.lower() in ENDINGS:
        return "save or copy it anew"
    return f"give {', '.join(ENDINGS)}, or a video: {', '.join(VIDEOS)}"


def _of_video(name: str, content: bytes) -> OwnTrack:
    """OpenCV opens files alone, so the content is one for a moment."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"video{Path(name).suffix.lower()}")
        file.write_bytes(content)
        try:
            return _of_frames(name, video_frames(file))
        except FrameError as error:
            return OwnTrack(name, refused=(str(error).replace(str(file), name),))


def _of_frames(name: str, frames: Sequence[np.ndarray]) -> OwnTrack:
    named = tuple((f"frame {number}", frame) for number, frame in enumerate(frames, 1))
    return OwnTrack(name, tuple(frames), named)
