"""Pictures of how tracks are made."""

import matplotlib as mpl
import numpy as np
import pytest

from lpr_helpers import plots
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.dataset import make_track
from lpr_helpers.synthetic.glyphs import FACES
from tests.support.figures import words


@pytest.mark.parametrize(("scenario", "layout"), [("A", "Brazilian"), ("B", "Mercosur"), ("B", "Free")])
def test_the_making_of_a_track_shows_every_step_in_order_and_ends_in_the_tracks_own_frames(scenario, layout):
    steps = []
    watch = lambda name, image: steps.append((name, image.copy()))  # noqa: E731
    track = make_track(5, scenario, layout, watch=watch)
    shown = [axis for axis in plots.making(5, scenario, layout).findobj(mpl.axes.Axes) if axis.images]
    made = [(f"{number} · {name}", image) for number, (name, image) in enumerate(steps, 1)]
    made += [(f"LR {number}", frame) for number, frame in enumerate(track.lr, 1)] + [("HR 1", track.hr[0])]
    assert len(shown) == len(made) >= 13
    for axis, (name, image) in zip(shown, made, strict=True):
        assert axis.get_title(loc="left") == f"{name}\n{image.shape[1]} × {image.shape[0]} px"
        assert np.array_equal(axis.images[0].get_array(), image), name
        assert axis.get_aspect() == 1
        assert image.shape[1] > 200 or axis.images[0].get_interpolation() == "nearest"


def test_the_making_names_the_plate_it_shows_and_is_the_same_every_time():
    first, again = plots.making(5), plots.making(5)
    assert make_track(5, "B", "Mercosur").text + " · Mercosur · Scenario B" in words(first)
    assert words(first) == words(again)


def test_the_letters_of_both_faces_stand_above_those_of_a_free_font():
    lines = plots.letters().axes
    titles = [axis.get_title(loc="left") for axis in lines]
    assert titles[::2] == [f"{face}: our own glyphs" for face in FACES]
    assert all(title.endswith("a free font") for title in titles[1::2])
    for axis in lines:
        cells = np.split(axis.images[0].get_array()[..., 0], len(BRAZIL.alphabet), axis=1)
        assert all(cell.min() < 50 and cell[:, [0, -1]].mean() > 200 for cell in cells)
