from .annotations import (
    ANNOTATIONS_FILE as ANNOTATIONS_FILE,
    Annotation as Annotation,
    annotate as annotate,
    load_annotations as load_annotations,
    save_annotations as save_annotations,
    with_annotations as with_annotations,
)
from .batches import Batch as Batch, FrameBatches as FrameBatches, TrackBatches as TrackBatches
from .folders import DataSetError as DataSetError
from .forbidden import ForbiddenTracksError as ForbiddenTracksError, refuse_tests as refuse_tests
from .frame_format import (
    EQUALISERS as EQUALISERS,
    FrameFormat as FrameFormat,
    Modality as Modality,
    Preprocessing as Preprocessing,
)
from .frames import Packed as Packed, pack as pack
from .label_edits import (
    annotated as annotated,
    apply_annotations as apply_annotations,
    describe_changes as describe_changes,
)
from .labels import Problem as Problem
from .manifest import compare_with_manifest as compare_with_manifest
from .modalities import modalities_of as modalities_of
from .overview import (
    group_names as group_names,
    inventory as inventory,
    leaks as leaks,
    repeated_plates as repeated_plates,
    shared_plates as shared_plates,
    track_counts as track_counts,
)
from .splits import add_split as add_split, load_split as load_split, save_split as save_split
from .store import Store as Store, fits as fits
from .track_data import TrackData as TrackData, targets_of as targets_of
from .tracks import TrackSet as TrackSet, problem_summary as problem_summary, read_tracks as read_tracks
