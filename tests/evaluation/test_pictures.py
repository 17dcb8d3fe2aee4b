"""How close pictures come to sharp frames, and what they show that is not there."""

import numpy as np
import pandas as pd
import pytest

from lpr_helpers.data.frames import Packed
from lpr_helpers.evaluation.pictures import INVENTED, invented_characters, picture_quality
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.plates import BRAZIL
from tests.support.networks import SMALL


def results(*rows):
    return pd.DataFrame(rows, columns=["track_id", "text", "reading", "confidence"])


def test_what_was_right_in_the_frames_and_is_wrong_and_sure_in_the_pictures_was_invented():
    frames = results(
        ("t1", "ABC1234", "ABC1234", 0.6),
        ("t2", "ABC1D34", "ABC1D34", 0.9),
        ("t3", "XYZ9876", "XYZ9B76", 0.9),
        ("t4", "OOO0000", "OOO0000", 0.9),
        ("t5", "", "QQQ1111", 0.9),
    )
    pictures = results(
        ("t1", "ABC1234", "ABC1Z3A", 0.95),
        ("t2", "ABC1D34", "ABC1034", 0.99),
        ("t3", "XYZ9876", "XYZ9A76", 0.99),  # the frames were misread too
        ("t4", "OOO0000", "OOO0001", 0.5),  # it is not sure
        ("t5", "", "QQQ1112", 0.99),  # nobody knows
    )
    found = invented_characters(frames, pictures)
    assert list(found.columns) == list(INVENTED)
    assert list(found["track_id"]) == ["t2", "t1"], "the surest first"
    assert list(found["invented"]) == ["place 5: D → 0", "place 5: 2 → Z, place 7: 4 → A"]
    assert list(invented_characters(frames, pictures, sure=0.5)["track_id"]) == ["t2", "t1", "t4"]
    assert invented_characters(frames, frames).empty
    with pytest.raises(ValueError, match="different tracks"):
        invented_characters(frames, pictures.iloc[:3])


def test_an_untrained_network_is_as_good_as_interpolation_and_measured_on_the_same_frames():
    stripes = np.sin(np.arange(256) / 6) * 100 + 128
    images = np.broadcast_to(stripes, (3, 2, 1, 64, 256)).astype(np.uint8)
    hr = Packed(images, np.array([[True, True], [True, False], [False, False]]))
    recogniser = Recogniser.new(BRAZIL, kind="sr-espcn", **SMALL["sr-espcn"])
    table = picture_quality(recogniser, hr, range(3), device="cpu")
    assert list(table.index) == ["bicubic", "super-resolution"]
    assert list(table["frames"]) == [3, 3]
    assert table.loc["bicubic", "psnr"] == pytest.approx(table.loc["super-resolution", "psnr"], abs=1e-3)
    assert 15 < table.loc["bicubic", "psnr"] < 40
    assert 0.5 < table.loc["bicubic", "ssim"] < 1
    pd.testing.assert_frame_equal(table, picture_quality(recogniser, hr, range(3), device="cpu"))
    with pytest.raises(ValueError, match="no HR frame"):
        picture_quality(recogniser, hr, [2], device="cpu")
