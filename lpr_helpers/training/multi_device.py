"""Training in a notebook on all the GPUs of its machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from accelerate import notebook_launcher
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.training import runs
from lpr_helpers.training.claims import remember
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import Phase
from lpr_helpers.training.state import TrainingState

USED = (
    "this notebook has used a GPU or accelerate already, so {processes} processes cannot share its GPUs. Restart the "
    "kernel and run this cell before any other that needs a GPU, or pass processes=1"
)
_USED_ALREADY = ("re-initialize", "`Accelerator`", "known to initialize device")
"""What torch and accelerate say then, each in its own words."""


def fit_everywhere(
    recogniser: Recogniser,
    data: TrackData,
    phase: Phase,
    run: str | Path,
    *,
    on_epoch: Callable[[pd.DataFrame], None] | None = None,
    processes: int | None = None,
    **options: Any,
) -> pd.DataFrame:
    """`loop.fit` in a notebook, on all its GPUs; with none or one of them it is `loop.fit` itself.

    processes: how many; None means one a GPU. ``on_epoch`` gets the history when all is done, since several processes
    cannot draw into one cell.

    Raises TrainingError as `fit` does, in whichever process that happens, and if this notebook has used a GPU before:
    the processes that share the work could not use it any more. A finished run is returned all the same.
    """
    processes = torch.cuda.device_count() if processes is None else processes
    if processes < 2:
        return fit(recogniser, data, phase, run, on_epoch=on_epoch, **options)
    if torch.cuda.is_initialized():
        if _finished(Path(run), phase):  # nothing is trained, so nothing has to be shared
            return fit(recogniser, data, phase, run, on_epoch=on_epoch, **options)
        raise TrainingError(USED.format(processes=processes))
    try:
        notebook_launcher(
            _fit, (recogniser, data, phase, run, options), num_processes=processes, mixed_precision="no"
        )
    except TrainingError:
        raise
    except (ChildFailedError, RuntimeError, ValueError) as error:
        raise TrainingError(_in_our_words(error, processes)) from error
    recogniser.load_weights(Path(run) / "best")
    remember(recogniser, Path(run))
    history = runs.read_history(Path(run))
    if on_epoch:
        on_epoch(history)
    return history


def _finished(run: Path, phase: Phase) -> bool:
    """Whether nothing is left to train in ``run``."""
    if not (run / "finished.json").exists() or not len(history := runs.read_history(run)):
        return False
    best = int(runs.best_row(history)["epoch"])
    return TrainingState(len(history), best_epoch=best).finished(phase)


def _in_our_words(error: Exception, processes: int) -> str:
    """Why accelerate started no processes, or what stopped the first of them."""
    said = str(error)
    if isinstance(error, ChildFailedError):
        failure = error.get_first_failure()[1]
        message: Any = failure.message  # declared a text, but a dictionary where the process could tell
        told = message.get("message") if isinstance(message, dict) else None
        said = str(told or f"it ended with code {failure.exitcode} and said nothing, as when memory runs out")
    if any(words in said for words in _USED_ALREADY):
        return USED.format(processes=processes)
    if said.startswith(f"{TrainingError.__name__}: "):
        return said.partition(": ")[2]
    return f"one of the {processes} processes that share the training failed: {said}. processes=1 trains without them"


def _fit(recogniser: Recogniser, data: TrackData, phase: Phase, run: str | Path, options: dict) -> None:
    torch.set_num_threads(1)  # the threads of the notebook's own process do not survive the fork
    fit(recogniser, data, phase, run, **options)
