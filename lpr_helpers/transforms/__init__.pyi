from .augment import STRENGTHS as STRENGTHS, Augment as Augment, photometric as photometric, tilt as tilt
from .degradation import degrade as degrade, poor_frames as poor_frames
from .degradation_transfer import (
    LOOKS as LOOKS,
    DegradationTransfer as DegradationTransfer,
    looks_of as looks_of,
)
from .frame_dropout import drop_frames as drop_frames, shorten_tracks as shorten_tracks
from .jpeg import compress_jpeg as compress_jpeg
from .modality_dropout import drop_modalities as drop_modalities
from .rectification import straightened as straightened
from .tta import POSES as POSES, tta_images as tta_images
