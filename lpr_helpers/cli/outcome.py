"""What a command gives back, how it is told it was called wrongly, and how it is added to the others."""

from __future__ import annotations

import argparse
import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FINE, FINDINGS, USAGE, STOPPED = 0, 1, 2, 130
"""Exit codes: all is well; something was found that a person should look at; a wrong call; Ctrl-C."""


class UsageError(ValueError):
    """The command was called in a way that cannot work; the message says what to do instead."""


def in_words(error: OSError) -> str:
    """What the system would not do, as a message that says where and what to do about it."""
    from lpr_helpers.utils.files import FULL, DiskFullError
    from lpr_helpers.utils.regular import printable

    place = Path(os.fsdecode(error.filename2 or error.filename or "")).absolute()
    if place.name.startswith("."):  # a lock, or what a file is called until it is whole
        place = place.parent
    where = printable(str(place)) if error.filename else "a disk"
    if isinstance(error, DiskFullError):
        return f"{where}: {error.strerror}"
    told = f"{where}: {error.strerror or error}"
    if error.errno in FULL:
        return f"{told}. Make room there, then run this again"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"{told}. Change its permissions, or name another place"
    return told


@dataclass(frozen=True)
class Outcome:
    """text: for people, on standard output. data: the same for programs, for ``--json``. code: to exit with."""

    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    code: int = FINE


Run = Callable[[argparse.Namespace], Outcome]


def command(
    commands: argparse._SubParsersAction,
    name: str,
    help_line: str,
    run: Run,
    *,
    about: str = "",
    examples: str,
) -> argparse.ArgumentParser:
    """Add a command with its help: a line in the list of all, a description and examples in its own."""
    parser = commands.add_parser(
        name,
        help=help_line,
        description=about or f"{help_line[0].upper()}{help_line[1:]}.",
        epilog=f"examples:\n{examples.strip(chr(10))}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.set_defaults(run=run)
    return parser
