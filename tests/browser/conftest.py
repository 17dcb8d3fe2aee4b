"""What the browser's tests share."""

import cv2
import numpy as np
import pytest


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    """The path of a grey frame."""
    file = tmp_path_factory.mktemp("track") / "lr-001.png"
    cv2.imwrite(str(file), np.full((20, 44, 3), 90, np.uint8))
    return str(file)
