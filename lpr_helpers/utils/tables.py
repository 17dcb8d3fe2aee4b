"""Tables as people see them: styled in a notebook, or opened in a spreadsheet. Neither may run what a cell says."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lpr_helpers.utils.files import write_whole
from lpr_helpers.utils.spreadsheets import harmless

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

_PLAIN = (bool, int, float, np.generic, type(None), type(pd.NA), type(pd.NaT))


def styled(table: pd.DataFrame) -> Styler:
    """``table.style`` whose texts are shown as they are: names of folders and labels may hold markup, which would run.

    Escaped are all cells but numbers, and the names of rows and columns; further calls of ``format`` leave it so.
    """
    shown = table.map(_escaped)
    shown.index, shown.columns = _escaped_labels(table.index), _escaped_labels(table.columns)
    return shown.style


def _escaped(value: object) -> object:
    return value if isinstance(value, _PLAIN) else escape(str(value))


def _escaped_labels(labels: pd.Index) -> pd.Index:
    names = [_escaped(name) for name in labels.names]
    if isinstance(labels, pd.MultiIndex):
        return pd.MultiIndex.from_tuples([tuple(map(_escaped, label)) for label in labels], names=names)
    return labels.map(_escaped).rename(names[0]) if len(labels) else labels.rename(names[0])


def write_csv(table: pd.DataFrame, file: str | Path) -> Path:
    """Write a table as CSV, whole or not at all, without its index; returns ``file``.

    A text that a spreadsheet would take for a formula (it begins with =, +, - or @) gets an apostrophe in front, which
    `plain_text` takes away again. Numbers stay as they are.
    """
    text = table.map(harmless).to_csv(index=False, lineterminator="\n")
    return write_whole(Path(file), text)
