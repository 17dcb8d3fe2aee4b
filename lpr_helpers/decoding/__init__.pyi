from .beams import constrained_beam as constrained_beam, with_texts as with_texts
from .ctc import greedy as greedy, prefix_beam as prefix_beam
from .ensembles import (
    ensemble as ensemble,
    weigh_members as weigh_members,
    weighted_mean as weighted_mean,
)
from .fusion import METHODS as METHODS, fuse as fuse, methods as methods
from .lattice import slot_log_probs as slot_log_probs
from .look_alikes import (
    LOOK_ALIKES as LOOK_ALIKES,
    alike as alike,
    corrected as corrected,
    corrected_frames as corrected_frames,
)
from .readings import (
    FrameReadings as FrameReadings,
    Readings as Readings,
    read_frames as read_frames,
    read_output as read_output,
)
from .slot_fusion import temporal_weights as temporal_weights, track_slots as track_slots
from .slot_reading import read_slots as read_slots, weigh_prior as weigh_prior
from .text_prior import (
    PRIOR_FILE as PRIOR_FILE,
    TextPrior as TextPrior,
    learn_prior as learn_prior,
    load_prior as load_prior,
    save_prior as save_prior,
)
