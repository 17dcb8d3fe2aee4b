"""The readers that the notebooks have trained, and what each reads of the validation tracks."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lpr_helpers.inference.recognition import recognise
from lpr_helpers.models.checkpoints import SHIPPED, Recogniser, load_recogniser
from lpr_helpers.notebook.datasets import packed, training_data
from lpr_helpers.notebook.settings import Settings
from lpr_helpers.submission.model_selection import Choice, choices, read_by
from lpr_helpers.training.runs import best_run
from lpr_helpers.utils.files import recovered
from lpr_helpers.utils.steps import require_step


def best_reader(settings: Settings) -> tuple[str, Recogniser]:
    """The name and the best checkpoint of the phase that reads more validation plates.

    Raises MissingStepError where no phase was trained.
    """
    run = best_run([settings.phase1, settings.phase2])
    return run.name, load_recogniser(run / "best")


def phase1_reader(settings: Settings) -> Recogniser:
    """The best checkpoint of Phase 1; raises MissingStepError where it was not trained."""
    return load_recogniser(require_step(settings.phase1 / "best", "02_train_phase1"))


def other_readers(settings: Settings, phase: str) -> dict[str, Recogniser]:
    """The best checkpoints of the phases that are not called ``phase``, those that are there, by name."""
    return {name: reader for name, reader in _phases(settings).items() if name != phase}


def trained_readers(settings: Settings) -> dict[str, Recogniser]:
    """The best checkpoints of both phases, those that are there, and the reader in the package, by name.

    The package's is left out where it reads other plates than they. Raises MissingStepError where no phase was trained.
    """
    require_step(settings.phase1 / "best", "02_train_phase1")
    found = _phases(settings)
    shipped = load_recogniser(SHIPPED)
    plates = {(reader.plate.alphabet, reader.plate.length) for reader in found.values()}
    if plates <= {(shipped.plate.alphabet, shipped.plate.length)}:
        found["package"] = shipped
    return found


def read_validation(
    readers: Mapping[str, Recogniser], settings: Settings, *, tta: int = 1, progress: bool = True
) -> dict[Choice, pd.DataFrame]:
    """How each of the `choices` reads the validation tracks: results by choice, in that order.

    tta: as in `recognition.recognise`.
    """
    frames = {}
    for name, reader in readers.items():
        data = training_data(settings, colour=reader.colour, progress=progress)
        rows, plate = data.rows("val"), data.plate
        frames[name] = recognise(reader, data.lr, rows, tta=tta, progress=progress)
        table = data.table.iloc[rows]
    return {choice: read_by(choice, frames, table, plate) for choice in choices(frames)}


def read_tests(
    choice: Choice,
    readers: Mapping[str, Recogniser],
    table: pd.DataFrame,
    settings: Settings,
    *,
    tta: int = 1,
    progress: bool = True,
) -> pd.DataFrame:
    """The results of reading the tracks of ``table`` in the way that was chosen; their frames are packed once.

    readers: by the names that ``choice`` has for them. tta: as in `recognition.recognise`.
    """
    frames = {}
    for name in choice.readers:
        lr = packed(settings, table, "test-lr", colour=readers[name].colour, progress=progress)
        frames[name] = recognise(readers[name], lr, range(len(table)), tta=tta, progress=progress)
    return read_by(choice, frames, table, readers[choice.readers[0]].plate)


def _phases(settings: Settings) -> dict[str, Recogniser]:
    """The best checkpoints of both phases, the later one first, those that are there, by name."""
    runs = (settings.phase2, settings.phase1)
    return {run.name: load_recogniser(run / "best") for run in runs if recovered(run / "best")}
