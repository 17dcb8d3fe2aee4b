from .attributions import attention as attention, confusion_crops as confusion_crops, saliency as saliency
from .data import characters as characters, counts as counts, sizes as sizes
from .domain import changes as changes, domain_gap as domain_gap, extremes as extremes
from .ensembles import ensemble as ensemble
from .errors import (
    before_after as before_after,
    conditions as conditions,
    confidence_histogram as confidence_histogram,
    confusion_matrix as confusion_matrix,
    places as places,
    reliability_diagram as reliability_diagram,
)
from .experiments import protocols as protocols, tuning as tuning
from .live import training_view as training_view
from .pictures import super_resolution as super_resolution
from .style import use_style as use_style
from .synthesis import letters as letters, making as making
from .tracks import corners as corners, shrinking as shrinking, track_sheet as track_sheet
from .training import (
    LiveCurves as LiveCurves,
    augmentation_gallery as augmentation_gallery,
    learning_curves as learning_curves,
)
