"""``lpr-helpers doctor``: the pre-flight check of the notebooks, and whether the package's reader reads."""

from __future__ import annotations

import argparse
import platform
from importlib.util import find_spec
from typing import TYPE_CHECKING

from lpr_helpers.cli.outcome import FINDINGS, FINE, Outcome, UsageError, command

if TYPE_CHECKING:
    from lpr_helpers.notebook import Preflight

EXAMPLES = """
  lpr-helpers doctor
  LPR_DATA=FOLDER LPR_PROFILE=full lpr-helpers doctor --json
"""


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command to the parser."""
    about = (
        "The pre-flight check: profile, data, device, disk, versions, where results go, what is there already.\n"
        "Without torch: whether the reader in the package reads, and what else takes which extra.\n"
        "Changes nothing. Exit code 1: a line is marked !."
    )
    help_line = "the pre-flight check: data, device, disk, versions, earlier results"
    command(commands, "doctor", help_line, run, about=about, examples=EXAMPLES)


def run(options: argparse.Namespace) -> Outcome:  # noqa: ARG001 (every command is called alike)
    """Look at data, device, disk and versions; where nothing can be trained, at reading."""
    found = _preflight() if find_spec("torch") else _reading()
    checks = [{"topic": topic, "finding": finding, "fine": fine} for topic, finding, fine in found.lines]
    fine = all(check["fine"] for check in checks)
    return Outcome(str(found), {"fine": fine, "checks": checks}, FINE if fine else FINDINGS)


def _preflight() -> Preflight:
    from lpr_helpers.notebook import preflight_check, read_settings

    try:
        return preflight_check(read_settings())
    except ValueError as error:
        raise UsageError(str(error)) from error


def _reading() -> Preflight:
    """What there is to say without torch."""
    from lpr_helpers.notebook import Preflight
    from lpr_helpers.utils import versions

    found = {"Python": platform.python_version()} | versions()
    parquet = "by pyarrow" if find_spec("pyarrow") else 'not here; pip install "lpr-helpers[parquet]"'
    training = 'not here: there is no torch; pip install "lpr-helpers[train]"'
    return Preflight(
        (
            ("reader", *_reader()),
            ("versions", ", ".join(" ".join(pair) for pair in found.items()), True),
            ("parquet", parquet, True),
            ("training", training, True),
        )
    )


def _reader() -> tuple[str, bool]:
    """Whether the reader in the package reads a frame, and by what."""
    import numpy as np

    from lpr_helpers import load_reader
    from lpr_helpers.utils import usable_cores

    try:
        load_reader().read(np.full((16, 48), 128, np.uint8))
    except (ImportError, RuntimeError) as error:  # of the file, or of what runs it
        return f"cannot read: {error}", False
    return f"reads, by onnxruntime on the CPU, {usable_cores()} cores", True
