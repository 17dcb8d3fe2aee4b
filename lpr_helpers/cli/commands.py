"""``lpr-helpers``: chooses the command, prints its outcome, and turns it into an exit code."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
from collections.abc import Sequence

from lpr_helpers.cli import (
    audit,
    check_data,
    compare,
    doctor,
    drift,
    ensemble,
    evaluate,
    export,
    make_data,
    notebooks,
    read,
    submit,
    train,
    validate,
    weights,
)
from lpr_helpers.cli.outcome import FINE, STOPPED, USAGE, Outcome, UsageError, in_words

COMMANDS = (
    read,
    evaluate,
    compare,
    drift,
    audit,
    check_data,
    make_data,
    train,
    ensemble,
    export,
    submit,
    validate,
    notebooks,
    doctor,
    weights,
)
"""In the order of the help: what most people want stands first."""
ABOUT = """\
Reads licence plates of a few pixels from tracks of frames.

exit codes: 0 all is well, 1 something was found (each command says what), 2 called wrongly, 130 stopped by Ctrl-C"""
EPILOG = """\
examples:
  lpr-helpers read FOLDER --out readings.csv
  lpr-helpers check-data "$LPR_DATA"
  lpr-helpers COMMAND --help"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code, and exits with 2 if the command line cannot be understood."""
    parser = argparse.ArgumentParser(
        prog="lpr-helpers",
        description=ABOUT,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in COMMANDS:
        module.add(commands)
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal cannot show is no reason to stop
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    os.environ.setdefault("LPR_PROGRESS", "text")
    try:
        outcome = _run(options)
    except UsageError as error:
        return _refused(str(error), options.json)
    except ModuleNotFoundError as error:
        if not error.name or error.name.partition(".")[0] == "lpr_helpers":
            raise
        extras = '"lpr-helpers[train]", or "lpr-helpers[notebooks]" for the notebooks'
        return _refused(
            f"this takes {error.name}, which is not installed: pip install {extras}", options.json
        )
    except BrokenPipeError:
        return _unheard()
    except OSError as error:  # no room, no permission, a folder where a file should be: the user's to mend
        return _refused(in_words(error), options.json)
    except KeyboardInterrupt as stop:
        print("stopped", *map(str, stop.args), sep="; ", file=sys.stderr)
        return STOPPED
    text = json.dumps(outcome.data, ensure_ascii=False, default=str) if options.json else outcome.text
    try:
        if text:
            print(text, flush=True)
    except BrokenPipeError:
        _unheard()
    return outcome.code


def _run(options: argparse.Namespace) -> Outcome:
    """The outcome; with ``--json`` whatever is printed on the way goes to the other stream."""
    if not options.json:
        return options.run(options)
    with contextlib.redirect_stdout(sys.stderr):
        return options.run(options)


def _unheard() -> int:
    """Whoever listened has heard enough, such as `head`; what is still to be printed goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FINE


def _refused(message: str, as_json: bool) -> int:
    print(message, file=sys.stderr)
    if as_json:
        print(json.dumps({"error": message}, ensure_ascii=False))
    return USAGE
