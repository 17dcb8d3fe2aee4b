"""One frame of several images: straightened, equalised, stacked."""

import cv2
import numpy as np
import pytest

from lpr_helpers.data.frame_format import FrameFormat, Preprocessing
from lpr_helpers.data.frame_stack import equalised, stacked
from tests.support.frames import plate
from tests.support.modalities import BOTH

SIZE = (32, 128)


def test_what_is_missing_is_zero_and_the_rest_as_it_would_be_alone():
    grey = plate()
    both = stacked([grey, None], BOTH, SIZE)
    assert both.shape == (2, *SIZE)
    assert not both[1].any()
    np.testing.assert_array_equal(both[:1], stacked([grey], FrameFormat(), SIZE))


@pytest.mark.parametrize("how", ["hist", "clahe"])
@pytest.mark.parametrize("colour", [False, True])
def test_a_dark_frame_uses_more_of_the_range_once_equalised(how, colour):
    dark = (plate()[None] / 6).astype(np.uint8)
    dark = np.repeat(dark, 3, axis=0) if colour else dark
    spread = equalised(dark, how)
    assert spread.shape == dark.shape
    assert np.ptp(spread) > 1.5 * np.ptp(dark)
    np.testing.assert_array_equal(equalised(dark, "none"), dark)


def test_a_plate_seen_askew_is_turned_upright_where_its_corners_are_known():
    upright = plate(size=(128, 32))
    corners = np.array([[20, 12], [150, 4], [152, 40], [16, 52]], np.float32)
    edges = np.array([[0, 0], [128, 0], [128, 32], [0, 32]], np.float32)
    seen = cv2.warpPerspective(upright, cv2.getPerspectiveTransform(edges, corners), (168, 60))
    made_of = FrameFormat(preprocessing=Preprocessing(rectify=True))
    shares = corners / (168, 60)
    straight, askew = (stacked([seen], made_of, SIZE, known)[0] for known in (shares, None))
    assert alike(straight, upright) > 0.9 > alike(askew, upright)


def alike(one, other):
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]
