"""From a folder to a table: one row a track, and everything that is wrong with the folder, found in one pass."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from lpr_helpers.data.checks import CheckedTrack, check_track
from lpr_helpers.data.folders import DataSetError, FoundTrack, describe_folders, find_folders, plates_home
from lpr_helpers.data.frame_format import Modality
from lpr_helpers.data.index_cache import CACHE_VERSION, load_cache, save_cache, stamp
from lpr_helpers.data.labels import Problem
from lpr_helpers.data.modalities import modalities_of
from lpr_helpers.plates import PlateFormat
from lpr_helpers.utils.cores import usable_cores
from lpr_helpers.utils.progress import bar


@dataclass(frozen=True, eq=False)
class TrackSet:
    """A data set's tracks.

    Attributes
    ----------
    table: one row a track: `track_id`, `split` ("train", "test"), `scenario` ("A", "B", ""), `layout` and `text`
        ("" unknown), `lr` and `hr` (absolute paths of usable frames, sorted by name), `lr_sizes` and `hr_sizes`
        (width, height), `corners` (file name → [[x, y] × 4], clockwise from the top left), `folder` (relative to
        the root: the row's key), `trainable` (the text fits its layout and a frame is usable), `problems`. And of each
        of the ``modalities``, under its name, a path for each one of `lr`, "" where there is no such frame.
    problems: one row a problem: `track_id`, `file` (relative to the root), `kind`, `message`, `repaired`.
    """

    table: pd.DataFrame
    problems: pd.DataFrame
    root: Path
    plate: PlateFormat
    modalities: tuple[Modality, ...] = ()


def read_tracks(
    root: str | Path,
    *,
    plate: PlateFormat | None = None,
    split: str | None = None,
    cache: str | Path | None = None,
    progress: bool = True,
) -> TrackSet:
    """Index every track under `root`: the official layout, flat test folders, or a user's own folders of tracks.

    Parameters
    ----------
    root: the data set's folder, or any folder within it.
    plate: what plates look like; None reads ``plates.toml`` at the root (Brazil's layouts where there is none). What
        else than light there is, that file alone says, see `modalities`.
    split: "train" or "test" for all tracks; None takes it from the names of the folders below `root`, and where they
        do not say it, an annotated track is for training.
    cache: a file that remembers every track's check; only tracks whose files changed since are opened again.

    Raises
    ------
    DataSetError: `root` does not exist, is a file, holds no track, or its ``plates.toml`` is wrong.
    """
    root = Path(root).expanduser().resolve()
    if split not in (None, "train", "test"):
        raise ValueError(f'split is "train", "test" or None, not {split!r}')
    folders = find_folders(root, progress)
    try:
        plate = plate or PlateFormat.of(plates_home(root))
        modalities = modalities_of(plates_home(root))
    except ValueError as error:
        raise DataSetError(str(error)) from error
    found = describe_folders(root, folders, plate, split)
    checked = _check_all(root, found, plate, modalities, Path(cache) if cache is not None else None, progress)
    rows = [_row(root, f, checked[f.folder]) for f in found]
    problems = [p for f in found for p in checked[f.folder].problems]
    for i, repeated in _repeated_ids(found):
        problems.append(repeated)
        rows[i]["problems"].append(repeated.message)
    columns = [f.name for f in fields(Problem)]
    listed = pd.DataFrame(map(vars, problems), columns=columns)
    return TrackSet(pd.DataFrame(rows), listed, root, plate, modalities)


def problem_summary(trackset: TrackSet) -> pd.DataFrame:
    """Problems by kind, most frequent first: `kind`, `tracks`, `repaired` (tracks), `example`, `message` (its)."""
    rows = [
        (kind, group.track_id.nunique(), group.file.iloc[0], group.message.iloc[0], int(group.repaired.sum()))
        for kind, group in trackset.problems.groupby("kind")
    ]
    table = pd.DataFrame(rows, columns=["kind", "tracks", "example", "message", "repaired"])
    return table.sort_values(["tracks", "kind"], ascending=[False, True], ignore_index=True)


def _check_all(
    root: Path,
    found: list[FoundTrack],
    plate: PlateFormat,
    modalities: tuple[Modality, ...],
    cache: Path | None,
    progress: bool,
) -> dict[str, CheckedTrack]:
    """Check the tracks that the cache does not know as they are now; folder → what was found."""
    header = {"version": CACHE_VERSION, "root": str(root), "alphabet": plate.alphabet}
    header["layouts"] = dict(plate.layouts)
    if modalities:
        header["modalities"] = list(map(vars, modalities))
    stamps = {f.folder: stamp(f) for f in found}
    known = load_cache(cache, header) if cache else {}
    checked = {f: track for f, (kept, track) in known.items() if stamps.get(f) == kept}
    pending = [f for f in found if f.folder not in checked]
    done = bar(None, "Indexing tracks", total=len(found), initial=len(checked), disable=not progress)
    try:
        with done, ThreadPoolExecutor(min(8, 2 * usable_cores())) as pool:
            try:
                for f, track in zip(
                    pending, pool.map(lambda f: check_track(root, f, plate, modalities), pending), strict=True
                ):
                    checked[f.folder] = track
                    done.update()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    finally:  # an interrupted index keeps what it has
        if cache and (pending or len(checked) != len(known)):
            save_cache(cache, header, stamps, checked)
    return checked


def _row(root: Path, found: FoundTrack, checked: CheckedTrack) -> dict:
    folder = f"{root}/" if found.folder == "." else f"{root}/{found.folder}/"
    return {
        "track_id": found.track_id,
        "split": found.split,
        "scenario": found.scenario,
        "layout": checked.layout,
        "text": checked.text,
        "lr": [folder + name for name in checked.lr],
        "hr": [folder + name for name in checked.hr],
        "lr_sizes": checked.lr_sizes,
        "hr_sizes": checked.hr_sizes,
        "corners": checked.corners,
        "folder": found.folder,
        "trainable": checked.trainable,
        "problems": [problem.message for problem in checked.problems],
    } | {name: [folder + one if one else "" for one in files] for name, files in checked.beside.items()}


def _repeated_ids(found: list[FoundTrack]) -> Iterator[tuple[int, Problem]]:
    """Row and problem of each track whose id another track of its split has before it."""
    first: dict[tuple[str, str], str] = {}
    for i, track in enumerate(found):
        before = first.setdefault((track.split, track.track_id), track.folder)
        if before != track.folder:
            message = (
                f"{before} has the same track id; both are kept: read one of the folders alone, or rename it"
            )
            yield i, Problem(track.track_id, track.folder, "duplicate-track-id", message)
