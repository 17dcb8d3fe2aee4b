from .ensemble_results import EnsembleResults as EnsembleResults, read_ensemble as read_ensemble
from .export import export_reader as export_reader
from .export_check import ExportCheck as ExportCheck, check_export as check_export
from .frames import ReadFrames as ReadFrames, frame_files as frame_files
from .journal import (
    Journal as Journal,
    JournalError as JournalError,
    TrackReading as TrackReading,
    journal_of as journal_of,
)
from .modal_frames import read_frames as read_frames
from .pictures import enlarge as enlarge, read_pictures as read_pictures, super_resolve as super_resolve
from .reader import PlateReader as PlateReader, load_reader as load_reader
from .reading import Character as Character, FrameError as FrameError, Reading as Reading
from .readings_file import (
    load_readings as load_readings,
    needs_pyarrow as needs_pyarrow,
    write_readings as write_readings,
)
from .recognition import recognise as recognise
from .results import (
    alternatives as alternatives,
    load_results as load_results,
    results_table as results_table,
    save_results as save_results,
)
from .second_reader import (
    consult as consult,
    consultation_table as consultation_table,
    read_consulting as read_consulting,
)
from .single_frames import single_frame_results as single_frame_results
from .streams import (
    ReaderSpec as ReaderSpec,
    chunks_of as chunks_of,
    frames_hash as frames_hash,
    read_chunks as read_chunks,
)
from .tables import read_rows as read_rows, read_split as read_split
from .track_sources import (
    TrackSources as TrackSources,
    folder_tracks as folder_tracks,
    pattern_tracks as pattern_tracks,
)
from .video import is_video as is_video, video_frames as video_frames
