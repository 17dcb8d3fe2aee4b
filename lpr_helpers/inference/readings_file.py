"""Readings of many tracks as a file: CSV, JSON lines or Parquet; written and loaded."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lpr_helpers.inference.journal import TrackReading
from lpr_helpers.utils.files import whole_file
from lpr_helpers.utils.regular import printable
from lpr_helpers.utils.spreadsheets import plain_text, write_csv_rows

if TYPE_CHECKING:
    import pandas as pd

FORMATS = (".csv", ".jsonl", ".parquet")
COLUMNS = (
    "track_id",
    "folder",
    "reading",
    "confidence",
    "layout",
    "char_confidences",
    "problem",
    "skipped",
    "missing",
)
AT_ONCE = 4096
"""Rows of a Parquet file that are in memory together."""


def write_readings(readings: Iterable[TrackReading], file: Path) -> Path:
    """Write readings, whole or not at all, in the format that the file's ending names; `COLUMNS` says which columns.

    In CSV the lists are texts: confidences with spaces between, reasons with "; ". Parquet needs pyarrow. Names that
    are no UTF-8 are shown by their codes. Rows are not kept in memory.

    Raises ValueError for another ending, ImportError where pyarrow is missing.
    """
    if file.suffix == ".csv":
        return write_csv_rows(COLUMNS, map(_as_texts, readings), file)
    if file.suffix == ".jsonl":
        with whole_file(file) as stream:
            for row in map(_row, readings):
                line = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
                stream.write(f"{line}\n".encode())
        return file
    if file.suffix == ".parquet":
        return _write_parquet(readings, file)
    raise ValueError(f"{file.name} ends in none of {', '.join(FORMATS)}")


def load_readings(file: str | Path) -> pd.DataFrame:
    """The table that `write_readings` wrote, with lists where they were.

    Raises ValueError, which names the file, where it holds no readings.
    """
    file = Path(file)
    try:
        table = _loaded(file)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{file} holds no readings ({error}); give a file that `read` wrote") from error
    if missing := [name for name in ("track_id", "reading", "confidence") if name not in table]:
        raise ValueError(f"{file} holds no readings: it lacks the column {', '.join(missing)}")
    return table


def needs_pyarrow(file: Path) -> None:
    """Raise ImportError, with what to install, where a file is Parquet and nothing is there to write it."""
    if file.suffix == ".parquet" and not find_spec("pyarrow"):
        raise ImportError(
            f'{file.name}: Parquet takes pyarrow: pip install "lpr-helpers[parquet]", or choose .csv'
        )


def _row(reading: TrackReading) -> dict[str, Any]:
    """The cells of a reading, by `COLUMNS`."""
    return {
        "track_id": printable(reading.track_id),
        "folder": printable(reading.name),
        "reading": reading.reading,
        "confidence": reading.confidence,
        "layout": reading.layout,
        "char_confidences": list(reading.char_confidences),
        "problem": printable(reading.problem),
        "skipped": list(map(printable, reading.skipped)),
        "missing": list(reading.missing),
    }


def _as_texts(reading: TrackReading) -> Iterable[object]:
    """The cells of a reading for CSV, which knows no lists."""
    row = _row(reading)
    row["char_confidences"] = " ".join(map(repr, row["char_confidences"]))
    return (row | {name: "; ".join(row[name]) for name in ("skipped", "missing")}).values()


def _write_parquet(readings: Iterable[TrackReading], file: Path) -> Path:
    needs_pyarrow(file)
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"confidence": pa.float64(), "char_confidences": pa.list_(pa.float64())}
    kinds |= dict.fromkeys(("skipped", "missing"), pa.list_(pa.string()))
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
    with whole_file(file) as stream, pq.ParquetWriter(stream, schema) as writer:
        rest = map(_row, readings)
        while rows := list(islice(rest, AT_ONCE)):
            writer.write_table(pa.Table.from_pylist(rows, schema))
    return file


def _loaded(file: Path) -> pd.DataFrame:
    import pandas as pd  # here, since writing takes none

    if file.suffix == ".jsonl":
        with file.open(encoding="utf-8") as lines:
            return pd.DataFrame([json.loads(line) for line in lines], columns=list(COLUMNS))
    if file.suffix == ".parquet":
        needs_pyarrow(file)
        table = pd.read_parquet(file)
        return table.assign(
            **{name: table[name].map(list) for name in ("char_confidences", "skipped", "missing")}
        )
    if file.suffix != ".csv":
        raise ValueError(f"its ending is none of {', '.join(FORMATS)}")
    table = pd.read_csv(file, dtype=str, keep_default_na=False).map(plain_text)
    numbers = [np.array(row.split(), float).tolist() for row in table["char_confidences"]]
    return table.assign(
        confidence=table["confidence"].astype(float),
        char_confidences=pd.Series(numbers, table.index, dtype=object),
        **{name: [row.split("; ") if row else [] for row in table[name]] for name in ("skipped", "missing")},
    )
