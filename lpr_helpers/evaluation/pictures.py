"""How close enlarged pictures come to sharp frames, and where they show characters that are not there."""

from __future__ import annotations

from itertools import zip_longest
from typing import cast

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from lpr_helpers.data.batches import TrackBatches
from lpr_helpers.data.frames import Packed
from lpr_helpers.evaluation.failures import SURE
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.super_resolution import bicubic
from lpr_helpers.models.super_resolved import super_resolution_of
from lpr_helpers.transforms.degradation import poor_frames
from lpr_helpers.utils.devices import best_device

INVENTED = ("track_id", "text", "reading", "confidence", "picture_reading", "picture_confidence", "invented")
"""Columns of `invented_characters`."""


def picture_quality(
    recogniser: Recogniser,
    hr: Packed,
    rows: ArrayLike,
    *,
    device: str | torch.device | None = None,
    seed: int = 0,
    batch_size: int = 8,
) -> pd.DataFrame:
    """How well HR frames come back that were made as poor as LR ones: by interpolation, and by super-resolution.

    recogniser: of a kind with super-resolution. hr: of whose tracks ``rows`` are taken, 64 × 256. seed: of how the
    frames are made poor; the same one makes the same of them, so that networks can be compared.

    Rows ``bicubic`` and ``super-resolution``; columns ``psnr`` in decibels and ``ssim`` (0…1), by torchmetrics, means
    over all valid frames; ``mse``, the mean squared difference of a pixel, where white is 1; and ``frames``, their
    number. LR frames show other moments, so nothing of the kind can be said of them.

    Raises ValueError for another recogniser, and where there is no valid frame.
    """
    device = device or best_device()
    network = super_resolution_of(recogniser.model).to(device).eval()
    parts: dict[str, list[np.ndarray]] = {"bicubic": [], "super-resolution": []}
    with torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(seed)
        for batch in TrackBatches(hr, rows, batch_size, device):
            poor, valid = poor_frames(batch.images), batch.valid
            made = (bicubic(poor.flatten(0, 1)).unflatten(0, tuple(valid.shape)), network(poor, valid))
            for found, pictures in zip(parts.values(), made, strict=True):
                found.append(_measured(pictures[valid].clamp(0, 1), batch.images[valid]))
    figures = {name: np.concatenate(found or [np.empty((0, 3))]) for name, found in parts.items()}
    if not len(figures["bicubic"]):
        raise ValueError("there is no HR frame to compare pictures with")
    table = pd.DataFrame(
        {name: found.mean(0) for name, found in figures.items()}, index=["psnr", "ssim", "mse"]
    )
    return table.T.assign(frames=len(figures["bicubic"]))


def _measured(pictures: Tensor, sharp: Tensor) -> np.ndarray:
    """PSNR, SSIM and mean squared difference of each picture [N, C, H, W], [N, 3]."""
    # here, since it takes a second that readers do not have to wait
    from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

    if not len(sharp):
        return np.empty((0, 3))
    psnr = peak_signal_noise_ratio(pictures, sharp, data_range=1.0, reduction="none", dim=(1, 2, 3))
    ssim = structural_similarity_index_measure(pictures, sharp, data_range=1.0, reduction="none")
    ssim = cast(Tensor, ssim)  # a tuple only where its map is asked for
    return torch.stack([psnr, ssim, (pictures - sharp).square().mean((1, 2, 3))], 1).double().cpu().numpy()


def invented_characters(frames: pd.DataFrame, pictures: pd.DataFrame, sure: float = SURE) -> pd.DataFrame:
    """The tracks that were read right from their frames, and wrong from their pictures with a confidence of ``sure``.

    What a picture shows there so clearly, the plate does not say. frames, pictures: results of the same tracks in the
    same order. One row a track, the surest first, columns `INVENTED`: ``invented`` names places (counted from 1), the
    true character and the one that was shown.

    Raises ValueError for results of different tracks.
    """
    if list(frames["track_id"]) != list(pictures["track_id"]):
        raise ValueError(
            "these are results of different tracks: read the same ones from frames and from pictures"
        )
    found = frames[["track_id", "text", "reading", "confidence"]].reset_index(drop=True)
    found["picture_reading"] = list(pictures["reading"])
    found["picture_confidence"] = list(pictures["confidence"])
    known = found["text"] != ""
    wrong = (found["reading"] == found["text"]) & (found["picture_reading"] != found["text"])
    found = found[known & wrong & (found["picture_confidence"] >= sure)]
    found = found.sort_values("picture_confidence", ascending=False, kind="stable").reset_index(drop=True)
    pairs = zip(found["text"], found["picture_reading"], strict=True)
    return found.assign(invented=[_swapped(*pair) for pair in pairs])[list(INVENTED)]


def _swapped(truth: str, shown: str) -> str:
    places = enumerate(zip_longest(truth, shown, fillvalue="–"), start=1)
    return ", ".join(f"place {place}: {true} → {read}" for place, (true, read) in places if true != read)
