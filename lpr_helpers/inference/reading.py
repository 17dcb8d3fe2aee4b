"""What is read of one plate, as a user gets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


class FrameError(ValueError):
    """Frames that cannot be read; the message names them."""


@dataclass(frozen=True)
class Character:
    """One slot of the plate.

    confidence: probability that ``text`` is right, 0…1, if the layout is. alternatives: the likeliest characters with
    their probabilities, likeliest first, itself among them.
    """

    text: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Reading:
    """What was read of one plate.

    confidence: probability that all of ``text`` is right, 0…1. layout: the one it was read as, "" where none was
    imposed. characters: one a slot. skipped: frames that could not be read and had no say, each with its reason.
    problem: why nothing at all was read, "" where something was; then text and characters are empty, and the
    confidence is 0. calibration_tracks: how many tracks of known truth stand behind the confidences; 0 where they are
    the network's own. consulted: whether a second reader had a say (`read_consulting`). slots: what was seen before any
    layout or prior, log-probabilities of each character at each slot, float32 [L, A], of a reader without torch as an
    array; None where nothing was read. missing: modalities that the reader knows and had to do without, each with how
    many frames lacked it.

    The plate is never surer than its `weakest` character.
    """

    text: str
    confidence: float
    layout: str
    characters: tuple[Character, ...]
    skipped: tuple[str, ...] = ()
    problem: str = ""
    calibration_tracks: int = 0
    consulted: bool = False
    slots: Tensor | np.ndarray | None = field(default=None, repr=False, compare=False)
    missing: tuple[str, ...] = ()

    @property
    def calibrated(self) -> bool:
        """Whether confidences mean how often such a reading is right, and not only which of two is surer."""
        return self.calibration_tracks > 0

    @property
    def weakest(self) -> Character:
        """The character with the least confidence; an empty one with none where nothing was read."""
        return min(
            self.characters, key=lambda character: character.confidence, default=Character("", 0.0, ())
        )

    def __str__(self) -> str:
        if self.problem:
            return f"unread: {self.problem}"
        worth = "" if self.calibrated else ", uncalibrated"
        lacking = "".join(f"; {one}" for one in self.missing)
        return f"{self.text} ({self.layout or 'any layout'}, {self.confidence:.1%}{worth}{lacking})"
