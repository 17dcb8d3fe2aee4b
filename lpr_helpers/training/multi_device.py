"""Training in a notebook on all the GPUs of its machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from accelerate import notebook_launcher

from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.training import runs
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.loop import fit
from lpr_helpers.training.phases import Phase


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
    recogniser.load_weights(Path(run) / "best")
    history = runs.read_history(Path(run))
    if on_epoch:
        on_epoch(history)
    return history


def _fit(recogniser: Recogniser, data: TrackData, phase: Phase, run: str | Path, options: dict) -> None:
    torch.set_num_threads(1)  # the threads of the notebook's own process do not survive the fork
    fit(recogniser, data, phase, run, **options)
