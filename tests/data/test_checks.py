"""The check of an image file: whole to the very end, or not at all."""

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from lpr_helpers.data.checks import BadImageError, image_size
from tests.support.tracks import encoded


@pytest.mark.parametrize("ending", [".png", ".jpg", ".bmp"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_image_that_was_cut_short_passes(ending, data):
    whole = encoded(ending)
    assert image_size(whole + b"\0padding") == (12, 6)
    cut = data.draw(st.integers(1, len(whole) - 1))
    with pytest.raises(BadImageError):
        image_size(whole[:cut])


def test_end_of_a_thumbnail_is_not_the_end_of_the_image():
    whole, thumbnail = encoded(".jpg"), encoded(".jpg", 4, 4)
    exif = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    assert image_size(whole[:2] + exif + whole[2:]) == (12, 6)
    with pytest.raises(BadImageError, match="end is missing"):
        image_size((whole[:2] + exif + whole[2:])[:-40])
