"""Feeding annotations back to the data: labels are corrected, flagged tracks neither trained on nor measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from lpr_helpers.data.annotations import Annotation, load_annotations
from lpr_helpers.data.tracks import TrackSet
from lpr_helpers.plates import BRAZIL, PlateFormat

COLUMNS = ["track_id", "change", "before", "after", "why"]


def annotated(tracks: TrackSet, file: str | Path) -> TrackSet:
    """The tracks with the annotations of ``file`` applied, see `apply_annotations`; prints what that changed.

    Without such a file they are the same. Raises ValueError where the file holds no annotations.
    """
    table, changes = apply_annotations(tracks.table, load_annotations(file), tracks.plate)
    if len(changes):
        print(f"{Path(file).name}: {describe_changes(changes)}")
    return replace(tracks, table=table)


def apply_annotations(
    table: pd.DataFrame, annotations: Mapping[str, Annotation], plate: PlateFormat = BRAZIL
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A table of tracks with corrected labels, whose flagged ones are not trainable. Twice is as good as once.

    Parameters
    ----------
    table: `TrackSet.table`, with the split of `splits.load_split` or without; results do as well. Of `layout`, `lr`,
        `trainable` and `split` those are used that it has. Test tracks stay as they are: the competition's rules forbid
        to label them by hand.
    plate: what labels are held to.

    Returns
    -------
    A copy of the table. A corrected label is the `text`, and where only another layout fits it, that is the `layout`;
    the track is `trainable` if the two agree and it has an LR frame. A flagged track is not `trainable`: it is neither
    trained on nor measured. If there are validation tracks, a corrected track whose plate would then stand on both
    sides is held out.

    What changed, one row a change: `track_id`; `change`, one of "relabelled", "new layout", "left out", "held out", or
    "ignored" for an annotation that cannot be applied; `before` and `after`; `why`.
    """
    changed, changes, corrected = table.copy(), [], []
    rows, tests = _rows(table)
    for track_id, edit in annotations.items():
        if not (edit.flagged or edit.label):
            continue
        if why := _why_not(edit, rows.get(track_id, []), track_id in tests, plate):
            changes.append((track_id, "ignored", "", "", why))
            continue
        (row,) = rows[track_id]
        if edit.label:
            corrected.append(row)
            changes += [
                (track_id, *change, edit.note) for change in _relabel(changed, row, edit.label, plate)
            ]
        if edit.flagged:
            if _set(changed, row, "trainable", False):
                changes.append((track_id, "left out", "", "", edit.note))
        elif edit.label:
            _set(changed, row, "trainable", _may_train(changed, row, plate))
    changes += _keep_apart(changed, corrected)
    return changed, pd.DataFrame(changes, columns=COLUMNS)


def describe_changes(changes: pd.DataFrame) -> str:
    """What `apply_annotations` changed, in a line, and another for each reason to ignore annotations."""
    ignored = changes[changes["change"] == "ignored"]
    done = changes.drop(ignored.index)["change"].value_counts(sort=False)
    lines = [", ".join(f"{count} {change}" for change, count in done.items()) or "nothing to change"]
    for why, part in ignored.groupby("why", sort=False):
        names = ", ".join(part["track_id"].head(3)) + (", …" if len(part) > 3 else "")
        lines.append(f"  {len(part)} ignored, {why}: {names}")
    return "\n".join(lines)


def _rows(table: pd.DataFrame) -> tuple[dict[str, list[int]], set[str]]:
    """The positions of each track id, test tracks left out, and the ids of the test tracks."""
    splits = table["split"] if "split" in table else [""] * len(table)
    rows: dict[str, list[int]] = {}
    tests = set()
    for row, (track_id, split) in enumerate(zip(table["track_id"], splits, strict=True)):
        if split == "test":
            tests.add(track_id)
        else:
            rows.setdefault(track_id, []).append(row)
    return rows, tests


def _why_not(edit: Annotation, rows: list[int], is_test: bool, plate: PlateFormat) -> str:
    """Why an annotation cannot be applied to the rows of its track; empty where it can."""
    if not rows:
        return "test tracks may not be labelled by hand" if is_test else "no such track here"
    if len(rows) > 1:
        return "several tracks have this id, rename their folders"
    misfit = plate.misfit(edit.label) if edit.label else None
    return f"the label {misfit}" if misfit else ""


def _relabel(table: pd.DataFrame, row: int, label: str, plate: PlateFormat) -> list[tuple[str, str, str]]:
    """Put a label in and what follows from it; returns the changes: what, before, after."""
    changes = []
    before = _get(table, row, "text")
    if _set(table, row, "text", label):
        changes.append(("relabelled", before, label))
    layout = _get(table, row, "layout") or ""
    fitting = [name for name in plate.layouts if plate.misfit(label, name) is None]
    if layout in ("", *plate.layouts) and layout not in fitting:
        (after,) = fitting if len(fitting) == 1 else [""]
        if _set(table, row, "layout", after):
            changes.append(("new layout", layout, after))
    return changes


def _may_train(table: pd.DataFrame, row: int, plate: PlateFormat) -> bool:
    """Whether a track whose label fits the format can be trained on: a layout outside it cannot be judged."""
    known = (_get(table, row, "layout") or "") in ("", *plate.layouts)
    return known and ("lr" not in table or len(_get(table, row, "lr")) > 0)


def _keep_apart(table: pd.DataFrame, corrected: list[int]) -> list[tuple[str, str, str, str, str]]:
    """Hold corrected tracks out whose plate is on the other side too; the changes."""
    if "split" not in table or not (table["split"] == "val").any():
        return []
    changes = []
    for side, other in (("train", "val"), ("val", "train")):
        plates = set(table.loc[table["split"] == other, "text"])
        for row in corrected:
            if _get(table, row, "split") == side and _get(table, row, "text") in plates:
                _set(table, row, "split", "held_out")
                why = f"its plate is in {other} too"
                changes.append((_get(table, row, "track_id"), "held out", side, "held_out", why))
    return changes


def _get(table: pd.DataFrame, row: int, column: str) -> Any:
    """One value, by position; None where there is no such column."""
    return table[column].iloc[row] if column in table else None


def _set(table: pd.DataFrame, row: int, column: str, value: object) -> bool:
    """Change one value, by position; whether there was anything to change."""
    if column not in table or table[column].iloc[row] == value:
        return False
    table.iloc[row, table.columns.get_loc(column)] = value
    return True
