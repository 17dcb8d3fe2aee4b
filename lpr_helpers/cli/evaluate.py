"""``lpr-helpers evaluate``: how good readings are, against what the plates say."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from lpr_helpers.cli.outcome import Outcome, UsageError, command

if TYPE_CHECKING:
    import pandas as pd

ABOUT = """\
The figures of the evaluation, each with its 95 % interval over plates: recognition rate, character accuracy, CER,
partial plates, ECE, confidence gap, mean confidence. Tracks without a truth are left out, and counted; so are tracks
without a reading, but as misread."""
EXAMPLES = """
  lpr-helpers evaluate readings.csv FOLDER             the folder's annotations are the truth
  lpr-helpers evaluate readings.parquet truth.csv      a table with the columns track_id and text is
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    help_line = "figures of readings against the truth, with intervals"
    parser = command(commands, "evaluate", help_line, run, about=ABOUT, examples=EXAMPLES)
    parser.add_argument("readings", type=Path, help="what read wrote: .csv, .jsonl or .parquet")
    truth = "folder of annotated tracks, or a CSV file with track_id (or folder) and text (or plate_text)"
    parser.add_argument("truth", type=Path, help=truth)


def run(options: argparse.Namespace) -> Outcome:
    """Join readings and truth, and measure."""
    from lpr_helpers.evaluation import summaries, summary

    results, left_out = judged(options.readings, options.truth)
    found = summary(results)
    head = f"{len(results):,} tracks of {results['text'].nunique():,} plates"
    head += f"; {left_out:,} left out, whose truth is not known" if left_out else ""
    data = {"tracks": len(results), "plates": results["text"].nunique(), "without_truth": left_out}
    data["metrics"] = json.loads(found.to_json(orient="index"))
    return Outcome(f"{head}\n{summaries({'': results}).to_string(header=False)}", data)


def judged(readings: Path, truth: Path) -> tuple[pd.DataFrame, int]:
    """Readings with their truth as a table of results, and how many had none."""
    from lpr_helpers.inference import load_readings

    try:
        read, known = load_readings(readings), _truth(truth)
    except (ValueError, ImportError) as error:
        raise UsageError(str(error)) from error
    # Names of tracks may occur in several folders; paths do not.
    key = "folder" if "folder" in known and set(known["folder"]) & set(read["folder"]) else "track_id"
    for table, file in ((read, readings), (known, truth)):
        if repeated := table[key][table[key].duplicated()].tolist():
            raise UsageError(
                f"{file}: {len(repeated)} tracks share a name with another, such as {repeated[0]}"
            )
    extra = [name for name in ("text", "scenario", "lr", "layout") if name in known]
    results = read.rename(columns={"layout": "read_layout"}).merge(known[[key, *extra]], on=key)
    results = results[results["text"] != ""].reset_index(drop=True)
    if results.empty:
        raise UsageError(f"no track of {readings} has its truth in {truth}; they are matched by {key}")
    return results, len(read) - len(results)


def _truth(place: Path) -> pd.DataFrame:
    """Tracks with their text, from a data set's folder or a table. Raises ValueError where it is neither."""
    import pandas as pd

    from lpr_helpers.data import read_tracks

    if place.is_dir():
        return read_tracks(place).table
    try:
        table = pd.read_csv(place, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"{place} holds no truth ({error})") from error
    table = table.rename(columns={"plate_text": "text"})
    if "text" not in table or not {"track_id", "folder"} & set(table):
        raise ValueError(
            f"{place} holds no truth: it takes the columns track_id and text, and has {', '.join(table)}"
        )
    return table
