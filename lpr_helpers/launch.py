"""Training and reading on every device of a machine, or of several.

From a notebook, `fit_everywhere` does what `training.fit` does, on all GPUs at hand. From a shell,

    accelerate launch -m lpr_helpers.launch phase1 phase2 submission

does the work of the notebooks 02, 03 and 05, with the same switches, on all GPUs that accelerate was told of
(`accelerate config`, or ``--num_processes``); without GPUs, ``torchrun --nproc_per_node 2 -m lpr_helpers.launch …``
shares it among processes. With several machines, start it on each, with ``--num_machines``,
``--machine_rank`` and ``--main_process_ip``, and let `LPR_ARTIFACTS` be a folder that all of them see.
``python -m lpr_helpers.launch …`` uses one device.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import torch
from accelerate import PartialState, notebook_launcher

from lpr_helpers import runs, splits
from lpr_helpers.checkpoints import Recogniser, load_recogniser, starting
from lpr_helpers.data import open_data, packed, tracks_to_read, training_data
from lpr_helpers.devices import best_device
from lpr_helpers.files import needed
from lpr_helpers.fusion import fuse
from lpr_helpers.phases import Phase
from lpr_helpers.reading import recognise, results_table
from lpr_helpers.settings import Settings, read_settings
from lpr_helpers.submission import write_submission
from lpr_helpers.training import TrainingError, become, fit
from lpr_helpers.validation import TrainingData


def fit_everywhere(
    recogniser: Recogniser,
    data: TrainingData,
    phase: Phase,
    run: str | Path,
    *,
    on_epoch: Callable[[pd.DataFrame], None] | None = None,
    processes: int | None = None,
    **options,
) -> pd.DataFrame:
    """`training.fit` in a notebook, on all its GPUs; with none or one of them it is `training.fit` itself.

    processes: how many; None means one a GPU. ``on_epoch`` gets the history when all is done, since several processes
    cannot draw into one cell.

    Raises TrainingError as `fit` does, and if this notebook has used a GPU before: the processes that share the work
    could not use it any more.
    """
    processes = torch.cuda.device_count() if processes is None else processes
    if processes < 2:
        return fit(recogniser, data, phase, run, on_epoch=on_epoch, **options)
    if torch.cuda.is_initialized():
        raise TrainingError(
            f"this notebook has used a GPU already, so {processes} processes cannot share its GPUs. Restart the kernel "
            "and run it again, or pass processes=1"
        )
    notebook_launcher(
        _fit, (recogniser, data, phase, run, options), num_processes=processes, mixed_precision="no"
    )
    become(recogniser, load_recogniser(Path(run) / "best"))
    history = runs.read_history(Path(run))
    if on_epoch:
        on_epoch(history)
    return history


def _fit(recogniser, data, phase, run, options) -> None:
    torch.set_num_threads(1)  # the threads of the notebook's own process do not survive the fork
    fit(recogniser, data, phase, run, **options)


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="accelerate launch -m lpr_helpers.launch",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("steps", nargs="+", choices=STEPS, help="what to do, in this order")
    os.environ.setdefault("LPR_PROGRESS", "text")
    settings = read_settings()
    for step in parser.parse_args(arguments).steps:
        STEPS[step](settings, PartialState(cpu=best_device().type == "cpu"))


def _phase1(settings: Settings, state: PartialState) -> None:
    data, phase = _data(settings, state), settings.profile.phase1
    fit(starting(settings.start, data.plate, phase.seed), data, phase, settings.phase1)


def _phase2(settings: Settings, state: PartialState) -> None:
    recogniser = load_recogniser(needed(settings.phase1 / "best", "02_train_phase1"))
    fit(recogniser, _data(settings, state), settings.profile.phase2, settings.phase2)


def _submission(settings: Settings, state: PartialState) -> None:
    run = runs.best_run([settings.phase1, settings.phase2])
    recogniser = load_recogniser(run / "best")
    with state.main_process_first(), state.local_main_process_first():
        table = tracks_to_read(open_data(settings))
        lr = packed(settings, table, "test-lr", colour=recogniser.colour)
    frames = recognise(recogniser, lr, range(len(table)), device=state.device)
    results = results_table(table, frames, fuse(frames, plate=recogniser.plate, layouts="any"))
    if state.is_main_process:
        written = write_submission(
            results, settings.submission, expected=table.track_id, plate=recogniser.plate
        )
        print(f"{len(results)} tracks read by {run.name}: {written.zip}")


def _data(settings: Settings, state: PartialState) -> TrainingData:
    """The training data. One process makes what is missing, then one on each machine, for disks of their own."""
    with state.main_process_first(), state.local_main_process_first():
        if not settings.split.exists():
            table = open_data(settings).table
            splits.save_split(splits.add_split(table, fraction=settings.profile.validation), settings.split)
        return training_data(settings)


STEPS = {"phase1": _phase1, "phase2": _phase2, "submission": _submission}

if __name__ == "__main__":
    sys.exit(main())
