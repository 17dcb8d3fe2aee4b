"""Super-resolution in the notebooks."""

from dataclasses import replace

import pytest

from lpr_helpers.data.frames import Packed
from lpr_helpers.notebook.pictures import enlarger, train_pictures
from lpr_helpers.notebook.settings import read_settings
from lpr_helpers.utils.steps import MissingStepError
from tests.support.noise import noise_data, wide_noise_data


@pytest.fixture
def settings(tmp_path):
    return read_settings({"LPR_PROFILE": "tiny", "LPR_ARTIFACTS": str(tmp_path)})


def test_pictures_are_learnt_from_the_data_and_can_be_shown(settings, tmp_path):
    with pytest.raises(MissingStepError, match="02_train_phase1"):
        enlarger(settings)
    hr = noise_data().hr
    data = replace(wide_noise_data(), hr=Packed(hr.images.repeat(2, axis=-1), hr.valid))
    recogniser, history = train_pictures(settings, data, progress=False)
    assert recogniser.kind == "sr-espcn"
    assert len(history) == settings.profile.pictures.epochs
    assert enlarger(settings)([str(tmp_path / "gone.png")]) == [None]


@pytest.mark.slow
def test_where_there_are_no_hr_frames_plates_are_drawn(settings, capsys):
    data = wide_noise_data()
    _, history = train_pictures(settings, data, progress=False)
    assert history["psnr"].notna().all()
    assert "plates are drawn" in capsys.readouterr().out
