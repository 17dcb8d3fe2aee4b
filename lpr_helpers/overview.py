"""What a data set holds, in tables: its tracks, the plates that come back, and what a pixel of it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
import pandas as pd

from lpr_helpers.frames import FRAMES
from lpr_helpers.gap import group_names
from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.splits import SIDES
from lpr_helpers.synthetic import RECIPE


def inventory(table: pd.DataFrame) -> pd.DataFrame:
    """What each split holds of each scenario and layout, one row each.

    table: `TrackSet.table`. Columns: `tracks`; of these those that are `trainable` and those `with corners`; the
    usable `LR frames` and `HR frames`; the image `files`' endings. An unknown scenario or layout is "–".
    """
    frames = table["lr"] + table["hr"]
    shown = table.assign(
        lr=table["lr"].str.len(),
        hr=table["hr"].str.len(),
        corners=table["corners"].map(bool),
        files=[{file.rpartition(".")[2].lower() for file in files} for files in frames],
    ).replace({"scenario": "", "layout": ""}, "–")
    return (
        shown.groupby(["split", "scenario", "layout"])
        .agg(
            tracks=("lr", "size"),
            trainable=("trainable", "sum"),
            with_corners=("corners", "sum"),
            lr_frames=("lr", "sum"),
            hr_frames=("hr", "sum"),
            files=("files", lambda files: ", ".join(sorted(set().union(*files)))),
        )
        .rename(columns={"with_corners": "with corners", "lr_frames": "LR frames", "hr_frames": "HR frames"})
        .reset_index()
        .sort_values("split", key=lambda split: split.map(SIDES.index), kind="stable", ignore_index=True)
    )


def repeated_plates(table: pd.DataFrame) -> pd.DataFrame:
    """The plates that stand in several tracks, most frequent first: `text`, `tracks`, `scenarios`, `layouts`.

    Tracks without a text are left out.
    """
    known = table[table["text"] != ""]
    names = lambda values: ", ".join(sorted(set(values))) or "–"  # noqa: E731
    plates = known.groupby("text").agg(
        tracks=("text", "size"), scenarios=("scenario", names), layouts=("layout", names)
    )
    plates = plates[plates["tracks"] > 1].reset_index()
    return plates.sort_values(["tracks", "text"], ascending=[False, True], ignore_index=True)


def leaks(table: pd.DataFrame, *, fraction: float) -> pd.DataFrame:
    """How much of validation would show a plate that was also trained on, by how the data are divided.

    table: labelled tracks, with the split of `splits.add_split`. fraction: the share that a random split would take
    for validation. Returns one row each for a random split of the frames, a random split of the tracks (both in
    expectation, exact for independent draws), and the table's own split: `split by`, `seen in training` (0 to 1).
    """
    known = table[table["text"] != ""]
    siblings = known.groupby("text")["text"].transform("size").to_numpy() - 1
    trained = set(known.loc[known["split"] == "train", "text"])
    ours = known.loc[known["split"] == "val", "text"].isin(trained)
    frames = 1 - fraction ** (FRAMES * (siblings + 1) - 1.0)
    shares = {"frame": frames.mean(), "track": (1 - fraction ** siblings.astype(float)).mean()}
    shares["plate, as here"] = ours.mean()
    return pd.DataFrame(shares.items(), columns=["split by", "seen in training"])


def shared_plates(table: pd.DataFrame) -> pd.DataFrame:
    """How many plates each two sides of a split have in common: int [sides, sides], the diagonal a side's own plates.

    Tracks without a text are left out, and sides without any.
    """
    known = table[table["text"] != ""]
    stands = pd.crosstab(known["text"], known["split"]).clip(upper=1)
    return (stands.T @ stands).rename_axis(index=None, columns=None)


@dataclass(frozen=True)
class Lettering:
    """The row of characters, as shares of a plate's width (pitch, character_width, stroke) and height."""

    pitch: float
    character_width: float
    character_height: float
    stroke: float


def lettering(plate: PlateFormat) -> Lettering | None:
    """The mean lettering of the layouts of ``plate`` whose measures are known, or None."""
    width, height = RECIPE.plates.size
    known = [RECIPE.plates.lettering[name] for name in plate.layouts if name in RECIPE.plates.lettering]
    if not known:
        return None
    shares = [
        (
            np.median(np.diff(letters.centres)) / width,
            letters.width / width,
            letters.height / height,
            np.mean(letters.stroke) * letters.height / width,
        )
        for letters in known
    ]
    return Lettering(*np.mean(shares, axis=0).tolist())


def pixel_worth(table: pd.DataFrame, plate: PlateFormat = BRAZIL) -> pd.DataFrame:
    """How many pixels a plate, a character and a stroke have, in LR and HR frames, by scenario: medians.

    table: `TrackSet.table`. Where a track has corners, the plate itself is measured, elsewhere the whole crop, which
    is a little wider. Returns one row for LR and HR of each group of `gap.group_names`: `frames`, `how many`,
    `measured` ("plates" or "crops"), `width` and `height` of it, `pitch` (from character to character),
    `character width`, `character height` and `stroke`, all in pixels; what is not known of a foreign ``plate`` is NaN.
    """
    letters = lettering(plate) or Lettering(1 / plate.length, np.nan, np.nan, np.nan)
    rows = []
    for kind in ("lr", "hr"):
        for group, part in table.groupby(group_names(table)):
            outlines = _outlines(part, kind)
            crops = [size for sizes in part[f"{kind}_sizes"] for size in sizes]
            sizes = _lengths(outlines) if len(outlines) else np.array(crops, float)
            if not len(sizes):
                continue
            width, height = np.median(sizes, axis=0)
            measured = "plates" if len(outlines) else "crops"
            row = {"frames": kind.upper(), "group": group, "how many": len(sizes), "measured": measured}
            row |= {"width": width, "height": height, "pitch": width * letters.pitch}
            row["character width"] = width * letters.character_width
            row["character height"] = height * letters.character_height
            rows.append(row | {"stroke": width * letters.stroke})
    return pd.DataFrame(rows)


def _outlines(table: pd.DataFrame, kind: str) -> np.ndarray:
    """The corners of all frames that have them, float64 [N, 4, 2]."""
    found = [
        corners[name]
        for files, corners in zip(table[kind], table["corners"], strict=True)
        for file in files
        if (name := PurePath(file).name) in corners
    ]
    return np.array(found, float).reshape(-1, 4, 2)


def _lengths(outlines: np.ndarray) -> np.ndarray:
    """Mean length of the two long and of the two short sides of outlines [N, 4, 2], float64 [N, 2]."""
    sides = np.linalg.norm(np.roll(outlines, -1, axis=1) - outlines, axis=-1)
    return np.stack([sides[:, ::2].mean(axis=1), sides[:, 1::2].mean(axis=1)], axis=1)
