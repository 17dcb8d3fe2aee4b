"""Tracks of Brazilian and Mercosur plates, drawn and filmed by program, in the official directory layout."""

from lpr_helpers.synthetic.camera import Track, film
from lpr_helpers.synthetic.dataset import SyntheticTrack, make_track, truth_path, write_dataset
from lpr_helpers.synthetic.jobs import plan
from lpr_helpers.synthetic.plates import draw_plate
from lpr_helpers.synthetic.recipe import RECIPE, CameraRecipe, PlateRecipe, Recipe
from lpr_helpers.synthetic.texts import plate_text

__all__ = [
    "RECIPE",
    "CameraRecipe",
    "PlateRecipe",
    "Recipe",
    "SyntheticTrack",
    "Track",
    "draw_plate",
    "film",
    "make_track",
    "plan",
    "plate_text",
    "truth_path",
    "write_dataset",
]
