from .augmentation import AugmentationGallery as AugmentationGallery
from .datasets import (
    add_truth as add_truth,
    frame_format as frame_format,
    open_data as open_data,
    open_split as open_split,
    packed as packed,
    tracks_to_read as tracks_to_read,
    training_data as training_data,
)
from .drive import use_drive as use_drive
from .evaluation_set import load_evaluation_set as load_evaluation_set
from .findings import Preflight as Preflight
from .live import LiveTraining as LiveTraining
from .pictures import enlarger as enlarger, train_pictures as train_pictures
from .pipeline import ensemble_command as ensemble_command, train_variants as train_variants
from .preflight import preflight_check as preflight_check
from .profiles import PROFILES as PROFILES, Profile as Profile
from .readers import (
    best_reader as best_reader,
    live_reader as live_reader,
    other_readers as other_readers,
    phase1_reader as phase1_reader,
    read_tests as read_tests,
    read_validation as read_validation,
    text_prior as text_prior,
    trained_readers as trained_readers,
)
from .settings import Settings as Settings, read_settings as read_settings
from .unlabelled_tracks import known_tests as known_tests, tracks_without_labels as tracks_without_labels
