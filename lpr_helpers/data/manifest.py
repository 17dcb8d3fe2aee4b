"""What a data set should hold, and whether it does: LRLPR-26 as its owners describe it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import pandas as pd

from lpr_helpers.utils.files import PACKAGE

Line = tuple[str, object, object, bool]


def manifest_folder() -> Path:
    """The folder ``data_manifest``: inside an installed package, beside the package in a checkout."""
    places = [PACKAGE / "data_manifest", PACKAGE.parent / "data_manifest"]
    for place in places:
        if (place / "lrlpr26.json").exists():
            return place
    raise FileNotFoundError(
        f"data_manifest is in neither {places[0]} nor {places[1]}; install the package again, or clone it whole"
    )


def compare_with_manifest(table: pd.DataFrame, expected: Mapping | None = None) -> pd.DataFrame:
    """Compare a data set with what it should hold; a mismatch is a row, never an error.

    Parameters
    ----------
    table: `TrackSet.table` of any data set.
    expected: as in ``lrlpr26.json``, which None stands for: `train` lists groups by scenario and layout, `test` the
        test sets, which are recognised by their number of tracks.

    Returns
    -------
    One row a comparison: `what`, `expected`, `found`, `ok`. Frames count where they are usable.
    """
    if expected is None:
        expected = json.loads((manifest_folder() / "lrlpr26.json").read_text(encoding="utf-8"))
    lines = [
        *_train_lines(table[table.split != "test"], expected["train"]),
        *_test_lines(table[table.split == "test"], expected["test"]),
    ]
    return pd.DataFrame(lines, columns=["what", "expected", "found", "ok"])


def _train_lines(train: pd.DataFrame, groups: list[Mapping]) -> Iterator[Line]:
    described = pd.Series(False, index=train.index)
    for group in groups:
        mine = (train.scenario == group["scenario"]) & (train.layout == group["layout"])
        described |= mine
        what = f"train, Scenario {group['scenario']}, {group['layout']}"
        yield _line(f"{what}: tracks", group["tracks"], int(mine.sum()))
        if mine.any():
            yield from _frame_lines(what, train[mine], group)
            corners = int(train[mine].corners.map(bool).sum())
            yield _line(f"{what}: tracks with corners", group["tracks"] if group["corners"] else 0, corners)
    yield _line("train: tracks of other scenarios or layouts", 0, int((~described).sum()))


def _test_lines(test: pd.DataFrame, sets: list[Mapping]) -> Iterator[Line]:
    sizes = " or ".join(f"{s['tracks']} ({s['name']})" for s in sets)
    if test.empty:
        yield "test: tracks", sizes, 0, False
    folders = test.folder.map(lambda folder: str(PurePosixPath(folder).parent))
    for folder, tracks in test.groupby(folders):
        what = "test" if folder == "." else f"test, {folder}"
        same_size = [s for s in sets if s["tracks"] == len(tracks)]
        yield f"{what}: tracks", sizes, len(tracks), bool(same_size)
        for described in same_size[:1]:
            yield from _frame_lines(what, tracks, described)
            for layout, count in described.get("layouts", {}).items():
                if tracks.layout.any():
                    yield _line(f"{what}: {layout} tracks", count, int((tracks.layout == layout).sum()))


def _frame_lines(what: str, tracks: pd.DataFrame, described: Mapping) -> Iterator[Line]:
    for kind in ("lr", "hr"):
        counts = tracks[kind].map(len)
        found = int(counts.min()) if counts.min() == counts.max() else f"{counts.min()} to {counts.max()}"
        yield _line(f"{what}: {kind.upper()} frames a track", described[kind], found)
    endings = sorted(
        {PurePosixPath(path).suffix.lower() for paths in tracks.lr + tracks.hr for path in paths}
    )
    yield _line(f"{what}: endings", " ".join(described["endings"]), " ".join(endings))


def _line(what: str, expected: object, found: object) -> Line:
    return what, expected, found, expected == found
