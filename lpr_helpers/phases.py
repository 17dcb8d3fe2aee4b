"""What a phase of training is, and the report's two."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phase:
    """How one phase of training goes; the defaults are the report's Phase 1 (4.4, 6.1).

    scenarios: those trained on; data without any of them are used whole. hr: train on high-resolution frames too,
    as the report's 200,000 images include them; validation never does.
    augmentation: "none", "light" or "aggressive". batch_size: frames, over all processes. clip: largest gradient norm.
    factor, patience: of ReduceLROnPlateau, on the character accuracy of the validation tracks.
    early_stopping: epochs without a better checkpoint before training ends; None trains all epochs.
    precision: "no" (float32), "bf16", "fp16", or "auto" for the fastest that the device has.
    """

    name: str = "phase1"
    epochs: int = 25
    batch_size: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 1e-5
    clip: float = 5.0
    factor: float = 0.5
    patience: int = 3
    early_stopping: int | None = None
    augmentation: str = "aggressive"
    scenarios: tuple[str, ...] = ("A", "B")
    hr: bool = True
    precision: str = "auto"
    seed: int = 2026


PHASE1 = Phase()
PHASE2 = Phase("phase2", epochs=10, learning_rate=1e-4, augmentation="light", scenarios=("B",))
