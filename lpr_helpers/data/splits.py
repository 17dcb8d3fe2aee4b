"""Training and validation tracks, divided by plate: the same plate is never on both sides."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pandas as pd

from lpr_helpers.data.folders import DataSetError
from lpr_helpers.utils.files import write_whole
from lpr_helpers.utils.regular import read_regular

SIDES = ("train", "val", "held_out", "test")


def add_split(table: pd.DataFrame, *, fraction: float = 0.05, seed: int = 2026) -> pd.DataFrame:
    """Choose validation tracks; returns a copy of `table` with `split` in "train", "val", "held_out", "test".

    Validation comes from the trainable training tracks of Scenario B (of any scenario where none is of B), since the
    tests do. Whole plates are drawn, layout by layout, at least one a layout that has two. Every other training
    track that shows a validation plate is held out of both sides. The order of rows does not matter.

    Parameters
    ----------
    table: `TrackSet.table`, or one that already has a split, which is forgotten.
    fraction: of the tracks that validation is chosen from, 0 < fraction < 1.
    seed: another seed, other plates.

    Raises
    ------
    ValueError: `fraction` is out of range.
    DataSetError: there are fewer than two plates to divide.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"the validation fraction is a number between 0 and 1, not {fraction}")
    training = table.split != "test"
    candidates = training & table.trainable & (table.scenario == "B")
    source = "trainable tracks of Scenario B"
    if not candidates.any():
        candidates = training & table.trainable
        source = "trainable tracks"
    plates = _plates(table[candidates], seed)
    if len(plates) < 2:
        raise DataSetError(
            f"{int(candidates.sum())} {source} with {len(plates)} different plates cannot be divided into "
            "training and validation; at least two plates are needed: add tracks, or see what is wrong with them "
            f"in `problems`{_labelled_tests(table)}"
        )
    validation = _draw(plates, fraction)
    shown = training & table.text.isin(validation)
    split = table.split.mask(training, "train").mask(shown, "held_out").mask(shown & candidates, "val")
    return table.assign(split=split)


def _labelled_tests(table: pd.DataFrame) -> str:
    """A hint where labelled tracks count as test tracks because of a folder's name."""
    labelled = int(((table.split == "test") & (table.text != "")).sum())
    if not labelled:
        return ""
    return (
        f". {labelled} more tracks have a label, but count as test tracks: where they are not, rename the folder "
        'above them that has "test" in its name, or read them with split="train"'
    )


def _plates(tracks: pd.DataFrame, seed: int) -> pd.DataFrame:
    """One row a plate, its text the index: `layout`, `tracks`; in an order drawn by `seed`.

    The order comes from a hash of each text, so that a few tracks more or less do not reshuffle all others.
    """
    plates = tracks.groupby("text").agg(layout=("layout", "min"), tracks=("layout", "size"))
    order = {
        text: hashlib.blake2b(f"{seed} {text}".encode(), digest_size=16).digest() for text in plates.index
    }
    return plates.loc[sorted(plates.index, key=order.__getitem__)]


def _draw(plates: pd.DataFrame, fraction: float) -> set[str]:
    """Plates for validation: layout by layout, as many as come closest to `fraction` of its tracks."""
    layouts = [plates_of for _, plates_of in plates.groupby("layout") if len(plates_of) > 1]
    drawn: set[str] = set()
    for stratum in layouts or [plates]:
        wanted = fraction * stratum.tracks.sum()
        taken: list[str] = []
        count = 0
        for text, tracks in stratum.tracks.items():
            if len(taken) < len(stratum) - 1 and tracks < 2 * (wanted - count):
                taken.append(text)
                count += tracks
        drawn.update(taken or [stratum.tracks.idxmin()])
    return drawn


def save_split(table: pd.DataFrame, file: str | Path) -> Path:
    """Write each track's side as csv: `track_id`, `folder` (relative to the data set's root), `split`."""
    columns = table[["track_id", "folder", "split"]].sort_values("folder")
    return write_whole(Path(file), columns.to_csv(index=False, lineterminator="\n"))


def load_split(table: pd.DataFrame, file: str | Path) -> pd.DataFrame:
    """A copy of `table` with the split that `save_split` wrote, matched by folder.

    Raises
    ------
    FileNotFoundError: there is no such file.
    ValueError: it is no such csv, or tracks of `table` are not in it.
    """
    try:
        content = io.BytesIO(read_regular(file))
        saved = pd.read_csv(content, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except ValueError as error:
        raise ValueError(
            f"{file} is no split: {error}; make it again with add_split and save_split"
        ) from error
    if not {"folder", "split"} <= set(saved.columns):
        raise ValueError(
            f"{file}: expected the columns track_id, folder, split, found {', '.join(saved.columns)}"
        )
    if wrong := sorted(set(saved.split) - set(SIDES)):
        raise ValueError(f"{file}: a split is one of {', '.join(SIDES)}, not {', '.join(map(repr, wrong))}")
    side = dict(zip(saved.folder, saved.split, strict=True))
    if unknown := [folder for folder in table.folder if folder not in side]:
        raise ValueError(
            f"{file} does not know {len(unknown)} of {len(table)} tracks, {unknown[0]} among them; the data set has "
            "changed, or its root is another one: make the split again with add_split"
        )
    return table.assign(split=table.folder.map(side))
