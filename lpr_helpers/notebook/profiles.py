"""How much the notebooks do: seconds in CI, minutes on a laptop, or the whole training."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lpr_helpers.training.phases import PHASE1, PHASE2, SR_PHASE, Phase
from lpr_helpers.training.variants import VARIANTS


@dataclass(frozen=True)
class Profile:
    """How much is done: a profile shrinks data and epochs, never the code path.

    phase1, phase2: the two phases of training. demo_tracks: training tracks of Scenario A and B and test tracks
    that are drawn where there is no data set. validation: share of Scenario B's tracks kept for validation.
    trials, trial_epochs: how many settings notebook 02 tries, for so many epochs each. protocols: the ways to order the
    training that notebook 03 tries beside the two phases, with protocol_epochs in each of their phases, or None for as
    many as the two phases have. pictures: how super-resolution is trained, on sharp_tracks of the training tracks or,
    with None, on all.
    ensemble: the `variants.VARIANTS` that notebook 03 makes one reader of, () for none.
    unlabelled: tracks without labels that it draws to learn from besides, where no folder of them is named.
    """

    name: str
    phase1: Phase
    phase2: Phase
    demo_tracks: tuple[int, int, int]
    validation: float = 0.05
    trials: int = 0
    trial_epochs: int = 3
    protocols: tuple[str, ...] = ()
    protocol_epochs: int | None = None
    pictures: Phase = SR_PHASE
    sharp_tracks: int | None = None
    ensemble: tuple[str, ...] = ()
    unlabelled: int = 0


PROFILES = {
    "tiny": Profile(
        "tiny",
        replace(PHASE1, epochs=2, batch_size=16, precision="no"),
        replace(PHASE2, epochs=1, batch_size=16, precision="no"),
        demo_tracks=(24, 48, 12),
        validation=0.2,
        trials=2,
        trial_epochs=1,
        protocols=("mixed", "three phases", "B-weighted", "transfer"),
        protocol_epochs=1,
        pictures=replace(SR_PHASE, epochs=1, precision="no"),
        ensemble=("base", "augmentation"),
        unlabelled=12,
    ),
    "demo": Profile(
        "demo",
        # Strong augmentation lengthens CTC's first plateau, which would take most of so few epochs.
        replace(PHASE1, epochs=2, batch_size=32, augmentation="light"),
        replace(PHASE2, epochs=1, batch_size=32),
        demo_tracks=(1800, 2600, 200),
        validation=0.25,
        pictures=replace(SR_PHASE, epochs=3),
        sharp_tracks=250,
    ),
    "full": Profile(
        "full",
        PHASE1,
        PHASE2,
        demo_tracks=(10_000, 10_000, 3_000),
        trials=20,
        trial_epochs=6,
        protocols=("mixed", "three phases"),
        ensemble=VARIANTS,
    ),
}

OURS1 = Phase(
    "phase1",
    epochs=20,
    optimiser="muon",
    learning_rate=1e-3,
    weight_decay=0.01,
    clip=1.0,
    schedule="cosine",
    augmentation="aggressive",
    degrade_hr=True,
)

FROM_NOTHING = 3e-3
"""Learning rate of Phase 1 where our reader begins without the weights in the package."""
OURS2 = replace(OURS1, name="phase2", epochs=8, learning_rate=1e-4, augmentation="light", scenarios=("B",))
OURS = {
    "tiny": (
        replace(OURS1, epochs=2, batch_size=8, precision="no"),
        replace(OURS2, epochs=1, batch_size=8, precision="no"),
    ),
    "demo": (
        replace(OURS1, epochs=2, batch_size=32, augmentation="light", hr=False),
        # So few steps want a higher rate than the whole training does.
        replace(OURS2, epochs=5, batch_size=32, learning_rate=6e-4, hr=False),
    ),
    "full": (OURS1, OURS2),
}
"""The two phases of our reader, which sees whole tracks: by the profile's name. `PROFILES` has those of the report."""
