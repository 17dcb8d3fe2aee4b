"""The switches of the notebooks, and what follows from them."""

import pytest

from lpr_helpers.notebook.profiles import OURS, PROFILES
from lpr_helpers.notebook.settings import read_settings
from lpr_helpers.training.phases import PHASE1, PHASE2
from lpr_helpers.utils.files import checkout


def test_without_switches_you_get_the_demo():
    settings = read_settings({})
    assert settings.profile.name == "demo"
    assert settings.artifacts == checkout() / "artifacts" / "demo"
    assert settings.root == settings.artifacts / "demo-data"


def test_with_your_own_data_you_get_the_whole_training(tmp_path):
    settings = read_settings({"LPR_DATA": str(tmp_path), "LPR_ARTIFACTS": str(tmp_path / "out")})
    assert settings.profile.name == "full"
    assert (settings.root, settings.artifacts) == (tmp_path, tmp_path / "out")
    assert settings.start == "ours"
    assert (settings.profile.phase1, settings.profile.phase2) == OURS["full"]


def test_from_nothing_our_reader_learns_in_larger_steps():
    ours, scratch = (read_settings({"LPR_READER": start}).profile for start in ("ours", "scratch"))
    assert scratch.phase1.learning_rate > ours.phase1.learning_rate
    assert scratch.phase2 == ours.phase2


def test_the_reports_network_is_trained_as_the_report_does_beside_ours(tmp_path):
    settings = read_settings({"LPR_DATA": str(tmp_path), "LPR_READER": "crnn"})
    assert settings.profile is PROFILES["full"]
    assert (settings.profile.phase1, settings.profile.phase2) == (PHASE1, PHASE2)
    assert settings.artifacts == checkout() / "artifacts" / "full-crnn"


@pytest.mark.parametrize(
    "switches", [{"LPR_PROFILE": "huge"}, {"LPR_READER": "oracle"}, {"LPR_DATA": "/no/such/folder"}]
)
def test_a_wrong_switch_is_named(switches):
    name, value = next(iter(switches.items()))
    with pytest.raises(ValueError, match=f"{name} is '{value}'"):
        read_settings(switches)


def test_on_a_drive_what_is_big_stays_on_the_machine(drive_to_come):
    (drive_to_come / "MyDrive").mkdir(parents=True)
    settings = read_settings({"LPR_ARTIFACTS": str(drive_to_come / "MyDrive" / "lpr")})
    for precious in (settings.split, settings.phase1, settings.phase2, settings.tuning, settings.protocols):
        assert precious.is_relative_to(drive_to_come)
    assert settings.validation.is_relative_to(drive_to_come)
    assert settings.submission.is_relative_to(drive_to_come)
    for big in (settings.scratch, settings.root, settings.truth):
        assert big.is_relative_to(drive_to_come.parent)
        assert not big.is_relative_to(drive_to_come)
    again = read_settings({"LPR_ARTIFACTS": f"{drive_to_come}/MyDrive/other/../lpr/"})
    assert again.scratch == settings.scratch


def test_results_of_one_name_do_not_share_a_scratch_folder(drive_to_come):
    (drive_to_come / "MyDrive").mkdir(parents=True)
    folders = [drive_to_come / "MyDrive" / name / "lpr" for name in ("a", "b")]
    first, second = (read_settings({"LPR_ARTIFACTS": str(folder)}).scratch for folder in folders)
    assert first != second


@pytest.mark.usefixtures("drive_to_come")
def test_elsewhere_there_is_one_place_for_all(tmp_path):
    settings = read_settings({"LPR_ARTIFACTS": str(tmp_path / "drive")})
    assert settings.scratch == settings.artifacts == tmp_path / "drive"


@pytest.mark.parametrize("variable", ["LPR_ARTIFACTS", "LPR_DATA"])
def test_a_drive_that_is_not_mounted_is_asked_for(drive_to_come, variable):
    switches = {variable: str(drive_to_come / "MyDrive" / "lpr")}
    with pytest.raises(ValueError, match=rf"{variable} is .* no Drive is mounted.*drive\.mount\("):
        read_settings(switches)
    assert not drive_to_come.exists()
    (drive_to_come / "MyDrive" / "lpr").mkdir(parents=True)
    assert read_settings(switches)


def test_the_number_of_frames_is_a_setting():
    assert read_settings({}).frames == 16
    assert read_settings({"LPR_FRAMES": "7"}).frames == 7
    for wrong in ("0", "-1", "many", "1e9", "５"):
        with pytest.raises(ValueError, match=r"LPR_FRAMES is .*whole number of frames"):
            read_settings({"LPR_FRAMES": wrong})
