"""Pictures between the frames that they come from and those that they should be like."""

from dataclasses import replace

import pandas as pd

from lpr_helpers.data.frames import Packed
from lpr_helpers.plots.pictures import super_resolution
from tests.support.figures import shown, words
from tests.support.noise import noise_data, wide_noise_data

INVENTED = {"track_id": "track_00003", "reading": "QWE4R56", "picture_reading": "OWE4R56"}


def parts():
    """Data with HR frames and pictures of its tracks 2 and 3."""
    hr, wide = noise_data().hr, wide_noise_data()
    data = replace(wide, hr=Packed(hr.images.repeat(2, axis=-1), hr.valid))
    return data, [2, 3], Packed(data.hr.images[2:4], data.hr.valid[2:4])


def test_a_row_goes_from_the_frame_to_what_it_should_be_like():
    figure = super_resolution(*parts())
    assert [image.shape[:2] for image in shown(figure)] == 2 * [(32, 128), (64, 256), (64, 256), (64, 256)]
    for part in ("track_00002 · LR", "bicubic", "super-resolution", "HR, another moment · XYZ9A87"):
        assert part in words(figure)


def test_without_hr_frames_there_is_no_fourth_picture():
    data, rows, pictures = parts()
    figure = super_resolution(replace(data, hr=None), rows, pictures)
    assert len(shown(figure)) == 6
    assert "HR" not in words(figure)


def test_invented_characters_are_shown_with_what_was_read():
    figure = super_resolution(*parts(), readings=pd.DataFrame([INVENTED]))
    assert len(shown(figure)) == 4
    assert "track_00003 · LR, read QWE4R56" in words(figure)
    assert "super-resolution, read OWE4R56" in words(figure)
    assert "no such track" in words(super_resolution(*parts(), readings=pd.DataFrame()))
