"""Frames of plates."""

import cv2
import numpy as np

from lpr_helpers.synthetic.plates import draw_plate


def plate(seed=0, size=(48, 20)):
    """A clean frame of a plate, uint8 [H, W], ``size`` wide and high."""
    drawn = draw_plate("ABC1D23", "Mercosur", np.random.default_rng(seed))
    return cv2.resize(cv2.cvtColor(drawn, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
