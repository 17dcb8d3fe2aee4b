"""``lpr-helpers audit``: whether a log of readings is as it was written."""

from __future__ import annotations

import argparse
from pathlib import Path

from lpr_helpers.cli.outcome import FINDINGS, Outcome, UsageError, command

ABOUT = """\
Checks a log that read --audit wrote: each line holds the hash of the line before. Prints how many there are, and the
hash of the last; keep that elsewhere. Exit code 1: a line was changed, or taken out."""
EXAMPLES = """
  lpr-helpers audit audit.jsonl
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    help_line = "whether a log of readings is as it was written"
    parser = command(commands, "audit", help_line, run, about=ABOUT, examples=EXAMPLES)
    parser.add_argument("file", type=Path, help="the log")


def run(options: argparse.Namespace) -> Outcome:
    """Check the log."""
    from lpr_helpers.monitoring import AuditError, check_audit

    try:
        lines, last = check_audit(options.file)
    except AuditError as error:
        return Outcome(str(error), {"sound": False, "problem": str(error)}, FINDINGS)
    except OSError as error:
        raise UsageError(f"{options.file}: {error.strerror or error}") from error
    return Outcome(
        f"{options.file}: {lines:,} readings, none changed; the last has the hash {last}",
        {"sound": True, "lines": lines, "last": last},
    )
