"""Plates turned upright."""

import cv2
import numpy as np

from lpr_helpers.transforms.rectification import straightened


def test_a_straightened_plate_is_the_plate_that_was_bent():
    drawn = np.random.default_rng(0).integers(0, 255, (13, 40), dtype=np.uint8)
    drawn = cv2.resize(drawn, (400, 130), interpolation=cv2.INTER_CUBIC)
    outline = np.float32([[30, 20], [420, 45], [400, 190], [25, 150]])
    corners = np.float32([[0, 0], [400, 0], [400, 130], [0, 130]])
    seen = cv2.warpPerspective(drawn, cv2.getPerspectiveTransform(corners, outline), (450, 220))
    back = straightened(np.dstack([seen] * 3), outline.tolist())
    assert np.abs(back[5:-5, 5:-5, 0].astype(float) - drawn[5:-5, 5:-5]).mean() < 5


def test_a_foreign_plate_is_straightened_in_its_own_aspect():
    outline = [[0, 0], [40, 0], [40, 20], [0, 20]]
    assert straightened(np.zeros((30, 50, 3), np.uint8), outline, known=False).shape == (200, 400, 3)
