"""Every frame decoded once, into one memory-mapped array that all later work reads from."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
import pandas as pd

from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.data.frame_stack import corner_shares, stacked
from lpr_helpers.utils.arrays import new_array
from lpr_helpers.utils.cores import usable_cores
from lpr_helpers.utils.files import whole_folder, write_json
from lpr_helpers.utils.images import FRAMES, SIZES, load_frame, load_image
from lpr_helpers.utils.locks import sole_writer
from lpr_helpers.utils.progress import bar

AT_ONCE = 32
"""Tracks that a thread decodes before it takes others: handing over costs as much as decoding a small frame."""
_VERSION = 1


@dataclass(frozen=True)
class Packed:
    """The frames of all tracks of a table, row for row.

    images: uint8 memory map [N, F, C, H, W], C = 1 grey or 3 red-green-blue, and those of further modalities after
    them; what is missing is 0.
    valid: bool [N, F], False where a track has no such frame.
    unreadable: files that could not be decoded although the table lists them.
    frame_format: what the frames were packed as; None where nobody said.
    shown: bool [N, F, M], which of the M `FrameFormat.names` each frame shows; None where that is ``valid`` itself.
    """

    images: np.ndarray
    valid: np.ndarray
    unreadable: tuple[str, ...] = ()
    frame_format: FrameFormat | None = None
    shown: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.valid)

    @property
    def first(self) -> Packed:
        """The first of what frames show, mostly light, by itself."""
        made_of = self.frame_format
        if made_of is None or len(made_of.names) < 2:
            return self
        own = FrameFormat(made_of.colour, preprocessing=made_of.preprocessing)
        return Packed(self.images[:, :, : made_of.groups[0]], self.valid, self.unreadable, own)

    def misfit(self, wanted: FrameFormat) -> str | None:
        """Why a network of frames as ``wanted`` cannot take these, or None where it can, or where nobody knows."""
        if self.frame_format is None or self.frame_format.as_packed == wanted.as_packed:
            return None
        return (
            f"the frames are packed as {self.frame_format}, but the network reads {wanted}: pack them with "
            "frame_format=recogniser.frame_format"
        )


@dataclass(frozen=True)
class _Frame:
    """The files of one frame, one for each of `FrameFormat.names` ("" where there is none), and its plate's corners."""

    files: tuple[str, ...]
    corners: np.ndarray | None = None


def pack(
    table: pd.DataFrame,
    folder: str | Path,
    *,
    kind: str = "lr",
    size: tuple[int, int] | None = None,
    colour: bool = False,
    frame_format: FrameFormat | None = None,
    frames: int = FRAMES,
    workers: int | None = None,
    progress: bool = True,
) -> Packed:
    """Decode all ``kind`` frames of ``table`` into ``folder``, or reuse what an earlier call left there.

    Parameters
    ----------
    table: one row a track, with a column ``kind`` of lists of image files. For other modalities than light, one of
        their files beside each LR frame, "" where there is none; HR frames have none. To rectify, ``corners`` and
        ``kind_sizes``, as `read_tracks` has them.
    kind: "lr" (default size 32 × 128) or "hr" (64 × 256). size: (height, width) in pixels.
    frame_format: what a frame is made of, such as that of the recogniser which reads it. colour: short for
        ``FrameFormat(colour=True)``, where that is not given.
    frames: frames kept of each track, in the order of their names.
    workers: decoding threads; default one a core, at most 8.

    The folder's manifest names the files, sizes and times it was made from; if one of them has changed,
    or the array is not as long as it was written, all is packed anew. The folder appears whole or not at all. Of two
    processes that want the same folder, the second waits for the first.

    Raises DiskFullError where there is no room for the frames, before any is decoded; ValueError where the table knows
    nothing of a modality.
    """
    folder = Path(folder)
    size = size or SIZES[kind]
    frame_format = frame_format or FrameFormat(colour)
    tracks = _tracks(table, kind, frame_format, frames)
    shape = (len(tracks), frames, frame_format.channels, *size)
    stamp = _stamp(tracks, shape, frame_format)
    if (packed := _load(folder, stamp, frame_format)) is not None:
        return packed
    with sole_writer(folder, wait=True):
        if (packed := _load(folder, stamp, frame_format)) is not None:
            return packed
        with whole_folder(folder) as partial:
            title = f"Packing {kind} frames" if progress else None
            shown, unreadable = _fill(partial / "images.npy", tracks, shape, frame_format, workers, title)
            np.save(partial / "valid.npy", shown.any(axis=-1))
            if frame_format.modalities:
                np.save(partial / "shown.npy", shown)
            length = (partial / "images.npy").stat().st_size
            write_json(
                partial / "manifest.json",
                {"stamp": stamp, "shape": shape, "bytes": length, "unreadable": unreadable},
            )
        images, valid = np.load(folder / "images.npy", mmap_mode="r"), shown.any(axis=-1)
        more = shown if frame_format.modalities else None
        return Packed(images, np.asarray(valid), tuple(unreadable), frame_format, more)


def _tracks(table: pd.DataFrame, kind: str, frame_format: FrameFormat, frames: int) -> list[list[_Frame]]:
    """The frames of each track, at most ``frames``."""
    columns = [list(table[kind])] if frame_format.visible else []
    for modality in frame_format.modalities:
        if kind != "lr":
            columns.append([[""] * len(paths) for paths in table[kind]])
        elif modality.name in table:
            columns.append(list(table[modality.name]))
        else:
            raise ValueError(
                f"the tracks know nothing of {modality.name} frames: name them under [modalities] in the data set's "
                f'plates.toml, such as {modality.name} = "{modality.prefix}"'
            )
    found = [
        [_Frame(tuple(map(str, files))) for files in list(zip(*row, strict=True))[:frames]]
        for row in zip(*columns, strict=True)
    ]
    if not frame_format.preprocessing.rectify:
        return found
    known = zip(table[kind], table[f"{kind}_sizes"], table["corners"], strict=True)
    return [
        [
            _Frame(frame.files, corner_shares(corners.get(PurePath(path).name), wide))
            for frame, path, wide in zip(track, paths, sizes, strict=False)  # no more than ``frames`` of them
        ]
        for track, (paths, sizes, corners) in zip(found, known, strict=True)
    ]


def _fill(
    file: Path,
    tracks: list[list[_Frame]],
    shape: tuple[int, ...],
    frame_format: FrameFormat,
    workers: int | None,
    title: str | None,
) -> tuple[np.ndarray, list[str]]:
    """Decode into a new ``file``, closed when this returns; gives ``shown`` [N, F, M] and the unreadable files."""
    images = new_array(file, np.uint8, shape)
    shown = np.zeros((*shape[:2], len(frame_format.names)), dtype=bool)
    unreadable: list[str] = []

    def decode(some: range) -> list[str]:
        return [path for row in some for path in _decode(tracks[row], images[row], shown[row], frame_format)]

    parts = [range(start, min(start + AT_ONCE, len(tracks))) for start in range(0, len(tracks), AT_ONCE)]
    with (
        ThreadPoolExecutor(workers or min(8, usable_cores())) as pool,
        bar(None, title or "", total=len(tracks), disable=not title) as done,
    ):
        for some, lost in zip(parts, pool.map(decode, parts), strict=True):
            unreadable += lost
            done.update(len(some))
    images.flush()
    return shown, unreadable


def _decode(
    track: list[_Frame], images: np.ndarray, shown: np.ndarray, frame_format: FrameFormat
) -> list[str]:
    """Fill one track's ``images`` [F, C, H, W] and ``shown`` [F, M]; returns the files that could not be read."""
    lost = []
    for place, frame in enumerate(track):
        if frame_format.plain:
            image = load_frame(frame.files[0], images.shape[-2:], frame_format.colour)
            found = [image]
        else:
            pairs = zip(frame.files, frame_format.groups, strict=True)
            found = [_loaded(path, channels == 3) if path else None for path, channels in pairs]
            if frame_format.visible and found[0] is None:
                found = [None] * len(found)  # a frame is light first of all
            image = stacked(found, frame_format, images.shape[-2:], frame.corners)
        shown[place] = [one is not None for one in found]
        lost += [path for path, one in zip(frame.files, found, strict=True) if path and one is None]
        if shown[place].any():
            images[place] = image
    return lost


def _loaded(path: str, colour: bool) -> np.ndarray | None:
    try:
        return load_image(path, colour)
    except (OSError, ValueError):
        return None


def _stamp(tracks: list[list[_Frame]], shape: tuple[int, ...], frame_format: FrameFormat) -> str:
    digest = hashlib.sha256(f"{_VERSION} {shape}".encode())
    if frame_format.as_packed != FrameFormat(frame_format.colour).as_packed:
        digest.update(repr(frame_format.as_packed).encode())  # what others packed before stays theirs
    for track in tracks:
        for frame in track:
            for path in frame.files:
                try:
                    status = os.stat(path)  # noqa: PTH116 - a third of the time, which counts where files are small
                    digest.update(f"{path}|{status.st_size}|{status.st_mtime_ns}\n".encode())
                except OSError:
                    digest.update(f"{path}|missing\n".encode())
            if frame.corners is not None:
                digest.update(frame.corners.tobytes())
        digest.update(b"--\n")
    return digest.hexdigest()


def _load(folder: Path, stamp: str, frame_format: FrameFormat) -> Packed | None:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if manifest["stamp"] != stamp or (folder / "images.npy").stat().st_size != manifest["bytes"]:
            return None
        images, valid = np.load(folder / "images.npy", mmap_mode="r"), np.load(folder / "valid.npy")
        shown = np.load(folder / "shown.npy") if frame_format.modalities else None
        return Packed(images, valid, tuple(manifest["unreadable"]), frame_format, shown)
    except (OSError, ValueError, KeyError):
        return None
