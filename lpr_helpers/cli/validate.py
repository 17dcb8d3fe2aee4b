"""``lpr-helpers validate``: everything that is wrong with a submission."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from lpr_helpers.cli.outcome import FINDINGS, FINE, Outcome, UsageError, command

EXAMPLES = """
  lpr-helpers validate submission.zip
  lpr-helpers validate submission.zip --tracks TEST_FOLDER --json
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    about = "Check a submission (.zip or .txt). Exit code 1: it is not valid."
    parser = command(
        commands, "validate", "check a submission (.zip or .txt)", run, about=about, examples=EXAMPLES
    )
    parser.add_argument("file", type=Path, help="the submission")
    tracks = "folder that holds the test's tracks, of any names"
    parser.add_argument("--tracks", type=Path, metavar="FOLDER", help=tracks)


def run(options: argparse.Namespace) -> Outcome:
    """Print everything that is wrong with a submission."""
    from lpr_helpers.data.folders import plates_home
    from lpr_helpers.plates import BRAZIL, PlateFormat
    from lpr_helpers.submission import validate_submission

    if not options.file.exists():
        raise UsageError(f"{options.file} does not exist; give a submission, .zip or .txt")
    try:
        plate = PlateFormat.of(plates_home(options.tracks.resolve())) if options.tracks else BRAZIL
        report = validate_submission(options.file, options.tracks, plate=plate)
    except ValueError as error:
        raise UsageError(str(error)) from error
    found = [asdict(violation) for violation in report.violations]
    data = {"file": str(options.file), "valid": report.ok, "lines": report.lines}
    data |= {"violations": found, "notes": list(report.notes)}
    return Outcome(f"{options.file}: {report}", data, FINE if report.ok else FINDINGS)
