"""Plates straightened by their corners."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lpr_helpers.synthetic.recipe import RECIPE
from lpr_helpers.utils.opencv import cv2


def straightened(image: np.ndarray, outline: Sequence, known: bool = True) -> np.ndarray:
    """The plate within ``outline`` ([[x, y] × 4], clockwise from the top left) as if seen upright, 400 pixels wide.

    image: uint8 [H, W, 3]. known: it is 130 pixels high, as a plate is; else in the aspect of the outline's sides.
    """
    points = np.array(outline, np.float32)
    sides = np.linalg.norm(np.roll(points, -1, axis=0) - points, axis=1)
    width, height = RECIPE.plates.size
    if not known:
        height = max(1, round(width * float(sides[1::2].sum() / max(sides[::2].sum(), 1e-6))))
    upright = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(points, upright)
    return cv2.warpPerspective(np.ascontiguousarray(image), matrix, (width, height), flags=cv2.INTER_LINEAR)
