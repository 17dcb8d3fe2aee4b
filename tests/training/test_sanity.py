"""What every training should pass before its figures are believed."""

import gc
from dataclasses import replace

import numpy as np
import pandas as pd
import psutil
import pytest
import torch

from lpr_helpers.data.frames import Packed
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.fresh import FreshTracks, draw
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import PHASE1, Phase
from tests.support.noise import noise_data, small, weights

pytestmark = pytest.mark.slow

CALM = Phase("calm", batch_size=16, augmentation="none", scenarios=(), hr=False, precision="no")


def drawn(count, frames):
    """``count`` synthetic tracks of so many frames to train on, and the very same ones to validate on."""
    images, targets = draw(FreshTracks(count, 7, ("A",), free=0, workers=0), 0, range(count))
    texts = [BRAZIL.decode(target) for target in targets.tolist()] * 2
    table = pd.DataFrame({"text": texts, "split": ["train"] * count + ["val"] * count})
    table = table.assign(
        track_id=[f"track_{n:05}" for n in range(2 * count)], folder="", scenario="A", layout=""
    )
    table = table.assign(trainable=True, lr=[[]] * 2 * count, hr=[[]] * 2 * count)
    images = np.concatenate([images, images])[:, :frames]
    return TrackData(table, BRAZIL, Packed(images, np.ones(images.shape[:2], dtype=bool)))


def test_our_reader_learns_32_tracks_by_heart(tmp_path):
    recogniser = Recogniser.new(BRAZIL, kind="multiframe", dropout=0.0, encoder_layers=0, decoder_layers=1)
    phase = replace(CALM, epochs=40, learning_rate=3e-3, schedule="cosine")
    history = fit(recogniser, drawn(32, frames=2), phase, tmp_path / "run", progress=False)
    assert history["recognition_rate"].iloc[-1] == 1.0


def test_a_seed_fixes_the_weights_and_another_changes_them(tmp_path):
    ended = {}
    for name, seed in {"one": 1, "same": 1, "other": 2}.items():
        recogniser = small()
        phase = replace(PHASE1, epochs=1, batch_size=8, precision="no", seed=seed)
        fit(recogniser, noise_data(), phase, tmp_path / name, progress=False)
        ended[name] = weights(recogniser)
    assert torch.equal(ended["one"], ended["same"])
    assert not torch.equal(ended["one"], ended["other"])


def test_memory_stays_flat_over_fifty_epochs(tmp_path):
    used = []

    def measure(_):
        gc.collect()
        used.append(psutil.Process().memory_info().rss / 2**20)

    data = drawn(4, frames=1)
    recogniser = Recogniser.new(BRAZIL, kind="multiframe", encoder_layers=0, decoder_layers=1, width=32)
    phase = replace(CALM, epochs=50, batch_size=4, augmentation="aggressive")
    fit(recogniser, data, phase, tmp_path / "run", on_epoch=measure, progress=False)
    assert len(used) == 50
    first, last = np.median(used[10:20]), np.median(used[-10:])
    assert last - first < 30, f"{first:.0f} MB after 15 epochs, {last:.0f} MB after 45"
