"""Test tracks are refused wherever they lie and whatever they are called, with the rule that forbids them."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from lpr_helpers.data.forbidden import (
    RULE,
    ForbiddenTracksError,
    frame_digests,
    refuse_tests,
    tracks_with,
)
from lpr_helpers.data.frames import Packed, pack
from lpr_helpers.data.tracks import read_tracks
from tests.support import FIXTURE
from tests.support.unlabelled import unlabelled_noise

TRACKS = unlabelled_noise(4)


def test_tracks_of_the_road_are_welcome():
    refuse_tests(TRACKS.table, TRACKS.lr)
    refuse_tests(TRACKS.table, TRACKS.lr, unlabelled_noise(4, seed=2).lr)


@pytest.mark.parametrize(
    "column", [{"split": "test"}, {"folder": "LRLPR/test/track_1"}, {"folder": "public_test/track_1"}]
)
def test_a_track_that_is_called_a_test_is_refused_with_the_rule(column):
    table = TRACKS.table.copy()
    for name, value in column.items():
        table.loc[2, name] = value
    with pytest.raises(ForbiddenTracksError, match=f"1 of 4 tracks stand in a folder of a test.*{RULE}"):
        refuse_tests(table, TRACKS.lr)


def test_a_folder_of_the_contest_is_none_of_a_test():
    refuse_tests(TRACKS.table.assign(folder="contest/latest/track_1"), TRACKS.lr)


@pytest.mark.parametrize("by", ["name", "link"])
def test_a_test_folder_read_by_itself_is_refused_whatever_side_is_claimed(by, tmp_path):
    root = FIXTURE / "test"
    if by == "link":
        root = tmp_path / "road"
        root.symlink_to(FIXTURE / "test")
    table = read_tracks(root, split="train", progress=False).table
    assert set(table["split"]) == {"train"}
    with pytest.raises(ForbiddenTracksError, match="stand in a folder of a test"):
        refuse_tests(table, TRACKS.lr)


def test_a_frame_of_a_test_is_found_under_any_name_and_in_any_place():
    tests = unlabelled_noise(3, seed=2).lr
    images = TRACKS.lr.images.copy()
    images[3, 1] = tests.images[1, 0]
    with pytest.raises(
        ForbiddenTracksError, match="1 of 4 tracks hold a frame of a test.*road/found_003.*" + RULE
    ):
        refuse_tests(TRACKS.table, Packed(images, TRACKS.lr.valid), tests)


def test_a_copy_of_a_test_in_another_format_is_found_too(tmp_path):
    """PNG keeps every pixel of the JPEG it is made from."""
    source = read_tracks(FIXTURE, progress=False)
    tests = source.table[source.table["split"] == "test"].reset_index(drop=True)
    copied = tmp_path / "road" / "night" / "track_00001"
    copied.mkdir(parents=True)
    cv2.imwrite(str(copied / "lr-001.png"), cv2.imread(tests["lr"].iloc[0][2], cv2.IMREAD_GRAYSCALE))
    mine = read_tracks(tmp_path / "road", split="train", progress=False).table
    options = {"progress": False}
    packed, known = pack(mine, tmp_path / "a", **options), pack(tests, tmp_path / "b", **options)
    refuse_tests(mine, packed)
    with pytest.raises(ForbiddenTracksError, match="pixel for pixel"):
        refuse_tests(mine, packed, known)


def test_black_frames_and_missing_ones_are_no_evidence():
    black = replace(TRACKS.lr, images=np.zeros_like(TRACKS.lr.images))
    assert frame_digests(black) == set()
    missing = replace(TRACKS.lr, valid=np.zeros_like(TRACKS.lr.valid))
    assert tracks_with(missing, frame_digests(TRACKS.lr)) == []
    assert tracks_with(TRACKS.lr, frame_digests(TRACKS.lr, [1, 3])) == [1, 3]


def test_frames_that_cannot_be_compared_are_no_proof():
    with pytest.raises(ValueError, match="pack both alike"):
        refuse_tests(TRACKS.table, TRACKS.lr, unlabelled_noise(2, width=128).lr)
