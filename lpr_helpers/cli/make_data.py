"""``lpr-helpers make-data``: write a data set of synthetic tracks."""

from __future__ import annotations

import argparse

from lpr_helpers.cli.outcome import Outcome, UsageError, command

EXAMPLES = """
  lpr-helpers make-data FOLDER
  lpr-helpers make-data FOLDER --train-a 5000 --train-b 5000 --test 0 --seed 7 --style harbour
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    parser = command(commands, "make-data", "write a data set of synthetic tracks", run, examples=EXAMPLES)
    parser.add_argument("root", help="folder to create")
    parser.add_argument("--train-a", type=int, default=500, help="training tracks of Scenario A")
    parser.add_argument("--train-b", type=int, default=500, help="training tracks of Scenario B")
    parser.add_argument("--test", type=int, default=100, help="test tracks")
    parser.add_argument("--seed", type=int, default=0)
    share = "share of plates with any seven characters (0)"
    parser.add_argument("--free", type=float, default=0.0, metavar="SHARE", help=share)
    style = "camera and place: usual, or harbour, where the demo's tracks come from"
    parser.add_argument("--style", default="usual", metavar="NAME", help=style)
    more = "another camera beside: ir writes ir-001.png and so on, and a plates.toml that says so"
    parser.add_argument("--modalities", nargs="+", default=[], metavar="NAME", help=more)
    parser.add_argument("--dirt", action="store_true", help="spoil a few tracks as real ones are")
    parser.add_argument(
        "--workers", type=int, default=None, help="processes (default: one a core, at most 8)"
    )


def run(options: argparse.Namespace) -> Outcome:
    """Write the data set."""
    from lpr_helpers.synthetic import STYLES, truth_path, write_dataset

    if options.style not in STYLES:
        raise UsageError(f"no style {options.style!r}; choose one of {', '.join(STYLES)}")
    try:
        root = write_dataset(
            options.root,
            train=(options.train_a, options.train_b),
            test=options.test,
            seed=options.seed,
            free=options.free,
            dirt=options.dirt,
            workers=options.workers,
            recipe=STYLES[options.style],
            modalities=options.modalities,
        )
    except (FileExistsError, ValueError) as error:
        raise UsageError(str(error)) from error
    text = f"data set: {root}\ntruth of its test tracks: {truth_path(root)}"
    return Outcome(text, {"root": str(root), "truth": str(truth_path(root))})
