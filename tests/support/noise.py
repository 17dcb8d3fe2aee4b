"""Noise to train on and to read, and a network small enough for it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from lpr_helpers.data.frames import Packed
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.plates import BRAZIL
from lpr_helpers.training.phases import PHASE1

PHASE = replace(PHASE1, epochs=2, batch_size=8, precision="no", augmentation="light")
"""Two epochs on `noise_data`."""
TEXTS = ["ABC1234", "AAA1111", "XYZ9A87", "QWE4R56", "JKL0987", "BRA2E19", "ZZZ9999", "MNO3P45"]


def noise_data():
    """Six training and two validation tracks of noise, in narrow frames; one training track is of Scenario A."""
    table = pd.DataFrame(
        {
            "track_id": [f"track_{n:05}" for n in range(8)],
            "folder": [f"train/track_{n:05}" for n in range(8)],
            "text": TEXTS,
            "scenario": ["A"] + ["B"] * 7,
            "layout": [
                "Brazilian" if BRAZIL.misfit(text, "Brazilian") is None else "Mercosur" for text in TEXTS
            ],
            "split": ["train"] * 6 + ["val"] * 2,
            "trainable": True,
            "lr": [[]] * 8,
            "hr": [[]] * 8,
        }
    )
    rng = np.random.default_rng(0)
    lr = Packed(rng.integers(0, 255, (8, 2, 1, 32, 64), dtype=np.uint8), np.ones((8, 2), dtype=bool))
    hr = Packed(rng.integers(0, 255, (8, 2, 1, 64, 128), dtype=np.uint8), np.ones((8, 2), dtype=bool))
    return TrackData(table, BRAZIL, lr, hr)


def wide_noise_data():
    """The same tracks in frames as wide as most networks take them, without HR."""
    data = noise_data()
    return replace(data, lr=Packed(data.lr.images.repeat(2, axis=-1), data.lr.valid), hr=None)


def sparse_noise():
    """Three packed tracks of noise; the second lacks two frames, the third all."""
    images = np.random.default_rng(0).integers(0, 255, (3, 5, 1, 32, 128), dtype=np.uint8)
    valid = np.ones((3, 5), dtype=bool)
    valid[1, [0, 3]], valid[2] = False, False
    images[~valid] = 0
    return Packed(images, valid)


def small(seed=2026, **network):
    """The report's CRNN with little to learn."""
    return Recogniser.new(BRAZIL, seed, **{"hidden": 16, **network})


def weights(recogniser):
    """All weights and running statistics of a network in one row."""
    return torch.cat([tensor.flatten().float() for tensor in recogniser.model.state_dict().values()])
