"""Where the tracks are: every track folder under a root, and what the folders' names say of it; no file is opened."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lpr_helpers.plates import PLATE_FILE, PlateFormat
from lpr_helpers.utils.progress import bar
from lpr_helpers.utils.regular import is_utf8, printable

LABEL_FILE = "annotations.json"
ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff")
"""How the names of image files end, in any letter case."""
_SPLIT = re.compile(r"(?<![a-z])(?:public|blind)?(train|test)")
_SCENARIO = re.compile(r"scenario[-_ ]?(\w+)", re.IGNORECASE)
_EXPECTED = (
    "Expected train/Scenario-A/Brazilian/track_00001/ and so on, or folders of tracks, each with frames "
    f"lr-001.png … ({', '.join(ENDINGS)}) and, for training, annotations.json."
)


class DataSetError(ValueError):
    """A folder that cannot be read as a data set at all; the message says what was expected and what is there."""


@dataclass(frozen=True)
class FoundFolder:
    """A track folder's path relative to the root, its files, and why it cannot be listed, usually ""."""

    folder: str
    files: tuple[tuple[str, int, int], ...]
    trouble: str


@dataclass(frozen=True)
class FoundTrack:
    """A track folder as the file system shows it, no file opened yet.

    `folder` is relative to the root, `files` holds (name, bytes, time of change in ns) sorted by name. `layout` is
    what the folders' names say. `wants_annotation` and `wants_hr`: their absence is a problem, not a choice.
    `trouble`: why nothing of the folder can be used, usually "". Names that are no UTF-8 are `regular.printable`
    here, so that they can be written anywhere.
    """

    track_id: str
    folder: str
    files: tuple[tuple[str, int, int], ...]
    split: str
    scenario: str
    layout: str
    wants_annotation: bool
    wants_hr: bool
    trouble: str


def is_image(name: str) -> bool:
    """Whether a file name is that of an image, in any letter case. Hidden files are none: macOS leaves them about."""
    return PurePosixPath(name.lower()).suffix in ENDINGS and not name.startswith(".")


def is_frame(name: str) -> bool:
    """Whether a file name is that of an LR or HR frame, in any letter case."""
    return name.lower().startswith(("lr-", "hr-")) and is_image(name)


def find_folders(root: Path, progress: bool) -> list[FoundFolder]:
    """Every track folder under `root`, sorted by its path.

    A track folder holds frames, is named ``track_*``, or holds an ``annotations.json`` and no folders; hidden folders
    are left out, and links are followed once: no folder is found on two ways. Raises DataSetError where there is none.
    """
    if not is_utf8(str(root)):
        raise DataSetError(
            f"{printable(str(root))} has a name that is not UTF-8, which no table can hold: rename the folder"
        )
    if not root.exists():
        raise DataSetError(f"{root} does not exist. {_EXPECTED}")
    if not root.is_dir():
        raise DataSetError(f"{root} is a file, not a folder; if it is an archive, unpack it. {_EXPECTED}")
    found = bar(walk_folders(root), "Finding tracks", unit=" tracks", leave=False, disable=not progress)
    tracks = sorted(found, key=lambda f: f.folder)
    if any(f.folder == "." and f.trouble for f in tracks):
        raise DataSetError(f"{root}: {tracks[0].trouble}. {_EXPECTED}")
    if tracks:
        return tracks
    names = sorted(printable(entry.name) + "/" * entry.is_dir() for entry in root.iterdir())
    there = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    raise DataSetError(f"{root} holds no tracks. {_EXPECTED} Found {there or 'an empty folder'}.")


def walk_folders(root: Path, *, loose: bool = False) -> Iterator[FoundFolder]:
    """Every track folder, one at a time, in the order of their names.

    A link leads neither to a folder that was met already nor to one around it. loose: whatever folder holds an image is
    a track, and one below the root with nothing in it may have been one.
    """
    pending, met = [("", str(root))], {str(root)}
    links: list[tuple[str, str]] = []
    while pending or links:
        if not pending:  # what the folder itself holds comes first, so that it is not found through a link
            folder, real = links.pop()
            if real in met:
                continue
            met.add(real)
            pending.append((folder, real))
        folder, real = pending.pop()
        subfolders, files, trouble = [], [], ""
        try:
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    if not _is_folder(entry):
                        files.append(_file_stamp(entry))
                    elif not entry.name.startswith((".", "__MACOSX")) and not _leads_back(entry):
                        subfolders.append((entry.name, entry.is_symlink()))
        except OSError as error:
            trouble = f"it cannot be listed ({error.strerror or error}): change its permissions"
        for name, is_link in sorted(subfolders, reverse=True):
            path = f"{folder}/{name}" if folder else name
            if is_link:
                links.append((path, os.path.realpath(root / path)))
            elif (there := str(Path(real, name))) not in met:
                met.add(there)
                pending.append((path, there))
        name = folder.rpartition("/")[2] or root.name
        names = [file[0] for file in files]
        taken = loose and (any(map(is_image, names)) or bool(folder and not names and not subfolders))
        if trouble or taken or _is_track(name, names, bool(subfolders)):
            yield FoundFolder(folder or ".", tuple(sorted(files)), trouble)


def _is_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads in a circle; as a file, reading it will say so
        return False


def _file_stamp(entry: os.DirEntry) -> tuple[str, int, int]:
    try:
        stat = entry.stat()
    except OSError:  # a link to nowhere; reading it will say so
        return entry.name, -1, 0
    return entry.name, stat.st_size, stat.st_mtime_ns


def _leads_back(entry: os.DirEntry) -> bool:
    if not entry.is_symlink():
        return False
    here = Path(entry.path).parent.resolve()
    return Path(entry.path).resolve() in (here, *here.parents)


def _is_track(name: str, files: list[str], has_subfolders: bool) -> bool:
    if any(map(is_frame, files)):
        return True
    marks = name.lower().startswith("track_") + any(file.lower() == LABEL_FILE for file in files)
    return marks == 2 or (marks == 1 and not has_subfolders)


def plates_home(root: Path) -> Path:
    """The folder whose ``plates.toml`` counts: the data set's root also where `root` is its train or test part."""
    part_of_set = _SPLIT.search(root.name.lower()) and not (root / PLATE_FILE).exists()
    return root.parent if part_of_set else root


def stated_split(folder: str) -> str:
    """What the names above a track say of its split, "train", "test" or ""; `folder` is relative to the root.

    The root's own name says nothing: who reads a folder knows what is in it.
    """
    names = PurePosixPath(folder).parts[-2::-1]
    return next((m[1] for name in names if (m := _SPLIT.search(name.lower()))), "")


def describe_folders(
    root: Path, folders: list[FoundFolder], plate: PlateFormat, split: str | None
) -> list[FoundTrack]:
    """What the names of the folders say of each track."""
    annotated = [f for f in folders if any(name.lower() == LABEL_FILE for name, _, _ in f.files)]
    neighbours = {f.folder.rpartition("/")[0] for f in annotated}
    has_annotation = {f.folder for f in annotated}
    has_hr = any(name.lower().startswith("hr-") and is_frame(name) for f in folders for name, _, _ in f.files)
    layouts = {name.casefold(): name for name in plate.layouts}
    tracks = []
    for f in folders:
        path = (*root.parts, *PurePosixPath(f.folder).parts)
        near = path[len(root.parts) - 1 : -1][::-1]
        scenario = next((m[1].upper() for part in path[-2::-1] if (m := _SCENARIO.fullmatch(part))), "")
        stated = split or stated_split(f.folder) or ("train" if scenario else "")
        is_train = stated == "train" or (not stated and f.folder in has_annotation)
        # Where neighbours are annotated, a track without annotation is more likely damaged than meant as a test.
        expected = is_train or (not stated and f.folder.rpartition("/")[0] in neighbours)
        layout = next((layouts[part.casefold()] for part in near if part.casefold() in layouts), "")
        writable = is_utf8(f.folder)
        track = FoundTrack(
            track_id=path[-1] if writable else printable(path[-1]),
            folder=f.folder if writable else printable(f.folder),
            files=f.files,
            trouble=f.trouble if writable else "its path is not UTF-8: rename the folder",
            split="train" if is_train else "test",
            scenario=scenario if writable else printable(scenario),
            layout=layout,
            wants_annotation=expected,
            wants_hr=is_train and has_hr,
        )
        tracks.append(track)
    return tracks
