import shutil
from pathlib import Path

import pytest

from lpr_helpers.files import MissingStepError, needed, standing, whole_folder, write_whole
from lpr_helpers.preflight import preflight
from lpr_helpers.settings import PROFILES, checkout, read_settings
from lpr_helpers.training import PHASE1, PHASE2


def test_without_switches_you_get_the_demo():
    settings = read_settings({})
    assert settings.profile.name == "demo"
    assert settings.artifacts == checkout() / "artifacts" / "demo"
    assert settings.root == settings.artifacts / "demo-data"


def test_with_your_own_data_you_get_the_reports_training(tmp_path):
    settings = read_settings({"LPR_DATA": str(tmp_path), "LPR_ARTIFACTS": str(tmp_path / "out")})
    assert settings.profile is PROFILES["full"]
    assert (settings.root, settings.artifacts) == (tmp_path, tmp_path / "out")
    assert (settings.profile.phase1, settings.profile.phase2) == (PHASE1, PHASE2)


@pytest.mark.parametrize("switches", [{"LPR_PROFILE": "huge"}, {"LPR_DATA": "/no/such/folder"}])
def test_a_wrong_switch_is_named(switches):
    name, value = next(iter(switches.items()))
    with pytest.raises(ValueError, match=f"{name} is '{value}'"):
        read_settings(switches)


def test_a_skipped_notebook_is_asked_for_kindly(tmp_path):
    with pytest.raises(MissingStepError, match="Run 01_eda first") as caught:
        needed(tmp_path / "split.csv", "01_eda")
    assert len(caught.value._render_traceback_()) == 1
    assert needed(tmp_path, "01_eda") == tmp_path


def test_the_preflight_check_names_data_device_disk_versions_and_folder(tmp_path):
    check = preflight(read_settings({"LPR_ARTIFACTS": str(tmp_path / "a" / "b")}))
    assert [topic for topic, _, _ in check.lines] == [
        "profile",
        "data",
        "device",
        "free disk",
        "versions",
        "results",
    ]
    assert "LPR_DATA" in str(check)
    assert check._repr_html_().count("<tr>") == 6
    assert not (tmp_path / "a").exists()


def test_a_file_or_folder_is_written_whole_or_not_at_all(tmp_path):
    target = tmp_path / "folder"
    with whole_folder(target) as partial:
        write_whole(partial / "file", "old")
    with pytest.raises(TypeError), whole_folder(target) as partial:
        write_whole(partial / "file", 3)
    assert (target / "file").read_text() == "old"
    with pytest.raises(TypeError):
        write_whole(target / "file", 3)
    assert (target / "file").read_text() == "old"
    assert [Path(p).name for p in tmp_path.iterdir()] == ["folder"]
    assert [p.name for p in target.iterdir()] == ["file"]


class Killed(BaseException):
    """The process ends here, and no clean-up of ours runs."""


@pytest.mark.parametrize("moment", range(1, 9))
def test_a_kill_at_any_moment_leaves_the_old_folder_or_the_new_one(tmp_path, monkeypatch, moment):
    target, steps = tmp_path / "last", iter(range(1, 100))
    with whole_folder(target) as partial:
        (partial / "epoch").write_text("1")

    def deadly(act):
        def step(*given, **named):
            if next(steps) >= moment:
                raise Killed
            return act(*given, **named)

        return step

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", deadly(Path.replace))
        patch.setattr("lpr_helpers.files._to_disk", deadly(lambda _: None))
        patch.setattr("lpr_helpers.files.shutil.rmtree", deadly(shutil.rmtree))
        try:
            with whole_folder(target) as partial:
                (partial / "epoch").write_text("2")
        except Killed:
            pass
    assert standing(target)
    assert (target / "epoch").read_text() in ("1", "2")
    assert [path.name for path in tmp_path.iterdir()] == ["last"]
    with whole_folder(target) as partial:
        (partial / "epoch").write_text("3")
    assert (target / "epoch").read_text() == "3"
