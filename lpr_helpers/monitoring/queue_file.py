"""The file of the tracks that a reader doubts, as CSV: written without pandas, loaded as a table."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from lpr_helpers.inference.frames import frame_files
from lpr_helpers.inference.journal import TrackReading
from lpr_helpers.inference.reading import FrameError
from lpr_helpers.inference.track_sources import TrackSources
from lpr_helpers.utils.regular import printable
from lpr_helpers.utils.spreadsheets import plain_text, write_csv_rows

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("track_id", "folder", "reading", "confidence", "layout", "problem", "frames")


def doubtful(readings: Iterable[TrackReading], threshold: float) -> list[TrackReading]:
    """The readings below a confidence, unread tracks among them, the least certain first.

    threshold: 0…1, such as a `Calibration`'s. Raises ValueError for one that is none.
    """
    if not 0 <= threshold <= 1:
        told = "the reader's calibration has none" if math.isinf(threshold) else f"{threshold} is none"
        raise ValueError(f"a threshold of confidence is from 0 to 1; {told}")
    found = [reading for reading in readings if reading.problem or reading.confidence < threshold]
    return sorted(found, key=lambda reading: (reading.confidence, reading.name))


def write_queue(readings: Iterable[TrackReading], sources: TrackSources, file: Path) -> Path:
    """Write a queue, whole or not at all: `COLUMNS`, with the files of the frames one a line in their cell."""
    rows = (
        (
            printable(one.track_id),
            printable(one.name),
            one.reading,
            one.confidence,
            one.layout,
            printable(one.problem),
            "\n".join(str(path) for path in _files(sources, one.name)),
        )
        for one in readings
    )
    return write_csv_rows(COLUMNS, rows, file)


def load_queue(file: str | Path) -> pd.DataFrame:
    """A queue as a table of results: a track's text is unknown, and so is its layout; `read_layout` was read.

    Raises ValueError where the file is no queue.
    """
    import pandas as pd  # here, since writing takes none

    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False).map(plain_text)
    except (OSError, ValueError) as error:
        raise ValueError(f"{file} is no queue ({error}); give a file that `read --review` wrote") from error
    if missing := [name for name in COLUMNS if name not in table]:
        raise ValueError(f"{file} is no queue: it lacks the column {', '.join(missing)}")
    return table.rename(columns={"layout": "read_layout"}).assign(
        confidence=table["confidence"].astype(float),
        text="",
        layout="",
        scenario="",
        lr=pd.Series(
            [cell.split("\n") if cell else [] for cell in table["frames"]], table.index, dtype=object
        ),
    )


def _files(sources: TrackSources, name: str) -> list[Path]:
    frames = sources.frames(name)
    try:
        return frame_files(frames) if isinstance(frames, Path) else frames
    except FrameError:
        return []
