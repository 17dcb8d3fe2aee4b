from .checkpoints import (
    SHIPPED as SHIPPED,
)
from .checkpoints import (
    STARTS as STARTS,
)
from .checkpoints import (
    CheckpointError as CheckpointError,
)
from .checkpoints import (
    Recogniser as Recogniser,
)
from .checkpoints import (
    initial_recogniser as initial_recogniser,
)
from .checkpoints import (
    load_recogniser as load_recogniser,
)
from .checkpoints import (
    save_recogniser as save_recogniser,
)
from .checkpoints import (
    weights_digest as weights_digest,
)
from .cnn import SimpleCNN as SimpleCNN
from .crnn import CRNN as CRNN
from .folding import folded as folded
from .layers import parameter_count as parameter_count
from .losses import ctc_loss as ctc_loss
from .losses import slot_loss as slot_loss
from .losses import track_loss as track_loss
from .multiframe import MultiFrameReader as MultiFrameReader
from .output import Output as Output
from .output import mean_output as mean_output
from .registry import ARCHITECTURES as ARCHITECTURES
from .registry import OURS as OURS
from .registry import Architecture as Architecture
