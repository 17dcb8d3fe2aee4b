"""The readers that the notebooks have trained, and what each reads of the validation tracks."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lpr_helpers.inference.recognition import recognise
from lpr_helpers.models.checkpoints import SHIPPED, Recogniser, load_recogniser
from lpr_helpers.notebook.datasets import training_data
from lpr_helpers.notebook.settings import Settings
from lpr_helpers.submission.model_selection import Choice, choices, read_by
from lpr_helpers.utils.files import standing


def trained_readers(settings: Settings) -> dict[str, Recogniser]:
    """The best checkpoints of both phases and the reader in the package, those that are there, by name.

    The package's is left out where it reads other plates than the first of them.
    """
    runs = {run.name: run / "best" for run in (settings.phase2, settings.phase1)}
    found = {name: load_recogniser(folder) for name, folder in runs.items() if standing(folder)}
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
