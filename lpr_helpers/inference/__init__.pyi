from .reader import PlateReader as PlateReader
from .reader import load_reader as load_reader
from .reading import Character as Character
from .reading import FrameError as FrameError
from .reading import Reading as Reading
from .recognition import read_rows as read_rows
from .recognition import read_split as read_split
from .recognition import recognise as recognise
from .results import (
    alternatives as alternatives,
)
from .results import (
    load_results as load_results,
)
from .results import (
    results_table as results_table,
)
from .results import (
    save_results as save_results,
)
from .single_frames import single_frame_results as single_frame_results
