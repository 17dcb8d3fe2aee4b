"""``lpr-helpers export``: a reader as an ONNX file."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from lpr_helpers.cli.outcome import FINDINGS, FINE, Outcome, UsageError, command

ABOUT = """\
Writes a reader as an ONNX file, which load_reader reads without torch, and so do other programs (docs/onnx.md). Exit
code 1: with --check, a reading differs from torch's."""
EXAMPLES = """
  lpr-helpers export runs/phase1/best --out phase1.onnx --check 1000
  lpr-helpers export
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    help_line = "write a reader as an ONNX file, to read without torch"
    parser = command(commands, "export", help_line, run, about=ABOUT, examples=EXAMPLES)
    one = "a reader's folder (default: the one in the package)"
    parser.add_argument("checkpoint", nargs="?", metavar="CHECKPOINT", help=one)
    parser.add_argument("--out", metavar="FILE", help="where to (default: CHECKPOINT/reader.onnx)")
    half = "keep all weights in half precision, not only those that are exact in it"
    parser.add_argument("--half", action="store_true", help=half)
    check = "read N synthetic tracks by torch and by the file, and say how they differ"
    parser.add_argument("--check", type=int, metavar="N", help=check)


def run(options: argparse.Namespace) -> Outcome:
    """Write the file, and compare it with what it was made from."""
    from lpr_helpers.inference import check_export, export_reader

    try:
        file = export_reader(options.checkpoint, options.out, half=options.half)
        found = check_export(options.checkpoint, file, options.check) if options.check is not None else None
    except (RuntimeError, ImportError, ValueError) as error:
        raise UsageError(str(error)) from error
    size = file.stat().st_size
    text = f"{file}: {size / 1e6:.1f} MB; {found or 'not compared with torch (--check 1000)'}"
    data = {"file": str(file), "bytes": size, "check": None if found is None else asdict(found)}
    differs = found is not None and found.equal < 1 and not options.half
    return Outcome(text, data, FINDINGS if differs else FINE)
