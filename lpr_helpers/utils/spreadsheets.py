"""CSV files that people may open in a spreadsheet, which must not run what a cell says; no pandas is needed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from lpr_helpers.utils.files import whole_file

_FORMULA = re.compile(r"'*\s*[=+\-@＝＋－＠]")
"""How a cell begins that a spreadsheet may take for a formula, or that `harmless` has marked as none."""


def write_csv_rows(columns: Sequence[str], rows: Iterable[Iterable[object]], file: str | Path) -> Path:
    """Write rows under their columns' names as CSV, whole or not at all; returns ``file``.

    rows: come one at a time and are not kept. Texts are made `harmless`, numbers stay as they are.
    """
    with whole_file(Path(file)) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(map(harmless, row) for row in rows)
        text.detach()
    return Path(file)


def harmless(value: object) -> object:
    """A cell as it is written: a text that a spreadsheet would take for a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def plain_text(cell: str) -> str:
    """The text that became `harmless`, from the cell that was written."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
