"""``lpr-helpers notebooks``: keep the five notebooks in step, or run them."""

from __future__ import annotations

import argparse

from lpr_helpers.cli.outcome import FINE, USAGE, Outcome, command
from lpr_helpers.utils.files import checkout

ABOUT = """\
run: run all five on your data, LPR_DATA, and write one HTML report; goes on where an earlier run stopped.
demo: run all five in the demo profile. sync: render what they share and write the .ipynb of each pair."""
EXAMPLES = """
  LPR_DATA=FOLDER lpr-helpers notebooks run
  lpr-helpers notebooks demo
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    help_line = "run the five notebooks, or keep them in step"
    parser = command(commands, "notebooks", help_line, run, about=ABOUT, examples=EXAMPLES)
    parser.add_argument("what", choices=("run", "demo", "sync"))
    parser.add_argument(
        "--fresh", action="store_true", help="run: also what ran to its end before, as it is now"
    )


def run(options: argparse.Namespace) -> Outcome:
    """Keep the notebooks in step, or run them."""
    from lpr_helpers.notebook.pairs import sync
    from lpr_helpers.notebook.runner import demo, run_own

    if options.what == "sync":
        sync(checkout())
        return Outcome(data={"synced": str(checkout() / "notebooks")})
    if options.what == "demo":
        return Outcome(data={"demo": str(checkout())}, code=demo(checkout()))
    if run_own(checkout(), options.fresh) != FINE:  # which has said why
        return Outcome(data={"error": "there is no data set to run on"}, code=USAGE)
    return Outcome(data={"run": str(checkout())})
