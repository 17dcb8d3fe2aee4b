"""``lpr-helpers ensemble``: train variants and make one reader of them."""

from __future__ import annotations

import argparse

from lpr_helpers.cli.outcome import Outcome, command

ABOUT = """\
Trains variants of Phase 1, with the switches of `train`, and makes one reader of them, for load_reader on the folder
`ensemble` of the results. Called again, it goes on. Validation chose the weights, so its figures flatter a little."""
EXAMPLES = """
  lpr-helpers ensemble
  lpr-helpers ensemble base initialisation crnn7
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    help_line = "train variants and make one reader of them"
    parser = command(commands, "ensemble", help_line, run, about=ABOUT, examples=EXAMPLES)
    which = "of base, initialisation, augmentation, crnn7, crnn-attention (all five)"
    parser.add_argument("variants", nargs="*", metavar="VARIANT", help=which)


def run(options: argparse.Namespace) -> Outcome:
    """Train an ensemble, and print what its members bring."""
    from lpr_helpers.notebook import ensemble_command

    code = ensemble_command(options.variants)
    return Outcome(data={"variants": options.variants}, code=code)
