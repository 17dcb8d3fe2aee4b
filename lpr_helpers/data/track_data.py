"""Tracks ready to be trained on and read: a table with its split, the packed frames, the targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lpr_helpers.data.frames import Packed
from lpr_helpers.plates import PlateFormat


@dataclass(frozen=True)
class TrackData:
    """A table with its split, and the packed frames of all its tracks, row for row."""

    table: pd.DataFrame
    plate: PlateFormat
    lr: Packed
    hr: Packed | None = None

    def rows(self, *splits: str, scenarios: tuple[str, ...] = ()) -> np.ndarray:
        """Positions of the trainable tracks of some splits, one split after another, int64 [n].

        scenarios: of these alone, if the data know any of them.
        """
        usable = self.table["trainable"].to_numpy(bool)
        if scenarios and self.table["scenario"].isin(scenarios).any():
            usable = usable & self.table["scenario"].isin(scenarios).to_numpy()
        side = self.table["split"].to_numpy()
        return np.concatenate([np.flatnonzero(usable & (side == split)) for split in splits])

    @property
    def targets(self) -> np.ndarray:
        """Character indices of every track's text, int64 [N, L]; −1 where the text is no plate."""
        return targets_of(self.table, self.plate)


def targets_of(table: pd.DataFrame, plate: PlateFormat) -> np.ndarray:
    """Character indices of every track's text, int64 [N, L]; −1 where the text is no plate."""
    targets = np.full((len(table), plate.length), -1, dtype=np.int64)
    for row, text in enumerate(table["text"]):
        if text and len(text) == plate.length and not set(text) - set(plate.alphabet):
            targets[row] = plate.encode(text)
    return targets
