"""Which tracks a folder holds, by its folders or by the names of its files; only names are held, no file is opened."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lpr_helpers.data.folders import DataSetError, FoundFolder, is_image, stated_split, walk_folders
from lpr_helpers.utils.progress import bar
from lpr_helpers.utils.regular import printable

_FIELD = re.compile(r"\{(track|frame)\}|\*|[^{*]+|.")


@dataclass(frozen=True)
class TrackSources:
    """The tracks under ``root``: their `names`, in order, which are their folders relative to the root.

    files: for tracks by a file pattern, the frames of each, relative to the root; otherwise empty, and a track's frames
    are what its folder holds. empty: folders with nothing in them, which may have been meant as tracks, and are none.
    """

    root: Path
    names: tuple[str, ...]
    files: dict[str, tuple[str, ...]] = field(default_factory=dict)
    empty: tuple[str, ...] = ()

    def frames(self, name: str) -> Path | list[Path]:
        """What a reader is given of a track: its folder, or its files."""
        if self.files:
            return [self.root / file for file in self.files[name]]
        return self.root / name

    def track_id(self, name: str) -> str:
        """The last part of a track's name; the root's own where it is the only track."""
        return (name if name != "." else self.root.name).rpartition("/")[2]


def folder_tracks(root: Path, *, tests_only: bool = False, progress: bool = True) -> TrackSources:
    """Every folder that holds an image, or is named like a track.

    tests_only: where some stand below a folder with ``test`` in its name, these alone. Raises DataSetError where there
    is no such folder.
    """
    root = _existing(root)
    walk = bar(
        walk_folders(root, loose=True), "Finding tracks", unit=" tracks", leave=False, disable=not progress
    )
    names, empty = _sorted_out(walk)
    if not names:
        raise DataSetError(
            f"{printable(str(root))} holds no tracks. Expected folders with images; for images whose names say which "
            "track they belong to, give a pattern, such as {track}_{frame}.jpg"
        )
    tests = tuple(name for name in names if stated_split(name) == "test") if tests_only else ()
    if tests:
        empty = tuple(name for name in empty if stated_split(name) == "test")
    return TrackSources(root, tests or names, empty=empty)


def pattern_tracks(root: Path, pattern: str, *, progress: bool = True) -> TrackSources:
    """Tracks by the names of their files, such as ``{track}_{frame}.jpg`` or ``camera*/{track}/{frame}.png``.

    pattern: of paths relative to ``root``. ``{track}`` takes in as little as possible and may hold slashes, ``{frame}``
    and ``*`` hold none. Frames stand in the order of their names, numbers by their size.

    Raises DataSetError where no image fits, ValueError where the pattern has no ``{track}``.
    """
    root, fits = _existing(root), re.compile(_expression(pattern))
    found: dict[str, list[tuple[str, str]]] = {}
    files = _images(root)
    for file in bar(files, "Finding tracks", unit=" frames", leave=False, disable=not progress):
        if match := fits.fullmatch(file):
            parts = match.groupdict()
            found.setdefault(parts["track"], []).append((parts.get("frame") or file, file))
    if not found:
        example = next(_images(root), "")
        there = f"the first image there is {printable(example)}" if example else "there is no image"
        raise DataSetError(f"nothing under {printable(str(root))} fits {pattern!r}: {there}")
    names = tuple(sorted(found))
    return TrackSources(root, names, {name: _ordered(found[name]) for name in names})


def _sorted_out(found: Iterable[FoundFolder]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tracks, and folders that hold nothing and are not named like one either."""
    names: list[str] = []
    empty: list[str] = []
    for one in found:
        is_track = one.files or one.trouble or one.folder.rpartition("/")[2].lower().startswith("track_")
        (names if is_track else empty).append(one.folder)
    return tuple(names), tuple(empty)


def _existing(root: Path) -> Path:
    root = Path(root).expanduser().resolve()
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise DataSetError(f"{printable(str(root))} {what}; give the folder that holds the tracks")
    return root


def _expression(pattern: str) -> str:
    """The regular expression of a pattern."""
    if pattern.count("{track}") != 1 or pattern.count("{frame}") > 1:
        raise ValueError(
            f"the pattern {pattern!r} has to hold {{track}} once, and may hold {{frame}} once, as in "
            "{track}_{frame}.jpg"
        )
    kinds = {"{track}": "(?P<track>.+?)", "{frame}": "(?P<frame>[^/]+)", "*": "[^/]*"}
    parts = (match.group() for match in _FIELD.finditer(pattern))
    return "".join(kinds.get(part) or re.escape(part) for part in parts)


def _images(root: Path) -> Iterator[str]:
    """All images below ``root``, by their relative paths, folder by folder."""
    for folder, subfolders, files in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for name in sorted(filter(is_image, files)):
            yield (Path(folder) / name).relative_to(root).as_posix()


def _ordered(frames: list[tuple[str, str]]) -> tuple[str, ...]:
    """The files of a track by their frames' names; 10 comes after 9."""
    pieces = ((re.split(r"(\d+)", frame), file) for frame, file in frames)
    keyed = sorted(
        ([(int(p), "") if p.isdecimal() else (-1, p) for p in split], file) for split, file in pieces
    )
    return tuple(file for _, file in keyed)
