"""Tracks of noise without labels, to learn from besides."""

import numpy as np
import pandas as pd

from lpr_helpers.data.frames import Packed
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.plates import BRAZIL


def unlabelled_noise(count=5, width=64, frames=2, seed=1):
    """So many tracks of noise, whose texts nobody knows."""
    names = [f"found_{number:03}" for number in range(count)]
    table = pd.DataFrame({"track_id": names, "folder": [f"road/{name}" for name in names]})
    table = table.assign(
        text="", scenario="B", layout="", split="", trainable=False, lr=[[]] * count, hr=[[]] * count
    )
    images = np.random.default_rng(seed).integers(0, 255, (count, frames, 1, 32, width), dtype=np.uint8)
    return TrackData(table, BRAZIL, Packed(images, np.ones((count, frames), dtype=bool)))
