from .annotations import (
    ANNOTATIONS_FILE as ANNOTATIONS_FILE,
)
from .annotations import (
    Annotation as Annotation,
)
from .annotations import (
    annotate as annotate,
)
from .annotations import (
    load_annotations as load_annotations,
)
from .annotations import (
    save_annotations as save_annotations,
)
from .annotations import (
    with_annotations as with_annotations,
)
from .batches import Batch as Batch
from .batches import FrameBatches as FrameBatches
from .batches import TrackBatches as TrackBatches
from .checks import BadImageError as BadImageError
from .folders import DataSetError as DataSetError
from .frames import Packed as Packed
from .frames import pack as pack
from .label_edits import (
    annotated as annotated,
)
from .label_edits import (
    apply_annotations as apply_annotations,
)
from .label_edits import (
    describe_changes as describe_changes,
)
from .labels import Problem as Problem
from .manifest import (
    compare_with_manifest as compare_with_manifest,
)
from .manifest import (
    verify_checksums as verify_checksums,
)
from .manifest import (
    write_checksums as write_checksums,
)
from .overview import (
    group_names as group_names,
)
from .overview import (
    inventory as inventory,
)
from .overview import (
    leaks as leaks,
)
from .overview import (
    repeated_plates as repeated_plates,
)
from .overview import (
    shared_plates as shared_plates,
)
from .splits import add_split as add_split
from .splits import load_split as load_split
from .splits import save_split as save_split
from .store import Store as Store
from .store import fits as fits
from .track_data import TrackData as TrackData
from .track_data import targets_of as targets_of
from .tracks import TrackSet as TrackSet
from .tracks import problem_summary as problem_summary
from .tracks import read_tracks as read_tracks
