"""Drawn plates: no character is like another, some are light on black, and Argentina has its own groups."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.lettering import row_of_characters
from lpr_helpers.synthetic.plates import draw_plate
from lpr_helpers.synthetic.recipe import RECIPE


def test_drawn_characters_differ_from_each_other():
    plates = [draw_plate(c * 7, "Mercosur", np.random.default_rng(0)) for c in BRAZIL.alphabet]
    flat = np.stack([cv2.resize(p, (80, 26)).astype(np.float32).ravel() for p in plates])
    distance = np.linalg.norm(flat[:, None] - flat[None], axis=-1) + 1e9 * np.eye(len(flat))
    assert distance.min() > 100


@pytest.mark.parametrize("layout", list(BRAZIL.layouts))
def test_some_plates_say_it_in_light_on_black(layout):
    (kind,) = [kind for kind in RECIPE.plates.classes[layout] if max(kind.ground) < 64]
    assert 0.02 <= kind.share <= 0.06
    recipe = replace(RECIPE.plates, classes={layout: (kind,)})
    plate = draw_plate("ABC1D23", layout, np.random.default_rng(0), recipe)
    grey = cv2.cvtColor(plate, cv2.COLOR_RGB2GRAY)[45:112]
    assert np.median(grey) < 70
    assert np.percentile(grey, 95) > 150


def test_an_argentine_plate_stands_in_groups_of_two_three_and_two():
    spread = replace(
        RECIPE.plates, place_jitter=0, classes={"Mercosur": RECIPE.plates.classes["Mercosur"][:1]}
    )
    inks = row_of_characters("AA000AA", "Mercosur", np.random.default_rng(0), spread, free=True)
    _, _, boxes, _ = cv2.connectedComponentsWithStats((inks > 128).astype(np.uint8))
    boxes = sorted(box for box in boxes[1:].tolist() if box[3] > 30)  # zeros have a hole, which is ground
    gaps = np.diff([left + width / 2 for left, _, width, *_ in boxes])
    assert len(boxes) == BRAZIL.length
    assert min(gaps[1], gaps[4]) > 1.25 * max(gaps[0], *gaps[2:4], gaps[5])
