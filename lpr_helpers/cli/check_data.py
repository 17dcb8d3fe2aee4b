"""``lpr-helpers check-data``: what a folder of tracks holds, and what is wrong with it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from lpr_helpers.cli.outcome import FINDINGS, FINE, Outcome, UsageError, command

if TYPE_CHECKING:
    import pandas as pd

INDEX = b'{"version": '
"""How an index of tracks begins."""
EXAMPLES = """
  lpr-helpers check-data FOLDER
  lpr-helpers check-data FOLDER --cache tracks.jsonl --all --csv problems.csv
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    about = (
        "What a folder of tracks holds, what is wrong with it, and how it compares with LRLPR-26.\n"
        "Exit code 1: there are problems that could not be repaired."
    )
    parser = command(
        commands,
        "check-data",
        "what a folder of tracks holds, and what is wrong with it",
        run,
        about=about,
        examples=EXAMPLES,
    )
    parser.add_argument("folder", help="the data set's root")
    parser.add_argument(
        "--cache", type=Path, metavar="FILE", help="file that makes the next check of the same folder fast"
    )
    parser.add_argument(
        "--all", action="store_true", help="print every problem, not one example of each kind"
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write every problem to this file")


def run(options: argparse.Namespace) -> Outcome:
    """Look at every track, print counts and problems."""
    from lpr_helpers.data import DataSetError, compare_with_manifest, problem_summary, read_tracks
    from lpr_helpers.data.overview import track_counts
    from lpr_helpers.utils import write_csv

    _check_cache(options.cache)
    try:
        tracks = read_tracks(options.folder, cache=options.cache)
    except DataSetError as error:
        raise UsageError(str(error)) from error
    tables = {
        "tracks": track_counts(tracks),
        "problems": tracks.problems.drop(columns="track_id") if options.all else problem_summary(tracks),
        "comparison": compare_with_manifest(tracks.table),
    }
    titles = {
        "tracks": f"{len(tracks.table)} tracks under {tracks.root}",
        "problems": f"{len(tracks.problems)} problems",
        "comparison": "Compared with LRLPR-26 as its owners describe it",
    }
    text = "\n".join(_shown(titles[name], table, options.all) for name, table in tables.items())
    if options.csv:
        try:
            text += f"\n\nevery problem: {write_csv(tracks.problems, options.csv)}"
        except OSError as error:
            raise UsageError(f"{options.csv} cannot be written: {error.strerror or error}") from error
    open_problems = int((~tracks.problems["repaired"].astype(bool)).sum())
    data = {name: json.loads(table.to_json(orient="records")) for name, table in tables.items()}
    data = {"root": str(tracks.root), "unrepaired": open_problems} | data
    return Outcome(text, data, FINDINGS if open_problems else FINE)


def _check_cache(file: Path | None) -> None:
    """Refuse to write over what is no index of tracks."""
    if file is None or not file.exists():
        return
    begins = b"" if file.is_dir() else file.open("rb").read(len(INDEX))
    if file.is_dir() or (begins and begins != INDEX):
        raise UsageError(f"--cache {file} is there already, and is no index of tracks; name another file")


def _shown(title: str, table: pd.DataFrame, whole: bool) -> str:
    from lpr_helpers.utils import printable

    shown = table.map(lambda value: printable(value) if isinstance(value, str) else value)
    width = None if whole else 80
    return f"\n{title}" + (f"\n{shown.to_string(index=False, max_colwidth=width)}" if len(table) else "")
