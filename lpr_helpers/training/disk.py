"""What can go wrong with the disk that a run is kept on, in one sentence."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from lpr_helpers.training.errors import TrainingError
from lpr_helpers.utils.files import FULL, recovered


@contextmanager
def writing(run: Path) -> Iterator[None]:
    """Turn what goes wrong while ``run`` is written to into a TrainingError; older checkpoints stay whole."""
    try:
        yield
    except (OSError, SafetensorError) as error:
        raise TrainingError(_explained(error, run)) from error


def _explained(error: Exception, run: Path) -> str:
    # safetensors gives the system's number in words alone
    number = getattr(error, "errno", None) or int((re.findall(r"os error (\d+)", str(error)) or [0])[0])
    if number in FULL:
        cause, advice = "the disk is full", "Make room there"
    elif number == errno.ENOTCONN or (number == errno.ENOENT and not run.exists()):
        cause, advice = "the folder is gone", "If it was on a Drive, mount that again"
    else:
        cause, advice = str(error), "See whether the disk can still be written to"
    after = "nothing is lost yet"
    if number == errno.ENOTCONN or recovered(run / "last"):
        after = "it continues after the last checkpoint, which is untouched"
    return f"no checkpoint could be written to {run}: {cause}. {advice}, then run this again: {after}."
