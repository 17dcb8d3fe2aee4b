from .camera import film as film
from .dataset import (
    SyntheticTrack as SyntheticTrack,
)
from .dataset import (
    make_track as make_track,
)
from .dataset import (
    truth_path as truth_path,
)
from .dataset import (
    write_dataset as write_dataset,
)
from .fresh import FreshPool as FreshPool
from .fresh import FreshTracks as FreshTracks
from .jobs import plan as plan
from .plates import draw_plate as draw_plate
from .recipe import (
    RECIPE as RECIPE,
)
from .recipe import (
    CameraRecipe as CameraRecipe,
)
from .recipe import (
    PlateRecipe as PlateRecipe,
)
from .recipe import (
    Recipe as Recipe,
)
from .texts import FREE as FREE
from .texts import plate_text as plate_text
