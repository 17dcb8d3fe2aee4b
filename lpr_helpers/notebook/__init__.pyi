from .augmentation import AugmentationGallery as AugmentationGallery
from .datasets import (
    add_truth as add_truth,
)
from .datasets import (
    open_data as open_data,
)
from .datasets import (
    open_split as open_split,
)
from .datasets import (
    packed as packed,
)
from .datasets import (
    tracks_to_read as tracks_to_read,
)
from .datasets import (
    training_data as training_data,
)
from .drive import use_drive as use_drive
from .evaluation_set import load_evaluation_set as load_evaluation_set
from .live import LiveTraining as LiveTraining
from .preflight import Preflight as Preflight
from .preflight import preflight_check as preflight_check
from .profiles import PROFILES as PROFILES
from .profiles import Profile as Profile
from .readers import read_validation as read_validation
from .readers import trained_readers as trained_readers
from .settings import Settings as Settings
from .settings import read_settings as read_settings
