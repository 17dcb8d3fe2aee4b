"""Every picture of the notebooks, in one style and one colour-blind-safe palette.

Each function takes data and returns a matplotlib Figure; a notebook shows it as the value of a cell. The figure
is already closed for pyplot when it is returned: Jupyter draws a returned figure from the object itself, and
would draw one that pyplot still holds a second time.
"""

from lpr_helpers.plots.data import characters, counts, sizes
from lpr_helpers.plots.errors import (
    before_after,
    conditions,
    confidence_histogram,
    confusion_matrix,
    places,
    reliability_diagram,
)
from lpr_helpers.plots.experiments import protocols, tuning
from lpr_helpers.plots.frames import changes, extremes, gap
from lpr_helpers.plots.live import training_view
from lpr_helpers.plots.looking import attention, confusion_crops, evidence
from lpr_helpers.plots.making import letters, making
from lpr_helpers.plots.style import read_image, use_style
from lpr_helpers.plots.tracks import corners, shrinking, track_sheet
from lpr_helpers.plots.training import LiveCurves, augmentation_gallery, learning_curves

__all__ = [
    "LiveCurves",
    "attention",
    "augmentation_gallery",
    "before_after",
    "changes",
    "characters",
    "conditions",
    "confidence_histogram",
    "confusion_crops",
    "confusion_matrix",
    "corners",
    "counts",
    "evidence",
    "extremes",
    "gap",
    "learning_curves",
    "letters",
    "making",
    "places",
    "protocols",
    "read_image",
    "reliability_diagram",
    "shrinking",
    "sizes",
    "track_sheet",
    "training_view",
    "tuning",
    "use_style",
]
