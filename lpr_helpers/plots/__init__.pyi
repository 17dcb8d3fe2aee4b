from .attributions import attention as attention
from .attributions import confusion_crops as confusion_crops
from .attributions import saliency as saliency
from .data import characters as characters
from .data import counts as counts
from .data import sizes as sizes
from .domain import changes as changes
from .domain import domain_gap as domain_gap
from .domain import extremes as extremes
from .errors import (
    before_after as before_after,
)
from .errors import (
    conditions as conditions,
)
from .errors import (
    confidence_histogram as confidence_histogram,
)
from .errors import (
    confusion_matrix as confusion_matrix,
)
from .errors import (
    places as places,
)
from .errors import (
    reliability_diagram as reliability_diagram,
)
from .experiments import protocols as protocols
from .experiments import tuning as tuning
from .live import training_view as training_view
from .style import use_style as use_style
from .synthesis import letters as letters
from .synthesis import making as making
from .tracks import corners as corners
from .tracks import shrinking as shrinking
from .tracks import track_sheet as track_sheet
from .training import (
    LiveCurves as LiveCurves,
)
from .training import (
    augmentation_gallery as augmentation_gallery,
)
from .training import (
    learning_curves as learning_curves,
)
