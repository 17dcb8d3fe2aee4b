"""What a person says of tracks: flags, corrected labels and notes, kept in a CSV file.

A flagged track is neither trained on nor measured, a corrected label takes the place of the data set's, and a note is
for people. `corrections` applies them to the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pandas as pd

from lpr_helpers.files import write_whole
from lpr_helpers.plates import BRAZIL, PlateFormat

REMARKS_FILE = "remarks.csv"
_FLAGGED = {"": False, "no": False, "false": False, "0": False} | dict.fromkeys(
    ("yes", "true", "1", "x"), True
)


@dataclass(frozen=True)
class Remark:
    """What is said of one track. label: the corrected text, "" for none; was: the label that it takes the place of."""

    flagged: bool = False
    label: str = ""
    was: str = ""
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.flagged or self.label or self.note)


Remarks = dict[str, Remark]
"""Remarks by track id."""


def load_remarks(file: str | Path) -> Remarks:
    """The remarks that ``file`` holds; none where there is no such file.

    Raises ValueError where it is no table of remarks: other columns, a flag that is neither yes nor no, a track twice.
    """
    if not Path(file).exists():
        return {}
    try:
        # Excel begins its CSV files with a byte order mark
        table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        return _remarks(table)
    except ValueError as error:
        raise ValueError(f"{file} holds no remarks: {error}. Mend the file, or move it away") from error


def _remarks(table: pd.DataFrame) -> Remarks:
    names = ["track_id", *(field.name for field in fields(Remark))]
    if missing := [name for name in names if name not in table]:
        raise ValueError(f"it lacks the column {', '.join(missing)} (found {', '.join(table.columns)})")
    found: Remarks = {}
    for track_id, flagged, *texts in table[names].itertuples(index=False):
        if track_id in found:
            raise ValueError(f"{track_id} stands there twice")
        if flagged.strip().lower() not in _FLAGGED:
            raise ValueError(f"{track_id} is flagged {flagged!r}, which is neither yes nor no")
        found[track_id] = Remark(_FLAGGED[flagged.strip().lower()], *texts)
    return found


def save_remarks(remarks: Mapping[str, Remark], file: str | Path) -> Path:
    """Write remarks as CSV, whole or not at all: `track_id`, `flagged` (yes or nothing), `label`, `was`, `note`."""
    rows = [
        (track_id, "yes" if said.flagged else "", said.label, said.was, said.note)
        for track_id, said in sorted(remarks.items())
    ]
    table = pd.DataFrame(rows, columns=["track_id", *(field.name for field in fields(Remark))])
    return write_whole(Path(file), table.to_csv(index=False, lineterminator="\n"))


def remember(file: str | Path, track_id: str, remark: Remark) -> Remarks:
    """Keep what is said of one track, in place of what was said before, and return all remarks of the file.

    The file is read anew: another notebook may have written to it. An empty remark takes the track out. Line breaks in
    a note become spaces. Raises what `load_remarks` raises, and OSError where the file cannot be written.
    """
    remarks = load_remarks(file)
    remarks.pop(track_id, None)
    if kept := replace(remark, note=" ".join(remark.note.split())):
        remarks[track_id] = kept
    save_remarks(remarks, file)
    return remarks


def plate_label(text: str, plate: PlateFormat = BRAZIL) -> str:
    """``text`` as a plate's label: without blanks and hyphens, in capitals, where only these keep it from being one.

    Nothing stays nothing. Raises ValueError, in words, where it is no plate of any of the format's layouts.
    """
    plain = "".join(text.split()).replace("-", "")
    for label in (text, plain, plain.upper()):
        if not label or plate.misfit(label) is None:
            return label
    raise ValueError(plate.misfit(plain.upper()))


def with_remarks(results: pd.DataFrame, remarks: Mapping[str, Remark]) -> pd.DataFrame:
    """Results with what is said of each track: `flagged`, `label` and `note`; a corrected label becomes its `text`.

    `told` holds the label that was there before.
    """
    said = [remarks.get(track_id, Remark()) for track_id in results["track_id"]]
    texts = list(results["text"])
    told = [(one.was or text) if one.label == text else text for one, text in zip(said, texts, strict=True)]
    columns = {
        "told": told,
        "text": [one.label or text for one, text in zip(said, texts, strict=True)],
        "flagged": [one.flagged for one in said],
        "label": [one.label for one in said],
        "note": [one.note for one in said],
    }
    return results.assign(
        **{name: pd.Series(values, results.index, dtype=object) for name, values in columns.items()}
    )
