"""``lpr-helpers train``: train and submit without notebooks, on one device or many."""

from __future__ import annotations

import argparse

from lpr_helpers.cli.outcome import Outcome, UsageError, command

ABOUT = """\
Does the work of the notebooks 02, 03 and 05 with the same switches
(LPR_DATA, LPR_ARTIFACTS, LPR_PROFILE, LPR_READER, LPR_INPUT).
With several machines, start it on each, with --num_machines, --machine_rank and --main_process_ip, and let
LPR_ARTIFACTS be a folder that all of them see."""
EXAMPLES = """
  lpr-helpers train phase1 phase2 submission                                 on one device
  accelerate launch -m lpr_helpers train phase1 phase2 submission            on all that accelerate was told of
  torchrun --nproc_per_node 2 -m lpr_helpers train phase1 phase2 submission  in two processes, without a GPU
"""
STEPS = ("phase1", "phase2", "submission")


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    help_line = "train and submit without notebooks, on one device or many"
    parser = command(commands, "train", help_line, run, about=ABOUT, examples=EXAMPLES)
    parser.add_argument("steps", nargs="+", choices=STEPS, help="what to do, in this order")


def run(options: argparse.Namespace) -> Outcome:
    """Do the work of the notebooks, step by step."""
    from accelerate import PartialState

    from lpr_helpers.data import DataSetError
    from lpr_helpers.notebook import read_settings
    from lpr_helpers.notebook.pipeline import STEPS as WORK
    from lpr_helpers.utils import DiskFullError, FolderInUseError, MissingStepError, best_device

    try:
        settings = read_settings()
    except ValueError as error:
        raise UsageError(str(error)) from error
    try:
        for step in options.steps:
            WORK[step](settings, PartialState(cpu=best_device().type == "cpu"))
    except (DataSetError, FolderInUseError, MissingStepError, DiskFullError) as error:
        raise UsageError(str(error)) from error
    return Outcome(data={"steps": options.steps, "artifacts": str(settings.artifacts)})
