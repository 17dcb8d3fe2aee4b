"""What a phase of training is, and the report's two."""

from __future__ import annotations

import math
from dataclasses import dataclass

WARM_UP = 0.05


@dataclass(frozen=True)
class Phase:
    """How one phase of training goes; the defaults are the report's Phase 1 (4.4, 6.1).

    scenarios: those trained on; data without any of them are used whole. hr: train on high-resolution frames too,
    as the report's 200,000 images include them; validation never does. degrade_hr: make them as poor as low-resolution
    ones first, anew each time. scenario_weights: how often tracks of a scenario are drawn against others', such as
    ``(("B", 3.0),)``, see `FrameBatches`; an epoch stays as long as it is. transfer: (one scenario, another): half of
    the tracks of the first are made to look like the other's, anew each time, see `transforms.degradation_transfer`.
    Fresh tracks know neither, and data that lack a scenario are as if it were not named.
    augmentation: "none", "light" or "aggressive". batch_size: frames, or tracks for a reader of whole tracks;
    over all processes. clip: largest gradient norm. optimiser: "adamw" or "muon", see `optimisers`.
    schedule: "plateau" lowers the rate by ``factor`` after ``patience`` epochs without progress in the characters
    read of the validation tracks (ReduceLROnPlateau), as in the report; "cosine" raises it over the first `WARM_UP` of
    all steps and lets it fall to 0 in half a cosine (Loshchilov and Hutter, 2017), and ``epochs`` are a setting too.
    spaced_steps: steps in which CTC is told, less and less, that characters stand evenly spaced
    (`losses.spacing_loss`); for networks that begin from nothing.
    early_stopping: epochs without a better checkpoint before training ends; None trains all epochs.
    precision: "no" (float32), "bf16", "fp16", or "auto" for the faster one: known of GPUs, of a CPU measured.
    """

    name: str = "phase1"
    epochs: int = 25
    batch_size: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 1e-5
    clip: float = 5.0
    optimiser: str = "adamw"
    schedule: str = "plateau"
    factor: float = 0.5
    patience: int = 3
    spaced_steps: int = 0
    early_stopping: int | None = None
    augmentation: str = "aggressive"
    scenarios: tuple[str, ...] = ("A", "B")
    hr: bool = True
    degrade_hr: bool = False
    scenario_weights: tuple[tuple[str, float], ...] = ()
    transfer: tuple[str, str] | None = None
    precision: str = "auto"
    seed: int = 2026

    def rate(self, done: float) -> float:
        """The learning rate after the share ``done`` (0…1) of all steps, for the schedule "cosine"."""
        if done < WARM_UP:
            return self.learning_rate * (0.01 + 0.99 * done / WARM_UP)
        return self.learning_rate * (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP))) / 2

    def spaced(self, step: int) -> float:
        """How much the spacing counts in a step, the first being 0: from 1 evenly down to 0."""
        return max(0.0, 1 - step / self.spaced_steps) if self.spaced_steps else 0.0


SPACED_STEPS = 400
"""Our reader and the report's CRNN find their characters within two thirds of them."""
PHASE1 = Phase(spaced_steps=SPACED_STEPS)
PHASE2 = Phase("phase2", epochs=10, learning_rate=1e-4, augmentation="light", scenarios=("B",))
SR_PHASE = Phase(
    "super-resolution",
    epochs=8,
    batch_size=8,
    learning_rate=3e-2,
    weight_decay=0.0,
    clip=1.0,
    schedule="cosine",
    augmentation="none",
    scenarios=(),
)
"""How super-resolution learns alone; batches are of tracks, and pictures learn at a tenth of the rate
(`SuperResolvedReader.slow`).
"""
