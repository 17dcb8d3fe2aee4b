"""Tracks of Brazilian and Mercosur plates, drawn and filmed by program, in the official directory layout."""

from lpr_helpers.synthetic.camera import Track, film
from lpr_helpers.synthetic.dataset import SyntheticTrack, make_track, plan, truth_path, write_dataset
from lpr_helpers.synthetic.plates import draw_plate, plate_text
from lpr_helpers.synthetic.recipe import RECIPE, CameraRecipe, PlateRecipe, Recipe

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
