"""Phases of one epoch, and a few tracks of noise for them."""

from dataclasses import replace

import numpy as np
import pandas as pd

from lpr_helpers.data.frames import Packed
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.plates import BRAZIL
from lpr_helpers.training.phases import PHASE1

FIRST = replace(PHASE1, epochs=1, batch_size=4, precision="no", augmentation="none")
SECOND = replace(FIRST, name="phase2", learning_rate=1e-4, scenarios=("B",))


def tracks_of_both_scenarios():
    """Two training tracks of each scenario and a validation track, all of noise."""
    texts = ["ABC1234", "AAA1111", "XYZ9A87", "QWE4R56", "JKL0987"]
    table = pd.DataFrame({"text": texts, "split": ["train"] * 4 + ["val"], "scenario": list("AABBB")})
    table = table.assign(
        track_id=texts, folder=texts, layout="Brazilian", trainable=True, lr=[[]] * 5, hr=[[]] * 5
    )
    images = np.random.default_rng(0).integers(0, 255, (5, 2, 1, 32, 128), dtype=np.uint8)
    return TrackData(table, BRAZIL, Packed(images, np.ones((5, 2), dtype=bool)))


def fresh():
    """The network that every protocol begins with."""
    return Recogniser.new(BRAZIL, seed=FIRST.seed, hidden=8)
