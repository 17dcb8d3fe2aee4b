"""The history of a training that is half done."""

import pandas as pd

from lpr_helpers.training.phases import Phase

COSINE = Phase(epochs=4, schedule="cosine", learning_rate=2e-3)


def two_epochs():
    """Two of the four epochs of `COSINE`."""
    rates = {"recognition_rate": [0.1, 0.4], "character_accuracy": [0.5, 0.8]}
    speed = {"tracks_per_s": 81.0, "seconds": 300.0, "peak_memory_mb": 812.0}
    losses = {"loss": [2.0, 1.0], "val_loss": [1.5, 0.9], "learning_rate": [1e-3, 5e-4]}
    return pd.DataFrame({"phase": "phase1", "epoch": [1, 2], **rates, **losses, **speed})
