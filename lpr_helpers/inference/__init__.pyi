from .ensemble_results import EnsembleResults as EnsembleResults, read_ensemble as read_ensemble
from .export import export_reader as export_reader
from .export_check import ExportCheck as ExportCheck, check_export as check_export
from .frames import ReadFrames as ReadFrames
from .modal_frames import read_frames as read_frames
from .pictures import enlarge as enlarge, read_pictures as read_pictures, super_resolve as super_resolve
from .reader import PlateReader as PlateReader, load_reader as load_reader
from .reading import Character as Character, FrameError as FrameError, Reading as Reading
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
from .tables import read_rows as read_rows, read_split as read_split
