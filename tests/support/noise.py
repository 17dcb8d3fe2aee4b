"""Small things to train on and with, for several test files and for the processes they start."""

import os
from multiprocessing import forkserver, get_context
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import torch
import torch._dynamo
from torch.utils import tensorboard  # noqa: F401 (likewise)

from lpr_helpers.data.frames import Packed
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.plates import BRAZIL

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


def forks():
    """A multiprocessing context whose processes begin with everything imported, and with torch never used."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["made"])
    # Python 3.11 and 3.12 forget their path when they import what is to be there from the start.
    with patch.dict(os.environ, PYTHONPATH=str(Path(__file__).parent), OMP_NUM_THREADS="1"):
        forkserver.ensure_running()
    return context


def small(**network):
    return Recogniser.new(BRAZIL, **{"hidden": 16, **network})


def weights(recogniser):
    return torch.cat([tensor.flatten().float() for tensor in recogniser.model.state_dict().values()])
