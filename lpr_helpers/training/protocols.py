"""Ways to order the training: everything at once, two phases or three, as in the report, and two that lean to B."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import PHASE1, PHASE2, Phase

WEIGHT = 3.0
"""How often tracks of Scenario B are drawn in "B-weighted", for each time that one of A is."""


def make_protocols(
    phase1: Phase = PHASE1, phase2: Phase = PHASE2, epochs: int | None = None
) -> dict[str, tuple[Phase, ...]]:
    """The phases of each protocol by its name, derived from the two phases of a profile.

    "mixed": both scenarios in one phase, for as many epochs as the two phases have together.
    "two phases": ``phase1`` on both scenarios, then ``phase2`` on B (report, 4.4).
    "three phases": A, then B, each with ``phase1``'s settings, then B at a tenth of the rate, as ``phase2`` goes
    (report, 10.1).
    "B-weighted": "mixed" with tracks of B drawn `WEIGHT` times as often as those of A.
    "transfer": "mixed" with half of A's tracks made to look like B's (`adaptation.learn_transfer`).
    An epoch is one pass over the tracks of its phase, so that "two phases" and "three phases" see the same tracks
    equally often, and "mixed" and "transfer" see those of A more. ``epochs`` gives every phase the same number instead,
    to try out that all runs.
    """
    mixed = replace(phase1, name="mixed", epochs=phase1.epochs + phase2.epochs)
    made = {
        "mixed": (mixed,),
        "two phases": (phase1, phase2),
        "three phases": (
            replace(phase1, name="a", scenarios=("A",)),
            replace(phase1, name="b", scenarios=("B",)),
            replace(phase2, name="b-low", scenarios=("B",), learning_rate=phase1.learning_rate / 10),
        ),
        "B-weighted": (replace(mixed, name="b-weighted", scenario_weights=(("B", WEIGHT),)),),
        "transfer": (replace(mixed, name="transfer", transfer=("A", "B")),),
    }
    if epochs is None:
        return made
    return {name: tuple(replace(phase, epochs=epochs) for phase in phases) for name, phases in made.items()}


PROTOCOLS = make_protocols()
"""The protocols with the report's own numbers."""


def run_protocol(
    name: str,
    phases: tuple[Phase, ...],
    data: TrackData,
    folder: str | Path,
    *,
    recogniser: Recogniser | None = None,
    train: Callable[..., pd.DataFrame] = fit,
    on_epoch: Callable[[pd.DataFrame], None] | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Train ``phases`` one after another, each in ``folder/<its name>``; returns their histories, joined.

    Every phase but the first starts from the best checkpoint of the one before. The history has one row an epoch, with
    the columns `protocol` (``name``) and `phase`. Whatever is finished is not trained again and whatever was cut short
    continues, as in `fit`: "two phases" in the folder of the notebooks' results is what notebooks 02 and 03 trained.

    recogniser: what to start from; it ends as the last phase's best. None is the report's network, with fresh weights
    that depend on the first phase's seed alone. train: `fit`, or another with its signature. on_epoch: gets the history
    so far, of all phases, after every epoch.

    Raises TrainingError as `fit` does.
    """
    done = pd.DataFrame()
    made_of = data.lr.frame_format or FrameFormat(colour=data.lr.images.shape[2] == 3)
    recogniser = recogniser or Recogniser.new(data.plate, seed=phases[0].seed, frame_format=made_of)

    def shown(history: pd.DataFrame) -> None:
        if on_epoch:
            on_epoch(_joined(name, done, history))

    for phase in phases:
        run = Path(folder) / phase.name
        history = train(recogniser, data, phase, run, on_epoch=shown, progress=progress)
        done = _joined(name, done, history)
    return done


def _joined(name: str, done: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([done, history.assign(protocol=name)], ignore_index=True)
