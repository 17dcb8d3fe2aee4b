"""Every frame decoded once, into one memory-mapped array that all later work reads from."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lpr_helpers.utils.arrays import new_array
from lpr_helpers.utils.cores import usable_cores
from lpr_helpers.utils.files import whole_folder, write_json
from lpr_helpers.utils.images import FRAMES, SIZES, load_frame
from lpr_helpers.utils.locks import sole_writer
from lpr_helpers.utils.progress import bar

_VERSION = 1


@dataclass(frozen=True)
class Packed:
    """The frames of all tracks of a table, row for row.

    images: uint8 memory map [N, F, C, H, W], C = 1 grey or 3 red-green-blue; missing frames are 0.
    valid: bool [N, F], False where a track has no such frame.
    unreadable: files that could not be decoded although the table lists them.
    """

    images: np.ndarray
    valid: np.ndarray
    unreadable: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.valid)


def pack(
    table: pd.DataFrame,
    folder: str | Path,
    *,
    kind: str = "lr",
    size: tuple[int, int] | None = None,
    colour: bool = False,
    frames: int = FRAMES,
    workers: int | None = None,
    progress: bool = True,
) -> Packed:
    """Decode all ``kind`` frames of ``table`` into ``folder``, or reuse what an earlier call left there.

    Parameters
    ----------
    table: one row a track, with a column ``kind`` of lists of image files.
    kind: "lr" (default size 32 × 128) or "hr" (64 × 256). size: (height, width) in pixels.
    frames: frames kept of each track, in the order of their names.
    workers: decoding threads; default one a core, at most 8.

    The folder's manifest names the files, sizes and times it was made from; if one of them has changed,
    or the array is not as long as it was written, all is packed anew. The folder appears whole or not at all. Of two
    processes that want the same folder, the second waits for the first.

    Raises DiskFullError where there is no room for the frames, before any is decoded.
    """
    folder = Path(folder)
    size = size or SIZES[kind]
    files = [list(paths)[:frames] for paths in table[kind]]
    shape = (len(files), frames, 3 if colour else 1, *size)
    stamp = _stamp(files, shape)
    if (packed := _load(folder, stamp)) is not None:
        return packed
    with sole_writer(folder, wait=True):
        if (packed := _load(folder, stamp)) is not None:
            return packed
        with whole_folder(folder) as partial:
            title = f"Packing {kind} frames" if progress else None
            valid, unreadable = _fill(partial / "images.npy", files, shape, workers, title)
            np.save(partial / "valid.npy", valid)
            length = (partial / "images.npy").stat().st_size
            write_json(
                partial / "manifest.json",
                {"stamp": stamp, "shape": shape, "bytes": length, "unreadable": unreadable},
            )
        return Packed(np.load(folder / "images.npy", mmap_mode="r"), valid, tuple(unreadable))


def _fill(
    file: Path, files: list[list[str]], shape: tuple[int, ...], workers: int | None, title: str | None
) -> tuple[np.ndarray, list[str]]:
    """Decode into a new ``file``, closed again when this returns; gives ``valid`` [N, F] and the unreadable files."""
    images, valid = new_array(file, np.uint8, shape), np.zeros(shape[:2], dtype=bool)
    with ThreadPoolExecutor(workers or min(8, usable_cores())) as pool:
        lost = pool.map(
            lambda row: _decode(files[row], images[row], valid[row], shape[2] == 3), range(len(files))
        )
        done = bar(lost, title or "", total=len(files), disable=not title)
        unreadable = [path for paths in done for path in paths]
    images.flush()
    return valid, unreadable


def _decode(paths: list[str], images: np.ndarray, valid: np.ndarray, colour: bool) -> list[str]:
    """Fill one track's ``images`` [F, C, H, W] and ``valid`` [F]; returns the files that could not be read."""
    lost = []
    for place, path in enumerate(paths):
        if (image := load_frame(path, images.shape[-2:], colour)) is None:
            lost.append(str(path))
        else:
            images[place], valid[place] = image, True
    return lost


def _stamp(files: list[list[str]], shape: tuple[int, ...]) -> str:
    digest = hashlib.sha256(f"{_VERSION} {shape}".encode())
    for paths in files:
        for path in paths:
            try:
                status = Path(path).stat()
                digest.update(f"{path}|{status.st_size}|{status.st_mtime_ns}\n".encode())
            except OSError:
                digest.update(f"{path}|missing\n".encode())
        digest.update(b"--\n")
    return digest.hexdigest()


def _load(folder: Path, stamp: str) -> Packed | None:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if manifest["stamp"] != stamp or (folder / "images.npy").stat().st_size != manifest["bytes"]:
            return None
        images = np.load(folder / "images.npy", mmap_mode="r")
        return Packed(images, np.load(folder / "valid.npy"), tuple(manifest["unreadable"]))
    except (OSError, ValueError, KeyError):
        return None
