"""What people have of a plate, as frames: files, bytes, pictures, arrays and tensors → uint8 [F, C, H, W].

An array says nothing of what its dimensions are, so these rules do, for numpy and torch alike, the first that fits:

- [h, w] is one grey frame.
- [h, w, c] with c = 1, 3 or 4 is one frame, channels last: grey, colour, colour with transparency.
- [c, h, w] with c = 1, 3 or 4 is one frame, channels first. A grey stack of 3 or 4 frames looks the same: give it as
  a list, or as [F, 1, h, w].
- any other [F, h, w] is a stack of grey frames.
- [F, h, w, c] and [F, c, h, w] are stacks of frames, by the same rule.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

import numpy as np
from PIL import Image

from lpr_helpers.data.folders import ENDINGS
from lpr_helpers.inference.reading import FrameError
from lpr_helpers.utils.images import (
    MOST_BYTES,
    SIZES,
    as_frame,
    check_size,
    decode,
    from_pillow,
    in_channels,
    load_image,
    to_uint8,
)
from lpr_helpers.utils.opencv import cv2

if TYPE_CHECKING:
    import torch

Frame: TypeAlias = (
    "str | os.PathLike | bytes | bytearray | memoryview | IO[bytes] | Image.Image | np.ndarray | torch.Tensor"
)
Track: TypeAlias = "Frame | Iterable[Frame]"
CHANNELS = (1, 3, 4)
"""Channels that a frame may have: grey, colour, and colour with transparency."""
_KINDS = "paths, bytes, open files, PIL images, numpy arrays or torch tensors"
_SHAPES = "[h, w], [h, w, 1, 3 or 4] or [1, 3 or 4, h, w], or a stack of these"
_NAMED = 3  # frames that one message names
NOT_READ = (OSError, ValueError, TypeError, MemoryError, RuntimeError, SyntaxError, cv2.error)
"""What a frame that is none may raise."""


@dataclass(frozen=True)
class ReadFrames:
    """Frames of a track: images uint8 [F, C, H, W]; what is wrong with those ``skipped``; which modalities are missing
    of how many of the others, each a sentence.
    """

    images: np.ndarray
    skipped: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def read_track(track: Track, colour: bool, order: str = "rgb") -> tuple[np.ndarray, tuple[str, ...]]:
    """The frames of one plate that can be read, uint8 [F, C, 32, 128], and what is wrong with each of the others.

    track: a folder, of which the LR frames are read (all images, where none is called lr-…); a frame; a stack of
    frames; or several frames, in any iterable. order: of an array's colours, "rgb" or "bgr".

    Raises FrameError where no frame can be read.
    """
    found, wrong = [], []
    for number, frame in enumerate(several(track)):
        name = os.fsdecode(frame) if isinstance(frame, (str, os.PathLike)) else f"frame {number}"
        try:
            found.append(as_frame(in_channels(frame_pixels(frame, colour, order), colour), SIZES["lr"]))
        except NOT_READ as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            wrong.append(f"{name}: {reason}")
    if not found:
        named = "; ".join(wrong[:_NAMED]) or f"it holds none; give {_KINDS}"
        more = f"; and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise FrameError(f"no frame could be read ({named}{more})")
    return np.stack(found), tuple(wrong)


def several(track: Any) -> list:
    """The frames of a track that was given in one of the many ways; raises FrameError where it is none."""
    if isinstance(track, (str, os.PathLike)):
        path = os.fsdecode(track)
        return frame_files(Path(path)) if path and "\0" not in path and Path(path).is_dir() else [track]
    if isinstance(track, (bytes, bytearray, memoryview, Image.Image)) or hasattr(track, "read"):
        return [track]
    if _is_array(track):
        array = _array(track)
        return list(array) if array.dtype == object or array.dtype.kind in "SU" else _stack(array)
    if isinstance(track, Iterable) and not isinstance(track, Mapping):
        return list(track)
    raise FrameError(f"{_article(track)} is no track; give a folder, or frames as {_KINDS}")


def frame_files(folder: Path) -> list[Path]:
    """The frames that a track's folder is read from: its LR frames, or all images where none is called lr-….

    Raises FrameError where there are none.
    """
    try:
        images = sorted(
            path for path in folder.iterdir() if path.suffix.lower() in ENDINGS and path.name[0] != "."
        )
    except OSError as error:
        raise FrameError(f"{folder} cannot be listed ({error.strerror or error})") from error
    if not images:
        raise FrameError(f"{folder} holds no image; frames end in {', '.join(ENDINGS)}")
    return [path for path in images if path.name.lower().startswith("lr-")] or images


def frame_pixels(frame: Any, colour: bool, order: str) -> np.ndarray:
    """One frame at its own size: uint8 [h, w] or [h, w, 1, 3 or 4], red-green-blue. Raises one of `NOT_READ`."""
    if isinstance(frame, (str, os.PathLike)):
        return load_image(_named(frame), colour)
    if isinstance(frame, (bytes, bytearray, memoryview)):
        return decode(bytes(frame), colour)
    if isinstance(frame, Image.Image):
        return from_pillow(frame, colour)
    if hasattr(frame, "read"):
        return decode(_content(frame), colour)
    if not _is_array(frame):
        raise ValueError(f"{_article(frame)} is no frame; give {_KINDS}")
    array = _array(frame)
    images = _stack(array)
    if len(images) != 1:
        raise ValueError(
            f"{array.dtype} {list(array.shape)} is a stack of {len(images)} frames; give it by itself, not in a list"
        )
    image = images[0]
    check_size(image.shape[1], image.shape[0])
    image = to_uint8(image)
    if order == "bgr" and image.ndim == 3 and image.shape[2] >= 3:
        image = image[:, :, [2, 1, 0, *range(3, image.shape[2])]]
    return image


def _named(path: str | os.PathLike) -> str:
    name = os.fsdecode(path)
    if not name:
        raise ValueError("an empty name; give the path of an image or of a folder")
    if "\0" in name:
        raise ValueError("no file has such a name")
    if not Path(name).exists():
        raise ValueError("there is no such file")
    return name


def _content(file: IO[bytes]) -> bytes:
    """All of an open file, from its beginning where it can be rewound, as Pillow reads files too."""
    if getattr(file, "seekable", lambda: False)():
        file.seek(0)
    data: object = file.read(MOST_BYTES + 1)
    if not isinstance(data, bytes):
        raise TypeError(f"the file gives {type(data).__name__}; open it for bytes, with mode 'rb'")
    return data


def _is_array(thing: object) -> bool:
    return hasattr(thing, "__array__")


def _array(thing: Any) -> np.ndarray:
    torch = sys.modules.get("torch")  # whoever has a tensor has imported it; reading itself does not
    if torch and isinstance(thing, torch.Tensor):
        thing = thing.detach().cpu()
        return (thing.float() if thing.dtype in (torch.bfloat16, torch.float16) else thing).numpy()
    return np.asarray(thing)


def _stack(array: np.ndarray) -> list[np.ndarray]:
    """The frames of an array, each [h, w] or [h, w, c], by the rules above."""
    if array.ndim == 2:
        return [array]
    if array.ndim == 3:
        if array.shape[2] in CHANNELS:
            return [array]
        return [np.moveaxis(array, 0, 2)] if array.shape[0] in CHANNELS else list(array)
    if array.ndim == 4 and array.shape[3] in CHANNELS:
        return list(array)
    if array.ndim == 4 and array.shape[1] in CHANNELS:
        return [np.moveaxis(image, 0, 2) for image in array]
    raise FrameError(f"{array.dtype} {list(array.shape)} is no frame; give {_SHAPES}")


def _article(thing: object) -> str:
    """What a thing is, for a message: "a dict", "an int"."""
    name = type(thing).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
