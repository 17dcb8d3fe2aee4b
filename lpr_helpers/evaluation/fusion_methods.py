"""Each way to join the frames, judged on the same tracks."""

from __future__ import annotations

import pandas as pd

from lpr_helpers.decoding.fusion import fuse, methods
from lpr_helpers.decoding.readings import FrameReadings
from lpr_helpers.evaluation.bootstrap import readable
from lpr_helpers.evaluation.metrics import summary
from lpr_helpers.plates import PlateFormat

SHOWN = ("recognition rate", "character accuracy", "ECE", "confidence gap")


def by_method(results: pd.DataFrame, frames: FrameReadings, plate: PlateFormat) -> pd.DataFrame:
    """The headline numbers of each way to join the frames, for the eye: a row a method of `fusion.methods`.

    results, frames: of the same tracks, from `tables.read_split`.
    """
    rows = {}
    for method in methods(frames):
        readings = fuse(frames, method, plate=plate, layouts="any")
        joined = results.assign(reading=readings.texts, confidence=readings.confidence.double().tolist())
        rows[method] = readable(summary(joined).loc[list(SHOWN)])["value"]
    return pd.DataFrame(rows).T.rename_axis("method")
