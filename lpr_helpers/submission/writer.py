"""The competition's file: written only when valid; `validator` says what is wrong with any file.

One line a track, ``track_00001,ABC1234;0.9876``: no header, every test track once, in a ``.zip`` that holds that one
``.txt``. From the command line: ``lpr-helpers validate FILE [--tracks FOLDER]``.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lpr_helpers.inference.journal import TrackReading
from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.submission.validator import Report, validate_bytes
from lpr_helpers.utils.files import write_whole

if TYPE_CHECKING:
    import pandas as pd


class SubmissionError(ValueError):
    """The results make no valid submission; `report` lists every violation, and nothing was written."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"nothing was written: the submission would be {report}")
        self.report = report


@dataclass(frozen=True)
class Submission:
    """A written submission: the text file, the zip to hand in, and its number of lines."""

    txt: Path
    zip: Path
    lines: int


def write_submission(
    results: pd.DataFrame,
    folder: str | Path,
    *,
    expected: Iterable[str] | str | Path | None = None,
    name: str = "submission",
    plate: PlateFormat = BRAZIL,
) -> Submission:
    """Write ``folder/name.txt`` and ``folder/name.zip``: sorted by track id, four decimals, the same bytes every time.

    results: a row a track, with ``track_id``, ``reading`` and ``confidence``. expected: as in `validate_submission`;
    None expects the tracks of the results. The finished zip is validated before either file appears.

    Raises
    ------
    SubmissionError: the zip would be invalid. Nothing is written, and older files stay as they are.
    ValueError: a column is missing, or `expected` is a folder without tracks.
    """
    if missing := {"track_id", "reading", "confidence"} - set(results):
        raise ValueError(f"the results have no column {', '.join(sorted(missing))}")
    import pandas as pd  # here, since rows take none

    numbers = pd.to_numeric(results["confidence"], errors="coerce").astype(float)
    rows = zip(results["track_id"], results["reading"].fillna(""), numbers, strict=True)
    return write_submission_rows(rows, folder, expected=expected, name=name, plate=plate)


def write_submission_rows(
    rows: Iterable[tuple[str, str, float]],
    folder: str | Path,
    *,
    expected: Iterable[str] | str | Path | None = None,
    name: str = "submission",
    plate: PlateFormat = BRAZIL,
) -> Submission:
    """`write_submission` of rows (track id, reading, confidence) in place of a table, without pandas."""
    listed = list(rows)
    tracks = [track for track, _, _ in listed]
    # + 0.0 turns the −0.0 of a rounding error into 0.0
    numbers = np.array([number for _, _, number in listed], float).round(4) + 0.0
    readings = (reading for _, reading, _ in listed)
    ordered = sorted(zip(tracks, readings, numbers.tolist(), strict=True))
    lines = "".join(f"{track},{reading};{number:.4f}\n" for track, reading, number in ordered)
    txt = lines.encode("utf-8", "surrogatepass")  # which is no UTF-8: for the validator to find
    archive = _zipped(f"{name}.txt", txt)
    report = validate_bytes(archive, True, tracks if expected is None else expected, plate)
    if not report.ok:
        raise SubmissionError(report)
    folder = Path(folder)
    txt_path = write_whole(folder / f"{name}.txt", txt)
    return Submission(txt_path, write_whole(folder / f"{name}.zip", archive), report.lines)


def submission_rows(
    readings: Iterable[TrackReading], plate: PlateFormat = BRAZIL
) -> Iterator[tuple[str, str, float]]:
    """Kept readings (`inference.read_chunks`) as `write_submission_rows` takes them.

    Of an unread track any text is as good as another: the alphabet's first character throughout, with confidence 0.
    """
    filler = plate.alphabet[0] * plate.length
    return ((one.track_id, one.reading or filler, one.confidence) for one in readings)


def _zipped(name: str, content: bytes) -> bytes:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, content)
    return buffer.getvalue()
