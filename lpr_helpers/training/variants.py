"""Ensembles: several variants of a training, and one reader of all that came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from lpr_helpers.data.track_data import TrackData
from lpr_helpers.decoding.ensembles import weigh_members
from lpr_helpers.decoding.slot_fusion import track_slots
from lpr_helpers.inference.ensemble_results import EnsembleResults, ensemble_results
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.models.checkpoints import initial_recogniser
from lpr_helpers.models.ensemble_folder import save_ensemble
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import SPACED_STEPS, Phase
from lpr_helpers.utils.distributed import shard

FROM_NOTHING = 3
"""How many times as fast our reader learns where it begins without the weights in the package."""
OTHER_STRENGTH = {"none": "light", "light": "aggressive", "aggressive": "light"}
VARIANTS = ("base", "initialisation", "augmentation", "crnn7", "crnn-attention")
"""The report's (10.2), in the order in which they join."""


@dataclass(frozen=True)
class Variant:
    """A member of an ensemble: what its training starts from (one of `checkpoints.STARTS`), and how it goes.

    All that is left to chance follows from ``phase.seed``.
    """

    start: str
    phase: Phase


def make_variants(start: str, phase: Phase, frame_phase: Phase) -> dict[str, Variant]:
    """`VARIANTS` of one training: the same again with other fresh weights, with another augmentation, other networks.

    start, phase: the training that they vary, "base". Where it starts from the weights in the package, the other
    initialisation is our reader with fresh ones. frame_phase: how networks of single frames learn.
    """
    seed = phase.seed
    anew = replace(phase, seed=seed + 1)
    if start == "ours":
        rate = FROM_NOTHING * phase.learning_rate
        anew = replace(anew, learning_rate=rate, spaced_steps=SPACED_STEPS)
    other = replace(phase, seed=seed + 2, augmentation=OTHER_STRENGTH[phase.augmentation])
    return {
        "base": Variant(start, phase),
        "initialisation": Variant("scratch" if start == "ours" else start, anew),
        "augmentation": Variant(start, other),
        "crnn7": Variant("crnn7", replace(frame_phase, seed=seed + 3)),
        "crnn-attention": Variant("crnn-attention", replace(frame_phase, seed=seed + 4)),
    }


def train_ensemble(
    variants: Mapping[str, Variant],
    data: TrackData,
    folder: str | Path,
    *,
    train: Callable[..., pd.DataFrame] = fit,
    progress: bool = True,
) -> EnsembleResults:
    """Train ``variants``, each in ``folder/<its name>``, weigh them on validation, and write an ensemble.

    ``load_reader(folder)`` then reads with all of them. Whatever is trained already is not trained again, and what was
    cut short goes on, as in `fit`: the same call can be made again at any time, with other variants too. train: `fit`,
    or another with its signature.

    Returns what the members read of the validation tracks, alone and together. The weights were chosen on these very
    tracks, so what the whole reads of them flatters a little.

    Raises TrainingError as `fit` does, and for fewer than two variants.
    """
    if len(variants) < 2:
        raise TrainingError(f"an ensemble of {', '.join(variants) or 'nothing'}: two variants at least")
    folder, rows, frames = Path(folder), data.rows("val"), {}
    for name, variant in variants.items():
        channels, seed = data.lr.images.shape[2], variant.phase.seed
        reader = initial_recogniser(variant.start, data.plate, seed, channels, data.lr.frame_format)
        train(reader, data, variant.phase, folder / name, progress=progress)
        frames[name] = recognise(reader, data.lr, rows, progress=progress)
    table = data.table.iloc[rows]
    slots = [track_slots(one) for one in frames.values()]
    weights = weigh_members(slots, table["text"].tolist(), data.plate)
    if shard()[0] == 0:
        told = {"weights": "chosen on validation tracks", "tracks": len(rows)}
        save_ensemble(
            folder, {f"{name}/best": weight for name, weight in zip(frames, weights, strict=True)}, told
        )
    return ensemble_results(table, frames, weights, reader)
