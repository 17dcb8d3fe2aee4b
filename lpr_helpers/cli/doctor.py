"""``lpr-helpers doctor``: the pre-flight check of the notebooks, and whether the package's reader reads."""

from __future__ import annotations

import argparse

from lpr_helpers.cli.outcome import FINDINGS, FINE, Outcome, UsageError, command

EXAMPLES = """
  lpr-helpers doctor
  LPR_DATA=FOLDER LPR_PROFILE=full lpr-helpers doctor --json
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    about = (
        "The pre-flight check: profile, data, device, disk, versions, where results go, what is there already.\n"
        "Changes nothing. Exit code 1: a line is marked !."
    )
    help_line = "the pre-flight check: data, device, disk, versions, earlier results"
    command(commands, "doctor", help_line, run, about=about, examples=EXAMPLES)


def run(options: argparse.Namespace) -> Outcome:  # noqa: ARG001 (every command is called alike)
    """Look at data, device, disk and versions."""
    from lpr_helpers.notebook import preflight_check, read_settings

    try:
        found = preflight_check(read_settings())
    except ValueError as error:
        raise UsageError(str(error)) from error
    checks = [{"topic": topic, "finding": finding, "fine": fine} for topic, finding, fine in found.lines]
    fine = all(check["fine"] for check in checks)
    return Outcome(str(found), {"fine": fine, "checks": checks}, FINE if fine else FINDINGS)
