"""``lpr-helpers compare``: two readers on the same tracks, by a paired test."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lpr_helpers.cli.outcome import Outcome, UsageError, command

ABOUT = """\
Compares what two readers made of the same tracks: how often they agree and, where the truth of some is known, which of
them reads more (a paired bootstrap over plates, and McNemar's test)."""
EXAMPLES = """
  lpr-helpers read FOLDER --out a.csv && lpr-helpers read FOLDER --out b.csv --reader phase2/best
  lpr-helpers compare a.csv b.csv --truth FOLDER --apart apart.csv
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    help_line = "two readers on the same tracks, by a paired test"
    parser = command(commands, "compare", help_line, run, about=ABOUT, examples=EXAMPLES)
    parser.add_argument("first", type=Path, help="what read wrote with one reader")
    parser.add_argument("second", type=Path, help="and with the other")
    truth = "folder of annotated tracks, or a CSV file with folder (or track_id) and text"
    parser.add_argument("--truth", type=Path, help=truth)
    parser.add_argument(
        "--apart", type=Path, metavar="FILE", help="write the tracks that they read apart, as CSV"
    )


def run(options: argparse.Namespace) -> Outcome:
    """Compare two files of readings."""
    from lpr_helpers.cli.evaluate import judged
    from lpr_helpers.inference import load_readings
    from lpr_helpers.monitoring import compare_streams
    from lpr_helpers.utils import write_csv

    names = (str(options.first), str(options.second))
    truth = judged(options.first, options.truth)[0] if options.truth else None
    try:
        found = compare_streams(load_readings(options.first), load_readings(options.second), names, truth)
    except (ValueError, ImportError) as error:
        raise UsageError(str(error)) from error
    data: dict[str, Any] = {"tracks": found.tracks, "alike": found.agreed, "apart": len(found.apart)}
    if found.judged:
        row = found.judged.rates.loc["recognition rate"].to_dict()
        data |= {
            "recognition_rate": row,
            "p_plates": found.judged.p_plates,
            "judged": len(found.judged.tracks),
        }
    text = str(found)
    if options.apart:
        text += f"\n{write_csv(found.apart, options.apart)}: the {len(found.apart):,} that they read apart"
    return Outcome(text, data)
