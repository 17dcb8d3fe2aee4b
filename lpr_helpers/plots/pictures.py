"""Pictures that super-resolution makes, between the frames that they come from and those that they should be like."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from lpr_helpers.data.frames import Packed
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.plots.style import new_figure, note
from lpr_helpers.utils.images import SIZES
from lpr_helpers.utils.opencv import cv2

ASPECT = 2.1
"""Width against height of a frame as cameras deliver it; networks stretch it to 4."""


def super_resolution(
    data: TrackData, rows: ArrayLike, pictures: Packed, n: int = 4, readings: pd.DataFrame | None = None
) -> Figure:
    """A track a row: an LR frame, its bicubic picture, what super-resolution makes of it, and an HR frame.

    The first valid frame of each of the first ``n`` tracks. HR frames show another moment, so they tell what the plate
    says, not how the picture should be pixel by pixel.

    rows: positions of the tracks in ``data``. pictures: of `inference.super_resolve` for the same rows. readings: from
    `evaluation.invented_characters`; then only its tracks are shown, with what was read of both.
    """
    rows = np.asarray(rows, dtype=np.int64)
    names = data.table["track_id"].iloc[rows].tolist()
    told = {} if readings is None else {row.track_id: row for row in readings.itertuples()}
    wanted = range(len(names)) if readings is None else [names.index(name) for name in told if name in names]
    usable = np.any(pictures.valid, axis=1).tolist()
    chosen = [place for place in wanted if usable[place]][:n]
    if not chosen:
        return note("There is no such track to look at.")
    with new_figure(len(chosen), 4, height=1.55 * len(chosen), squeeze=False) as (figure, axes):
        for place, line in zip(chosen, axes, strict=True):
            shown = _pictures(data, rows[place], pictures, place)
            for axis, (name, image) in zip(line, shown.items(), strict=False):
                aspect = image.shape[2] / image.shape[1] / ASPECT
                colours = {} if image.shape[0] == 3 else {"cmap": "gray", "vmin": 0, "vmax": 255}
                axis.imshow(image.transpose(1, 2, 0), aspect=aspect, interpolation="nearest", **colours)
                axis.set_title(name, fontsize=10)
            for axis in line:
                axis.axis("off")
            line[0].set_title(f"{names[place]} · LR", fontsize=10)
            text = data.table["text"].iloc[rows[place]] or "text unknown"
            line[-1].set_title(f"HR, another moment · {text}" if len(shown) > 3 else text, fontsize=10)
            if row := told.get(names[place]):
                line[0].set_title(f"{names[place]} · LR, read {row.reading}", fontsize=10)
                line[2].set_title(f"super-resolution, read {row.picture_reading}", fontsize=10)
    return figure


def _pictures(data: TrackData, row: int, pictures: Packed, place: int) -> dict[str, np.ndarray]:
    """What a row shows, uint8 [C, H, W] by name; the HR frame where there is one."""
    frame = int(np.argmax(pictures.valid[place]))
    channels = pictures.images.shape[2]  # of light
    low = data.lr.images[row, frame, :channels]
    height, width = SIZES["hr"]
    bicubic = [cv2.resize(channel, (width, height), interpolation=cv2.INTER_CUBIC) for channel in low]
    found = {
        "LR": low,
        "bicubic": np.stack(bicubic),
        "super-resolution": pictures.images[place, frame],
    }
    if data.hr is not None and data.hr.valid[row].any():
        found["HR"] = data.hr.images[row, int(np.argmax(data.hr.valid[row])), :channels]
    return found
