"""What a notebook shows while it trains: one picture below the cell, drawn anew after each epoch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lpr_helpers.data.track_data import TrackData
from lpr_helpers.plots.live import training_view
from lpr_helpers.plots.training import InPlace
from lpr_helpers.training import runs
from lpr_helpers.training.phases import Phase


class LiveTraining:
    """`plots.live.training_view` of one run, in place below a notebook's cell; elsewhere it does nothing.

    Give `update` to `fit` as ``on_epoch``. The readings come from the run's folder, so that a run that goes on, or is
    finished, shows those of its earlier epochs too.
    """

    def __init__(self, data: TrackData, phase: Phase, run: str | Path) -> None:
        self.data, self.phase, self.run = data, phase, Path(run)
        self._shown = InPlace()

    def update(self, history: pd.DataFrame) -> None:
        """Draw ``history`` and the readings so far in place of what was shown before."""
        self._shown.show(lambda: self.figure(history))

    def figure(self, history: pd.DataFrame) -> Figure:
        """The picture itself, for a page or a file."""
        samples = runs.read_samples(self.run)
        if not samples.empty:
            samples = samples[samples["epoch"].isin(history["epoch"])]
        return training_view(history, self.phase, samples, self._frames(samples))

    def _frames(self, samples: pd.DataFrame) -> dict[str, np.ndarray]:
        """The middle LR frame of each sampled track, uint8 [H, W] or [H, W, 3]."""
        wanted = set() if samples.empty else set(samples["track_id"])
        found = np.flatnonzero(self.data.table["track_id"].isin(wanted))
        images = self.data.lr.images[found]
        middle = images[:, images.shape[1] // 2] if len(found) else images
        shown = [image[0] if len(image) != 3 else image.transpose(1, 2, 0) for image in middle]
        return dict(zip(self.data.table["track_id"].iloc[found], shown, strict=True))
