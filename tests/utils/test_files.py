"""Files and folders: whole or not at all, whatever happens on the way."""

import shutil
from pathlib import Path

import pytest

from lpr_helpers.utils.files import recovered, whole_folder, write_whole
from lpr_helpers.utils.steps import MissingStepError, require_step


def test_a_skipped_notebook_is_asked_for_kindly(tmp_path):
    with pytest.raises(MissingStepError, match="Run 01_eda first") as caught:
        require_step(tmp_path / "split.csv", "01_eda")
    assert len(caught.value._render_traceback_()) == 1
    assert require_step(tmp_path, "01_eda") == tmp_path


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
        patch.setattr("lpr_helpers.utils.files._to_disk", deadly(lambda _: None))
        patch.setattr("lpr_helpers.utils.files.shutil.rmtree", deadly(shutil.rmtree))
        try:
            with whole_folder(target) as partial:
                (partial / "epoch").write_text("2")
        except Killed:
            pass
    assert recovered(target)
    assert (target / "epoch").read_text() in ("1", "2")
    assert [path.name for path in tmp_path.iterdir()] == ["last"]
    with whole_folder(target) as partial:
        (partial / "epoch").write_text("3")
    assert (target / "epoch").read_text() == "3"
