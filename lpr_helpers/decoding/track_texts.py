"""What is read of joined slots, in numpy: the last step to a reading, with torch and without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lpr_helpers.plates import PlateFormat


@dataclass(frozen=True, eq=False)
class TrackTexts:
    """One reading a track, as `readings.Readings` has it, in arrays.

    texts: B strings of L characters. confidence: float32 [B], 0…1. slots: float32 [B, L, A], normalised over A.
    layouts: the name of the layout that was imposed on each track, "" for none.
    """

    texts: list[str]
    confidence: np.ndarray
    slots: np.ndarray
    layouts: list[str]

    @property
    def char_confidences(self) -> np.ndarray:
        """Probability of the likeliest character at each slot, float32 [B, L]."""
        return likeliest(self.slots)

    @classmethod
    def of(
        cls,
        slots: np.ndarray,
        log_confidence: np.ndarray,
        layouts: list[str],
        plate: PlateFormat,
        texts: list[str] | None = None,
    ) -> TrackTexts:
        """From float64 log-probabilities of characters [B, L, A] and of plates [B]; the likeliest, if no texts are
        given.
        """
        slots = slots.astype(np.float32)
        # at most that of the weakest character, to the last bit
        most = np.minimum(likeliest(slots).min(-1), np.float32(1))
        confidence = np.minimum(np.exp(log_confidence).astype(np.float32), most)
        texts = texts or [plate.decode(places) for places in slots.argmax(-1)]
        return cls(texts, confidence, slots, layouts)


def likeliest(slots: np.ndarray) -> np.ndarray:
    """The largest probability of log-probabilities float32 [..., A]."""
    return np.exp(np.ascontiguousarray(slots.max(-1)))


def joined(parts: Sequence[TrackTexts], order: np.ndarray) -> TrackTexts:
    """The tracks of several parts, in the order that places in a row of all of them are named."""
    texts, layouts = ([one for part in parts for one in getattr(part, name)] for name in ("texts", "layouts"))
    return TrackTexts(
        [texts[place] for place in order],
        np.concatenate([part.confidence for part in parts])[order],
        np.concatenate([part.slots for part in parts])[order],
        [layouts[place] for place in order],
    )
