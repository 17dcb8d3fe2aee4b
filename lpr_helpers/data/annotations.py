"""What a person says of tracks: flags, corrected labels and notes, kept in a CSV file.

A flagged track is neither trained on nor measured, a corrected label takes the place of the data set's, and a note is
for people. `label_edits` applies them to the data.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pandas as pd

from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.utils.regular import is_utf8, printable, read_regular
from lpr_helpers.utils.spreadsheets import plain_text
from lpr_helpers.utils.tables import write_csv

ANNOTATIONS_FILE = "annotations.csv"
_FLAGGED = {"": False, "no": False, "false": False, "0": False} | dict.fromkeys(
    ("yes", "true", "1", "x"), True
)


@dataclass(frozen=True)
class Annotation:
    """What is said of one track. label: the corrected text, "" for none; was: the label that it takes the place of."""

    flagged: bool = False
    label: str = ""
    was: str = ""
    note: str = ""

    def __bool__(self) -> bool:
        return bool(self.flagged or self.label or self.note)


Annotations = dict[str, Annotation]
"""Annotations by track id."""


def load_annotations(file: str | Path) -> Annotations:
    """The annotations that ``file`` holds; none where there is no such file.

    Raises ValueError where it is no table of annotations: other columns, a flag that is neither yes nor no, a track
    twice; or where it cannot be read.
    """
    if not Path(file).exists():
        return {}
    try:
        # Excel begins its CSV files with a byte order mark
        content = io.BytesIO(read_regular(file))
        table = pd.read_csv(content, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        return _annotations(table.map(plain_text))
    except (OSError, ValueError) as error:
        raise ValueError(f"{file} holds no annotations: {error}. Mend the file, or move it away") from error


def _annotations(table: pd.DataFrame) -> Annotations:
    names = ["track_id", *(field.name for field in fields(Annotation))]
    if missing := [name for name in names if name not in table]:
        raise ValueError(f"it lacks the column {', '.join(missing)} (found {', '.join(table.columns)})")
    found: Annotations = {}
    for track_id, flagged, *texts in table[names].itertuples(index=False):
        if track_id in found:
            raise ValueError(f"{track_id} stands there twice")
        if flagged.strip().lower() not in _FLAGGED:
            raise ValueError(f"{track_id} is flagged {flagged!r}, which is neither yes nor no")
        found[track_id] = Annotation(_FLAGGED[flagged.strip().lower()], *texts)
    return found


def save_annotations(annotations: Mapping[str, Annotation], file: str | Path) -> Path:
    """Write annotations as CSV, whole or not at all: `track_id`, `flagged` (yes or nothing), `label`, `was`, `note`.

    What a spreadsheet would take for a formula is marked as text, see `write_csv`; `load_annotations` knows that.
    """
    rows = [
        (track_id, "yes" if one.flagged else "", one.label, one.was, one.note)
        for track_id, one in sorted(annotations.items())
    ]
    table = pd.DataFrame(rows, columns=["track_id", *(field.name for field in fields(Annotation))])
    return write_csv(table, file)


def annotate(file: str | Path, track_id: str, annotation: Annotation) -> Annotations:
    """Keep what is said of one track, in place of what was said before, and return all annotations of the file.

    The file is read anew: another notebook may have written to it. An empty annotation takes the track out. Line breaks
    in a note become spaces, and what is no UTF-8 is shown by its code. Raises what `load_annotations` raises, and
    OSError where the file cannot be written.
    """
    annotations = load_annotations(file)
    annotations.pop(track_id, None)
    note = " ".join(annotation.note.split())
    if kept := replace(annotation, note=note if is_utf8(note) else printable(note)):
        annotations[track_id] = kept
    save_annotations(annotations, file)
    return annotations


def plate_label(text: str, plate: PlateFormat = BRAZIL) -> str:
    """``text`` as a plate's label, as `PlateFormat.normalised` has it: without blanks and hyphens, in capitals.

    Nothing stays nothing. Raises ValueError, in words, where it is no plate of any of the format's layouts.
    """
    label = plate.normalised(text)
    if label and (misfit := plate.misfit(label)):
        raise ValueError(misfit)
    return label


def with_annotations(results: pd.DataFrame, annotations: Mapping[str, Annotation]) -> pd.DataFrame:
    """Results with what is said of each track: `flagged`, `label` and `note`; a corrected label becomes its `text`.

    `given` holds the label that was there before.
    """
    found = [annotations.get(track_id, Annotation()) for track_id in results["track_id"]]
    texts = list(results["text"])
    given = [(one.was or text) if one.label == text else text for one, text in zip(found, texts, strict=True)]
    columns = {
        "given": given,
        "text": [one.label or text for one, text in zip(found, texts, strict=True)],
        "flagged": [one.flagged for one in found],
        "label": [one.label for one in found],
        "note": [one.note for one in found],
    }
    return results.assign(
        **{name: pd.Series(values, results.index, dtype=object) for name, values in columns.items()}
    )
