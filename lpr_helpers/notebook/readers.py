"""The readers that the notebooks have trained, and what each reads of the validation tracks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from lpr_helpers.data.label_edits import annotated
from lpr_helpers.decoding.text_prior import TextPrior, learn_prior
from lpr_helpers.inference.reader import PlateReader, load_reader
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.models.checkpoints import Recogniser, load_recogniser
from lpr_helpers.models.shipped_files import SHIPPED
from lpr_helpers.notebook.datasets import open_split, packed, training_data
from lpr_helpers.notebook.settings import Settings
from lpr_helpers.submission.model_selection import Choice, choices, read_by, with_prior
from lpr_helpers.training.runs import best_run
from lpr_helpers.utils.files import recovered
from lpr_helpers.utils.steps import require_step

PACKAGE = "package"
"""What the reader in the package is called beside those that were trained."""


def best_reader(settings: Settings) -> tuple[str, Recogniser]:
    """The name and the best checkpoint of the phase that reads more validation plates.

    Raises MissingStepError where no phase was trained.
    """
    run = best_run([settings.phase1, settings.phase2])
    return run.name, load_recogniser(run / "best")


def live_reader(settings: Settings, name: str) -> PlateReader:
    """One of the `trained_readers`, by its name, ready to read frames from anywhere."""
    return load_reader(None if name == PACKAGE else settings.artifacts / name / "best")


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
        found[PACKAGE] = shipped
    return found


def read_validation(
    readers: Mapping[str, Recogniser],
    settings: Settings,
    *,
    tta: int = 1,
    prior: TextPrior | None = None,
    progress: bool = True,
) -> dict[Choice, pd.DataFrame]:
    """How each of the `choices` reads the validation tracks: results by choice, in that order.

    tta: as in `recognition.recognise`. prior: tried, with the weight that suits it best, with each reader's own way,
    and with all of them together; these come last.
    """
    frames = {}
    for name, reader in readers.items():
        data = training_data(settings, frame_format=reader.frame_format, progress=progress)
        rows, plate = data.rows("val"), data.plate
        frames[name] = recognise(reader, data.lr, rows, tta=tta, progress=progress)
        table = data.table.iloc[rows]
    ways = choices(frames)
    if prior:
        own = [way for way in ways if way.layouts and way.fusion != "majority"]
        own = list({way.readers: way for way in reversed(own)}.values())[
            ::-1
        ]  # of each the first, its own way
        ways += [with_prior(way, frames, table, prior) for way in own]
    return {choice: read_by(choice, frames, table, plate) for choice in ways}


def text_prior(settings: Settings, file: str = "") -> TextPrior:
    """What plates say, learnt from the texts of the training tracks, or from a file of plates, one a line.

    Raises ValueError where there is no plate among them.
    """
    tracks = open_split(settings, progress=False)
    labelled = annotated(tracks, settings.annotations).table
    return learn_prior(Path(file) if file else labelled[labelled["split"] == "train"], tracks.plate)


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
        lr = packed(settings, table, "test-lr", frame_format=readers[name].frame_format, progress=progress)
        frames[name] = recognise(readers[name], lr, range(len(table)), tta=tta, progress=progress)
    return read_by(choice, frames, table, readers[choice.readers[0]].plate)


def _phases(settings: Settings) -> dict[str, Recogniser]:
    """The best checkpoints of both phases, the later one first, those that are there, by name."""
    runs = (settings.phase2, settings.phase1)
    return {run.name: load_recogniser(run / "best") for run in runs if recovered(run / "best")}
