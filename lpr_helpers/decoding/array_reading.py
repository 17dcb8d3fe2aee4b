"""Slots that are joined already, as arrays: read under layouts and, if wanted, with a prior of texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lpr_helpers.decoding.chains import read_with_prior
from lpr_helpers.decoding.layouts import candidate_layouts, read_under_layouts
from lpr_helpers.decoding.log_probs import log_softmax
from lpr_helpers.decoding.text_prior import TextPrior
from lpr_helpers.decoding.track_texts import TrackTexts
from lpr_helpers.plates import BRAZIL, PlateFormat

OTHER_PLATES = "the text prior was learnt for another plate format: learn one from plates of this format"


def read_slot_arrays(
    slots: np.ndarray,
    layouts: str | Sequence[str] | None = "any",
    plate: PlateFormat = BRAZIL,
    prior: TextPrior | None = None,
) -> TrackTexts:
    """Readings of slot log-probabilities [B, L, A] that are joined already; ``layouts`` and ``prior`` as in `fuse`."""
    candidates = candidate_layouts(layouts, len(slots), plate)
    return read_fused(log_softmax(slots.astype(np.float64)), candidates, plate, prior)


def read_fused(
    fused: np.ndarray, candidates: Sequence[Sequence[str]], plate: PlateFormat, prior: TextPrior | None = None
) -> TrackTexts:
    """Readings of fused slots, float64 [B, L, A], normalised, each under the best of its candidate layouts.

    Raises ValueError where the prior is of another plate format.
    """
    if prior is None or not prior.weight or not len(fused):
        return read_under_layouts(fused, candidates, plate)
    if prior.plate != plate:
        raise ValueError(OTHER_PLATES)
    return read_with_prior(fused, candidates, prior)
