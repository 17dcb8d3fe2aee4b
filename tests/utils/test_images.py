"""Image files as arrays."""

import cv2
import numpy as np

from lpr_helpers.utils.images import sharpness


def test_a_sharp_frame_is_sharper_than_its_blurred_copy():
    image = np.random.default_rng(0).integers(0, 255, (1, 32, 128), dtype=np.uint8)
    blurred = cv2.GaussianBlur(image[0], (0, 0), 2)[None]
    sharp, soft = sharpness(np.stack([image, blurred]))
    assert sharp > 4 * soft > 0
