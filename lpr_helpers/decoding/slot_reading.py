"""The last step to a reading: slots that are joined already, under layouts and, if wanted, with a prior of texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from torch import Tensor

from lpr_helpers.decoding.array_reading import read_fused
from lpr_helpers.decoding.chains import surprise
from lpr_helpers.decoding.layouts import candidate_layouts
from lpr_helpers.decoding.readings import Readings
from lpr_helpers.decoding.text_prior import TextPrior, weighed
from lpr_helpers.plates import BRAZIL, PlateFormat

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)


def read_slots(
    slots: Tensor,
    layouts: str | Sequence[str] | None = "any",
    plate: PlateFormat = BRAZIL,
    prior: TextPrior | None = None,
) -> Readings:
    """Readings of slot log-probabilities [B, L, A] that are joined already; ``layouts`` and ``prior`` as in `fuse`."""
    candidates = candidate_layouts(layouts, len(slots), plate)
    return read_candidates(slots.cpu().double().log_softmax(-1), candidates, plate, prior)


def read_candidates(
    fused: Tensor, candidates: list[list[str]], plate: PlateFormat, prior: TextPrior | None = None
) -> Readings:
    """Readings of fused slots, float64 [B, L, A], normalised, each under the best of its candidate layouts.

    Raises ValueError where the prior is of another plate format.
    """
    return Readings.of(read_fused(fused.numpy(), candidates, plate, prior))


def weigh_prior(
    prior: TextPrior, slots: Tensor, texts: Sequence[str], weights: Sequence[float] = WEIGHTS
) -> tuple[TextPrior, pd.DataFrame]:
    """Choose a prior's weight on validation tracks, whose layouts the reader is not told.

    The weight is taken that finds the truth least surprising: with the lowest mean negative log-probability of a whole
    plate. Plates read right would be too coarse a measure.

    slots: log-probabilities of whole tracks [B, L, A], see `track_slots`. texts: the truth, B plates.

    Returns the prior with that weight, and a row a weight: ``nats`` a plate, ``plates`` read (a share), ``chosen``.
    Raises ValueError for no tracks, and for a truth that is no plate.
    """
    if not len(texts):
        raise ValueError("no validation tracks to choose a prior's weight on")
    fused = slots.cpu().double().log_softmax(-1)
    truth = np.stack([prior.plate.encode(text) for text in texts])
    rows = []
    for weight in weights:
        readings = read_slots(fused, "any", prior.plate, weighed(prior, weight))
        right = [reading == text for reading, text in zip(readings.texts, texts, strict=True)]
        rows.append({"weight": weight, "nats": surprise(fused.numpy(), truth, weighed(prior, weight))})
        rows[-1]["plates"] = sum(right) / len(right)
    table = pd.DataFrame(rows)
    best = table["nats"].idxmin()
    return weighed(prior, float(table.loc[best, "weight"])), table.assign(chosen=table.index == best)
