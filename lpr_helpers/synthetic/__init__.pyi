from .camera import film as film
from .dataset import (
    SyntheticTrack as SyntheticTrack,
    make_track as make_track,
    truth_path as truth_path,
    write_dataset as write_dataset,
)
from .fresh import FreshPool as FreshPool, FreshTracks as FreshTracks
from .jobs import plan as plan
from .plates import draw_plate as draw_plate
from .recipe import (
    RECIPE as RECIPE,
    CameraRecipe as CameraRecipe,
    PlateRecipe as PlateRecipe,
    Recipe as Recipe,
)
from .styles import HARBOUR as HARBOUR, ROSARIO as ROSARIO, STYLES as STYLES
from .texts import ARGENTINE as ARGENTINE, FREE as FREE, plate_text as plate_text
