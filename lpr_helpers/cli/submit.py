"""``lpr-helpers submit``: read the test tracks of a data set, and write the competition's file."""

from __future__ import annotations

import argparse
from pathlib import Path

from lpr_helpers.cli.outcome import Outcome, UsageError, command
from lpr_helpers.cli.read import read_to_file
from lpr_helpers.cli.reading import add_reading_options, check_out

ABOUT = """\
Reads the test tracks of a data set (of a folder without a test part: all of them) and writes a submission, which is
validated before it appears. Goes on after a kill as read does. Exit code 1: some tracks could not be read; they have a
line without confidence."""
EXAMPLES = """
  lpr-helpers submit "$LPR_DATA" --reader artifacts/full/phase2/best
  lpr-helpers submit TEST_FOLDER --out mine/submission.zip --reader a/best b/best
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    help_line = "read the test tracks and write a submission"
    parser = command(commands, "submit", help_line, run, about=ABOUT, examples=EXAMPLES)
    parser.add_argument("folder", type=Path, help="the data set, or its test tracks")
    parser.add_argument(
        "--out", type=Path, default=Path("submission.zip"), metavar="FILE", help="default: submission.zip"
    )
    add_reading_options(parser)


def run(options: argparse.Namespace) -> Outcome:
    """Read the test tracks and write the submission."""
    from lpr_helpers.inference import folder_tracks

    if options.out.suffix != ".zip":
        raise UsageError(f"{options.out}: the competition takes a .zip")
    check_out(options.out, options.fresh)
    try:
        sources = folder_tracks(options.folder, tests_only=True)
    except ValueError as error:
        raise UsageError(str(error)) from error
    return read_to_file(options, sources, "test tracks")
