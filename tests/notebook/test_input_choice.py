"""A few words that say what frames are made of."""

import pytest

from lpr_helpers.data.folders import DataSetError
from lpr_helpers.data.frame_format import FrameFormat, Preprocessing
from lpr_helpers.notebook.datasets import frame_format
from lpr_helpers.notebook.input_choice import GREY, InputChoice, input_choice
from lpr_helpers.notebook.settings import read_settings
from tests.support.modalities import BOTH


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("", GREY),
        ("rgb", InputChoice("rgb")),
        ("grey+ir", InputChoice("grey", ("ir",))),
        ("ir", InputChoice("", ("ir",))),
        ("grey clahe rectify 1 0.5", InputChoice(preprocessing=Preprocessing("clahe", True, (1.0, 0.5)))),
    ],
)
def test_a_text_says_what_frames_are_made_of(text, choice):
    assert input_choice(text) == choice


@pytest.mark.parametrize("text", ["grey+", "grey+rgb", "grey sharp", "grey 2", "+ir"])
def test_a_text_that_says_nothing_is_told(text):
    with pytest.raises(ValueError, match="LPR_INPUT is"):
        input_choice(text)


def test_modalities_are_those_that_the_data_set_names(tmp_path):
    settings = read_settings({"LPR_DATA": str(tmp_path), "LPR_INPUT": "grey+ir"})
    with pytest.raises(DataSetError, match=r"LPR_INPUT names ir, but .*plates\.toml names none"):
        frame_format(settings)
    (tmp_path / "plates.toml").write_text('[modalities]\nir = "ir-"\n')
    assert frame_format(settings) == BOTH
    assert frame_format(read_settings({"LPR_DATA": str(tmp_path)})) == FrameFormat()
