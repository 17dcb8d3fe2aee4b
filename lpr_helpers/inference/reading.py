"""What is read of one plate, as a user gets it."""

from __future__ import annotations

from dataclasses import dataclass


class FrameError(ValueError):
    """Frames that cannot be read; the message names them."""


@dataclass(frozen=True)
class Character:
    """One slot of the plate. alternatives: the likeliest characters with their probabilities, likeliest first."""

    text: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Reading:
    """What was read of one plate.

    confidence: probability that all of ``text`` is right, 0…1. layout: the one it was read as, "" where none was
    imposed. characters: one a slot. skipped: frames that could not be decoded, and had no say.
    """

    text: str
    confidence: float
    layout: str
    characters: tuple[Character, ...]
    skipped: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.text} ({self.layout or 'any layout'}, {self.confidence:.1%})"
