from .checkpoints import (
    STARTS as STARTS,
    Recogniser as Recogniser,
    initial_recogniser as initial_recogniser,
    load_recogniser as load_recogniser,
    save_recogniser as save_recogniser,
    weights_digest as weights_digest,
)
from .cnn import SimpleCNN as SimpleCNN
from .crnn import CRNN as CRNN
from .crnn7 import SevenLayerCRNN as SevenLayerCRNN
from .crnn_attention import AttentionCRNN as AttentionCRNN
from .crnn_cbam import CBAM as CBAM, CBAMCRNN as CBAMCRNN
from .crnn_slots import SlotCRNN as SlotCRNN
from .folding import folded as folded
from .layers import parameter_count as parameter_count
from .losses import ctc_loss as ctc_loss, slot_loss as slot_loss, track_loss as track_loss
from .multiframe import MultiFrameReader as MultiFrameReader
from .output import Output as Output, mean_output as mean_output
from .registry import ARCHITECTURES as ARCHITECTURES, OURS as OURS, Architecture as Architecture
from .shipped_files import (
    PAIR as PAIR,
    SECOND as SECOND,
    SHIPPED as SHIPPED,
    CheckpointError as CheckpointError,
)
from .super_resolution import ESPCN as ESPCN, MultiFrameSR as MultiFrameSR, ResidualSR as ResidualSR
from .super_resolved import (
    MultiFrameSRReader as MultiFrameSRReader,
    ResidualSRReader as ResidualSRReader,
    SuperResolvedReader as SuperResolvedReader,
    super_resolution_of as super_resolution_of,
)
from .svtr import SVTR as SVTR
from .temporal import TemporalReader as TemporalReader
from .vit import VisionTransformer as VisionTransformer
