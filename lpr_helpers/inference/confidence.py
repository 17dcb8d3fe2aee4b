"""What a user gets of joined slots: texts, with confidences that are calibrated where a calibration holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lpr_helpers.decoding.layouts import imposed_patterns
from lpr_helpers.decoding.track_texts import TrackTexts
from lpr_helpers.evaluation.kept_calibration import Calibration
from lpr_helpers.inference.reading import Character, Reading
from lpr_helpers.plates import PlateFormat

if TYPE_CHECKING:
    from torch import Tensor

    from lpr_helpers.decoding.readings import Readings

ALTERNATIVES = 3
UNCALIBRATED = Calibration()


def calibrated_readings(
    slots: Tensor | np.ndarray,
    readings: Readings | TrackTexts,
    candidates: Sequence[Sequence[str]],
    skipped: Sequence[tuple[str, ...]],
    plate: PlateFormat,
    calibration: Calibration,
) -> list[Reading]:
    """One `Reading` a track, from slots [B, L, A] that are joined, and what was read of them.

    candidates: of each track, the layouts that it might have. A calibration learnt with others tried says nothing of
    this track, whose confidences then stay as they are. skipped: of each track, as in `Reading`.
    """
    found = []
    for row, names in enumerate(candidates):
        holds = calibration.learnt and imposed_patterns(names, plate) == calibration.layouts
        own = calibration if holds else UNCALIBRATED
        found.append(_reading(_of_its_own(slots[row]), readings, row, skipped[row], plate, own))
    return found


def _reading(
    slots: Tensor | np.ndarray,
    readings: Readings | TrackTexts,
    row: int,
    skipped: tuple[str, ...],
    plate: PlateFormat,
    calibration: Calibration,
) -> Reading:
    before = float(readings.confidence[row])
    sure = calibration.characters_of(before, np.asarray(readings.char_confidences[row], float))
    values = np.exp(np.asarray(readings.slots[row], float))
    indices = np.argsort(-values, axis=-1, kind="stable")
    values = np.take_along_axis(values, indices, -1)
    characters = []
    for confidence, shares, order in zip(sure.tolist(), values, indices.tolist(), strict=True):
        texts = [plate.alphabet[index] for index in order[:ALTERNATIVES]]
        pairs = zip(texts, _shared(confidence, shares)[:ALTERNATIVES], strict=True)
        characters.append(Character(texts[0], confidence, tuple(pairs)))
    return Reading(
        readings.texts[row],
        float(calibration.plate(before)),
        readings.layouts[row],
        tuple(characters),
        skipped,
        calibration_tracks=calibration.tracks if calibration.learnt else 0,
        slots=slots,
    )


def _of_its_own(slots: Tensor | np.ndarray) -> Tensor | np.ndarray:
    """One track's slots as float32, which keep no other track's in memory."""
    return slots.astype(np.float32) if isinstance(slots, np.ndarray) else slots.float().clone()


def _shared(confidence: float, values: np.ndarray) -> list[float]:
    """Probabilities, largest first, once the first is ``confidence``: the others share what it leaves as before.

    None of them becomes larger than the first.
    """
    others = values[1:].sum()
    left = (1 - confidence) / others if others > 0 else 0.0
    return [confidence, *np.minimum(values[1:] * left, confidence).tolist()]
