from .ctc import greedy as greedy
from .ctc import prefix_beam as prefix_beam
from .ensembles import ensemble as ensemble
from .fusion import METHODS as METHODS
from .fusion import fuse as fuse
from .fusion import methods as methods
from .lattice import slot_log_probs as slot_log_probs
from .layouts import read_slots as read_slots
from .readings import (
    FrameReadings as FrameReadings,
)
from .readings import (
    Readings as Readings,
)
from .readings import (
    read_frames as read_frames,
)
from .readings import (
    read_output as read_output,
)
from .slot_fusion import frame_weights as frame_weights
from .slot_fusion import track_slots as track_slots
