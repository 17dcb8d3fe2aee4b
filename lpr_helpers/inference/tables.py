"""Tracks in, a table of results out: recognise, fuse and tabulate in one call."""

from __future__ import annotations

from typing import Any

import pandas as pd
import torch
from numpy.typing import ArrayLike

from lpr_helpers.data.track_data import TrackData
from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.decoding.readings import FrameReadings
from lpr_helpers.decoding.text_prior import TextPrior
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.inference.results import results_table
from lpr_helpers.inference.single_frames import single_frame_results
from lpr_helpers.models.checkpoints import Recogniser


def read_split(
    recogniser: Recogniser, data: TrackData, *splits: str, **options: Any
) -> tuple[pd.DataFrame, FrameReadings | None]:
    """Read the trainable tracks of some splits, such as "val", one split after another; see `read_rows`."""
    return read_rows(recogniser, data, data.rows(*splits), **options)


def read_rows(
    recogniser: Recogniser,
    data: TrackData,
    rows: ArrayLike,
    *,
    single_frames: bool = False,
    tta: int = 1,
    prior: TextPrior | None = None,
    device: str | torch.device | None = None,
    progress: bool = True,
) -> tuple[pd.DataFrame, FrameReadings | None]:
    """Read the tracks at the positions ``rows`` of some data, in their order.

    The layout is not given away: the likelier one is imposed.

    Parameters
    ----------
    single_frames: read every frame by itself as well, see `single_frames.single_frame_results`.
    tta, device: as in `recognition.recognise`. prior: as in `fusion.fuse`.

    Returns the `results.results_table` with a column ``split``, and what was read of each frame; an empty table and
    None for no rows.
    """
    table = data.table.iloc[rows]
    if table.empty:
        return pd.DataFrame(), None
    frames = recognise(recogniser, data.lr, rows, tta=tta, device=device, progress=progress)
    results = results_table(table, frames, fuse(frames, plate=data.plate, layouts="any", prior=prior))
    results = results.assign(split=table["split"].to_numpy())
    if single_frames:
        results = single_frame_results(results, recogniser, data.lr, rows, progress=progress)
    return results, frames
