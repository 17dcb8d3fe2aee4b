"""Which tracks a folder holds, by its folders or by the names of its files."""

import pytest

from lpr_helpers.data.folders import DataSetError
from lpr_helpers.inference import folder_tracks, pattern_tracks
from tests.support.tracks import add_track


def files(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def test_a_folder_with_images_is_a_track_whatever_their_names(tmp_path):
    files(tmp_path, "b/1.png", "a/2.JPG", "a/notes.txt", "empty/readme.txt", ".hidden/1.png")
    add_track(tmp_path / "c/track_00001")
    found = folder_tracks(tmp_path, progress=False)
    assert found.names == ("a", "b", "c/track_00001")
    assert found.track_id("c/track_00001") == "track_00001"
    assert found.frames("a") == tmp_path / "a"


def test_a_single_track_may_be_the_folder_itself(tmp_path):
    add_track(tmp_path / "car")
    found = folder_tracks(tmp_path / "car", progress=False)
    assert [found.track_id(name) for name in found.names] == ["car"]


def test_test_tracks_are_those_below_a_test_folder_or_all(official):
    assert folder_tracks(official, tests_only=True, progress=False).names == ("public_test/track_00001",)
    assert len(folder_tracks(official / "train", tests_only=True, progress=False).names) == 3


def test_frames_of_a_pattern_are_joined_by_track_and_ordered_by_number(tmp_path):
    files(tmp_path, "b_10.jpg", "b_9.jpg", "a_x_1.jpg", "lonely.jpg", "b_1.png")
    found = pattern_tracks(tmp_path, "{track}_{frame}.jpg", progress=False)
    assert found.files == {"a": ("a_x_1.jpg",), "b": ("b_9.jpg", "b_10.jpg")}
    assert found.frames("b") == [tmp_path / "b_9.jpg", tmp_path / "b_10.jpg"]


def test_a_pattern_reaches_into_folders_and_tracks_may_be_spread_over_them(tmp_path):
    files(tmp_path, "cam1/7/f1.png", "cam1/7/f2.png", "cam2/7/f1.png", "frame1/car.png", "frame2/car.png")
    assert pattern_tracks(tmp_path, "cam*/{track}/{frame}.png", progress=False).files == {
        "7": ("cam1/7/f1.png", "cam2/7/f1.png", "cam1/7/f2.png")
    }
    assert pattern_tracks(tmp_path, "frame{frame}/{track}.png", progress=False).names == ("car",)
    assert pattern_tracks(tmp_path, "{track}/f{frame}.png", progress=False).names == ("cam1/7", "cam2/7")


@pytest.mark.parametrize("pattern", ["{frame}.png", "{track}{track}", "a"])
def test_a_pattern_without_one_track_is_refused(tmp_path, pattern):
    with pytest.raises(ValueError, match="once"):
        pattern_tracks(tmp_path, pattern, progress=False)


def test_where_nothing_fits_the_message_names_what_is_there(tmp_path):
    files(tmp_path, "x/1.png")
    with pytest.raises(DataSetError, match=r"first image there is x/1\.png"):
        pattern_tracks(tmp_path, "{track}.jpg", progress=False)
    with pytest.raises(DataSetError, match="give the folder"):
        folder_tracks(tmp_path / "gone", progress=False)
