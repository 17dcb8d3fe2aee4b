"""Which engine and which precision this CPU reads and trains with, and what they took when they were measured."""

from __future__ import annotations

from lpr_helpers.data.folders import DataSetError
from lpr_helpers.inference.engines import fastest_engine
from lpr_helpers.models.checkpoints import Recogniser, kind_of, load_recogniser
from lpr_helpers.models.shipped_files import SHIPPED
from lpr_helpers.notebook.datasets import frame_format
from lpr_helpers.notebook.settings import Settings
from lpr_helpers.plates import BRAZIL
from lpr_helpers.training.precision import measured_precision


def engines(settings: Settings) -> str:
    """A line about the reader in the package and the settings' training; measures what nobody has measured yet."""
    reads = fastest_engine([load_recogniser(SHIPPED)], [SHIPPED]).choice
    return f"reads by {reads}; trains in {_training(settings)}"


def _training(settings: Settings) -> str:
    precision = settings.profile.phase1.precision
    if precision != "auto":
        return {"no": "float32"}.get(precision, precision)
    try:
        made_of = frame_format(settings)
    except DataSetError:  # which has a line of its own
        made_of = None
    return str(measured_precision(Recogniser.new(BRAZIL, kind=kind_of(settings.start), frame_format=made_of)))
