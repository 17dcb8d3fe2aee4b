"""What a training looks like it suffers from, in words: the report's troubleshooting guide (A.3) as checks."""

from __future__ import annotations

from collections.abc import Sequence

from lpr_helpers.training.phases import SPACED_STEPS, Phase

GUESSING = 0.2
"""Characters read below which a network is thought to guess: under its layout, guessing gets one in ten or fewer."""
PATIENT_STEPS = 600
"""Steps after which a network that guesses has had its time."""
WAITING = 0.3
"""Share of the time spent waiting for frames from which on it is worth a word."""
OVERFIT = 3.0
"""Validation loss over training loss from which on a network is thought to know its plates by heart."""


def advice(history: Sequence[dict], phase: Phase, steps: int) -> dict[str, str]:
    """What the last epoch of a history shows, by its name; empty where all looks well.

    history: rows as `fit` makes them, the last with ``waiting``, the share of its time that the device waited for
    frames, 0 to 1. steps: of all epochs together.

    ``guessing``: hardly a character is read although the plateau should be over. ``waiting``: frames come too slowly.
    ``overfit``: training reads what validation does not.
    """
    row, found = history[-1], {}
    if steps >= PATIENT_STEPS and row["character_accuracy"] < GUESSING:
        spaced = f", or spaced_steps={SPACED_STEPS} (now 0)" if not phase.spaced_steps else ""
        found["guessing"] = (
            f"after {steps} steps {row['character_accuracy']:.0%} of the characters are read, little more than by "
            "guessing. Look in notebook 01 whether labels belong to their frames; then try another learning rate (now "
            f"{phase.learning_rate:g}), weaker augmentation (now {phase.augmentation!r}){spaced}"
        )
    if row["waiting"] > WAITING:
        found["waiting"] = (
            f"{row['waiting']:.0%} of the time went by waiting for frames. Packed frames belong on a disk of this "
            "machine, not on a network drive; tracks drawn while training want more cores, or to be drawn once before"
        )
    if row["character_accuracy"] >= GUESSING and row["val_loss"] > OVERFIT * row["loss"]:
        found["overfit"] = (
            f"the loss is {row['loss']:.3f} in training and {row['val_loss']:.3f} on validation, whose plates are in "
            "no training track (a split by tracks or frames would not show this, and flatter). More plates, stronger "
            f"augmentation (now {phase.augmentation!r}) or fewer epochs may help"
        )
    return found
