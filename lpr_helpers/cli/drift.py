"""``lpr-helpers drift``: whether what is read now is like what the reader was validated on."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from lpr_helpers.cli.outcome import FINDINGS, FINE, Outcome, UsageError, command

if TYPE_CHECKING:
    import pandas as pd

ABOUT = """\
Compares confidence, light, size, sharpness and characters of what was read with those of validation (notebook 04 leaves
validation.jsonl), or of an earlier reading, and writes an HTML page with pictures. Exit code 1: a shift is large
(population stability index from 0.25 on)."""
EXAMPLES = """
  lpr-helpers drift readings.csv --folder FOLDER --against artifacts/full/validation.jsonl --out drift.html
  lpr-helpers drift june.csv --folder JUNE --against may.csv --against-folder MAY
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    help_line = "whether what is read now is like what was validated"
    parser = command(commands, "drift", help_line, run, about=ABOUT, examples=EXAMPLES)
    parser.add_argument("readings", type=Path, help="what read wrote: .csv, .jsonl or .parquet")
    parser.add_argument(
        "--folder", type=Path, help="the folder that was read; without it no frame is measured"
    )
    against = "results of validation, or earlier readings"
    parser.add_argument("--against", type=Path, required=True, metavar="FILE", help=against)
    parser.add_argument("--against-folder", type=Path, metavar="FOLDER", help="the folder that was read then")
    parser.add_argument(
        "--tracks", type=int, default=400, help="tracks of each whose frames are measured (400)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("drift.html"), metavar="FILE", help="default: drift.html"
    )


def run(options: argparse.Namespace) -> Outcome:
    """Compare, and write the page."""
    from lpr_helpers.monitoring import drift_table, verdict, write_drift_report

    now = _measured(options.readings, options.folder, options.tracks)
    before = _measured(options.against, options.against_folder, options.tracks)
    try:
        table = drift_table(before, now)
    except ValueError as error:
        raise UsageError(str(error)) from error
    names = (str(options.against), str(options.readings))
    write_drift_report(table, before, now, options.out, names)
    text = f"{table.round(4).to_string()}\n{verdict(table)}\n{options.out}"
    data = {"report": str(options.out), "measures": json.loads(table.to_json(orient="index"))}
    return Outcome(text, data, FINDINGS if (table["shift"] == "large").any() else FINE)


def _measured(file: Path, folder: Path | None, tracks: int) -> pd.DataFrame:
    """Readings with measures of the frames of some of them, where it is known where these are."""
    from lpr_helpers.monitoring import sampled

    table = _with_frames(file, folder)
    if "lr" not in table:
        return table
    measures = sampled(table[["lr", "confidence", "reading"]], tracks)
    return table.join(measures.drop(columns=["lr", "confidence", "reading"]))


def _with_frames(file: Path, folder: Path | None) -> pd.DataFrame:
    """Readings, or results of validation, whose rows tell where their frames are."""
    from lpr_helpers.inference import FrameError, frame_files, load_readings, load_results

    try:
        table = load_results(file) if file.suffix == ".jsonl" else load_readings(file)
    except (OSError, ValueError, ImportError) as error:
        told = str(error) if file.name in str(error) else f"{file} holds no readings ({error})"
        raise UsageError(told) from error
    if missing := {"reading", "confidence"} - set(table):
        raise UsageError(f"{file} holds no readings: it lacks the column {', '.join(sorted(missing))}")
    if "lr" in table or folder is None:
        return table

    def files(name: str) -> list[str]:
        try:
            return [str(path) for path in frame_files(folder / name)]
        except FrameError:
            return []

    found = [files(name) for name in table["folder"]]
    if not any(found):
        raise UsageError(
            f"{folder} holds no frames of the tracks in {file}: name the folder that was read then"
        )
    return table.assign(lr=found)
