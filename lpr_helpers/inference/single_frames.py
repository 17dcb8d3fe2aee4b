"""Each frame of a track read by itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lpr_helpers.data.frames import Packed
from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.models.checkpoints import Recogniser


def single_frame_results(
    results: pd.DataFrame,
    recogniser: Recogniser,
    packed: Packed,
    rows: ArrayLike,
    *,
    progress: bool = True,
) -> pd.DataFrame:
    """The results with ``frame_readings`` and ``frame_confidences`` of frames that were read by themselves.

    Our reader joins frames early, so what it says of one frame of five knows the others. Here each usable frame of the
    tracks ``rows`` of ``packed``, those of ``results``, is a track of its own, with the layout imposed as for a whole.
    """
    rows, count = np.asarray(rows, dtype=np.int64), packed.valid.shape[1]
    images, valid = packed.images.reshape(-1, 1, *packed.images.shape[2:]), packed.valid.reshape(-1, 1)
    single = Packed(images, valid, frame_format=packed.frame_format)
    usable = packed.valid[rows]
    frames = (rows[:, None] * count + np.arange(count))[usable]
    if not len(frames):
        return results
    frame_readings = recognise(recogniser, single, frames, progress=progress, batch_size=160)
    readings = fuse(frame_readings, plate=recogniser.plate, layouts="any")
    ends = np.cumsum(usable.sum(1))[:-1]
    texts, sure = (
        np.split(values, ends) for values in (np.array(readings.texts), readings.confidence.double().numpy())
    )
    return results.assign(
        frame_readings=pd.Series([part.tolist() for part in texts], results.index, dtype=object),
        frame_confidences=pd.Series([part.tolist() for part in sure], results.index, dtype=object),
    )
