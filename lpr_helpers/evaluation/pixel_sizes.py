"""What a pixel is worth: how many of them a plate, a character and a stroke have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
import pandas as pd

from lpr_helpers.data.overview import group_names
from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.synthetic.recipe import RECIPE


@dataclass(frozen=True)
class LetteringShares:
    """The row of characters, as shares of a plate's width (pitch, character_width, stroke) and height."""

    pitch: float
    character_width: float
    character_height: float
    stroke: float


def lettering_shares(plate: PlateFormat) -> LetteringShares | None:
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
    return LetteringShares(*np.array(shares).mean(axis=0).tolist())


def pixel_worth(table: pd.DataFrame, plate: PlateFormat = BRAZIL) -> pd.DataFrame:
    """How many pixels a plate, a character and a stroke have, in LR and HR frames, by scenario: medians.

    table: `TrackSet.table`. Where a track has corners, the plate itself is measured, elsewhere the whole crop, which
    is a little wider. Returns one row for LR and HR of each group of `overview.group_names`: `frames`, `how many`,
    `measured` ("plates" or "crops"), `width` and `height` of it, `pitch` (from character to character),
    `character width`, `character height` and `stroke`, all in pixels; what is not known of a foreign ``plate`` is NaN.
    """
    letters = lettering_shares(plate) or LetteringShares(1 / plate.length, np.nan, np.nan, np.nan)
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
