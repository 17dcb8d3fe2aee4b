"""What a command gives back, how it is told it was called wrongly, and how it is added to the others."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

FINE, FINDINGS, USAGE, STOPPED = 0, 1, 2, 130
"""Exit codes: all is well; something was found that a person should look at; a wrong call; Ctrl-C."""


class UsageError(ValueError):
    """The command was called in a way that cannot work; the message says what to do instead."""


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
