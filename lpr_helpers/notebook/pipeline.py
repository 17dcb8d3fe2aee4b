"""The work of the notebooks 02, 03 and 05 without a notebook, in one process or in many that share it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import pandas as pd
from accelerate import PartialState

from lpr_helpers.data import splits
from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.evaluation.bootstrap import readable
from lpr_helpers.evaluation.diversity import disagreements, member_gains, oracle
from lpr_helpers.inference.ensemble_results import EnsembleResults
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.inference.results import results_table
from lpr_helpers.models.checkpoints import initial_recogniser, load_recogniser
from lpr_helpers.notebook.datasets import frame_format, open_data, packed, tracks_to_read, training_data
from lpr_helpers.notebook.profiles import PROFILES
from lpr_helpers.notebook.settings import Settings, read_settings
from lpr_helpers.submission.writer import write_submission
from lpr_helpers.training import runs
from lpr_helpers.training.loop import fit
from lpr_helpers.training.variants import VARIANTS, Variant, make_variants, train_ensemble
from lpr_helpers.utils.devices import best_device
from lpr_helpers.utils.steps import require_step


def phase1(settings: Settings, state: PartialState) -> None:
    """What notebook 02 trains."""
    phase, made_of = settings.profile.phase1, frame_format(settings)
    data = _data(settings, state, made_of)
    recogniser = initial_recogniser(settings.start, data.plate, phase.seed, frame_format=made_of)
    fit(recogniser, data, phase, settings.phase1)


def phase2(settings: Settings, state: PartialState) -> None:
    """What notebook 03 trains."""
    recogniser = load_recogniser(require_step(settings.phase1 / "best", "02_train_phase1"))
    data = _data(settings, state, recogniser.frame_format)
    fit(recogniser, data, settings.profile.phase2, settings.phase2)


def submission(settings: Settings, state: PartialState) -> None:
    """A submission by the better phase's checkpoint, as notebook 05 writes one."""
    run = runs.best_run([settings.phase1, settings.phase2])
    recogniser = load_recogniser(run / "best")
    with state.main_process_first(), state.local_main_process_first():
        table = tracks_to_read(open_data(settings))
        lr = packed(settings, table, "test-lr", frame_format=recogniser.frame_format)
    frames = recognise(recogniser, lr, range(len(table)), device=state.device)
    results = results_table(table, frames, fuse(frames, plate=recogniser.plate, layouts="any"))
    if state.is_main_process:
        written = write_submission(
            results, settings.submission, expected=table.track_id, plate=recogniser.plate
        )
        print(f"{len(results)} tracks read by {run.name}: {written.zip}")


def ensemble_command(names: Sequence[str]) -> int:
    """Train some `variants.VARIANTS` of Phase 1, all where none is named, and print what each brings.

    Returns 0, or 2 where a name is none of them or the settings are wrong.
    """
    state = PartialState(cpu=best_device().type == "cpu")
    try:
        settings = read_settings()
        variants = _variants(settings, names or VARIANTS)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    data = _data(settings, state, frame_format(settings))
    found = train_ensemble(variants, data, settings.ensemble)
    if state.is_main_process:
        rates = oracle(found.members, found.joined)
        for table in (disagreements(found.members), rates, member_gains(found.grown)):
            print(f"\n{readable(table).to_string()}")
        shares = ", ".join(f"{name} {weight:.2f}" for name, weight in found.weights.items())
        print(f"\nweights: {shares}\nensemble: {settings.ensemble}")
    return 0


def train_variants(
    settings: Settings,
    data: TrackData,
    names: Sequence[str] = VARIANTS,
    train: Callable[..., pd.DataFrame] = fit,
) -> EnsembleResults:
    """`variants.train_ensemble` of some `variants.VARIANTS` of Phase 1; what it returns.

    Raises ValueError for a name that is none of them, and TrainingError as `train_ensemble` does.
    """
    return train_ensemble(_variants(settings, names), data, settings.ensemble, train=train)


def _variants(settings: Settings, names: Sequence[str]) -> dict[str, Variant]:
    known = make_variants(settings.start, settings.profile.phase1, PROFILES[settings.profile.name].phase1)
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"no variant {unknown[0]!r}; choose among {', '.join(known)}")
    return {name: known[name] for name in names}


def _data(settings: Settings, state: PartialState, made_of: FrameFormat) -> TrackData:
    """The training data. One process makes what is missing, then one on each machine, for disks of their own."""
    with state.main_process_first(), state.local_main_process_first():
        if not settings.split.exists():
            table = open_data(settings).table
            splits.save_split(splits.add_split(table, fraction=settings.profile.validation), settings.split)
        return training_data(settings, frame_format=made_of)


STEPS = {"phase1": phase1, "phase2": phase2, "submission": submission}
