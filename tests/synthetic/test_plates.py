"""Drawn plates: no character is like another."""

import cv2
import numpy as np

from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.plates import draw_plate


def test_drawn_characters_differ_from_each_other():
    plates = [draw_plate(c * 7, "Mercosur", np.random.default_rng(0)) for c in BRAZIL.alphabet]
    flat = np.stack([cv2.resize(p, (80, 26)).astype(np.float32).ravel() for p in plates])
    distance = np.linalg.norm(flat[:, None] - flat[None], axis=-1) + 1e9 * np.eye(len(flat))
    assert distance.min() > 100
