"""Videos of crops: a few sharp frames are taken of them, far apart, and what is no video is told."""

import os

import cv2
import numpy as np
import pytest

from lpr_helpers.inference.reading import FrameError
from lpr_helpers.inference.video import is_video, video_frames
from tests.support.robustness import Area

given = Area("Videos")


def picture(level, sharp=True):
    """A frame of one brightness, which tells it from others, with stripes that are sharp or blurred."""
    frame = np.full((40, 100, 3), level, np.uint8)
    frame[10:30, 10::8] = 255
    return frame if sharp else cv2.GaussianBlur(frame, (0, 0), 6)


def video(file, frames):
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter_fourcc(*"MJPG"), 10, frames[0].shape[1::-1])
    for frame in frames:
        writer.write(frame)
    writer.release()
    return file


def levels(frames):
    """The brightness of each frame's upper edge, in tens."""
    return [round(float(frame[:5].mean()) / 10) for frame in frames]


def test_the_sharpest_frame_of_each_stretch_is_taken_in_the_videos_order(tmp_path):
    frames = [picture(10 * number, sharp=number % 4 == 2) for number in range(20)]
    found = video_frames(video(tmp_path / "car.avi", frames), most=5)
    assert levels(found) == [2, 6, 10, 14, 18]
    assert all(frame.shape == (40, 100, 3) and frame.dtype == np.uint8 for frame in found)


def test_a_short_video_gives_what_it_has(tmp_path):
    assert levels(video_frames(video(tmp_path / "car.avi", [picture(10), picture(90)]))) == [1, 9]


def test_pictures_that_a_stuttering_camera_repeats_count_once(tmp_path):
    frames = [picture(20)] * 10 + [picture(80)] * 2 + [picture(140)]
    assert levels(video_frames(video(tmp_path / "car.avi", frames))) == [2, 8, 14]


def test_every_third_frame_alone_may_be_looked_at(tmp_path):
    frames = [picture(10 * number) for number in range(9)]
    assert levels(video_frames(video(tmp_path / "car.avi", frames), most=8, every=3)) == [0, 3, 6]


def test_colours_are_red_green_blue(tmp_path):
    red = np.zeros((40, 100, 3), np.uint8)
    red[..., 2] = 200  # as OpenCV has it
    (frame,) = video_frames(video(tmp_path / "car.avi", [red]))
    assert frame[..., 0].mean() > 100 > frame[..., 2].mean()


@pytest.mark.parametrize(
    "content",
    [
        given("an empty file .mp4", "is told", b""),
        given("a text called .mp4", "is told", b"no video"),
        given("a video's first twelve bytes", "is told", b"RIFF\x00\x00\x00\x00AVI "),
    ],
)
def test_a_file_that_is_no_video_is_named(tmp_path, content):
    file = tmp_path / "car.mp4"
    file.write_bytes(content)
    with pytest.raises(FrameError, match=r"car\.mp4 is no video that can be opened; give one that ends in"):
        video_frames(file)


@pytest.mark.parametrize(
    "name",
    [
        given("a pattern of names, lr-%03d.png", "is no file, and not opened", "lr-%03d.png"),
        given("a camera's address", "is no file, and not opened", "rtsp://camera/1"),
        given("a name with a zero byte", "is no file, and not opened", "\0"),
    ],
)
def test_neither_patterns_nor_addresses_are_opened(tmp_path, name):
    cv2.imwrite(str(tmp_path / "lr-001.png"), picture(10))
    with pytest.raises(FrameError, match="cannot be opened"):
        video_frames(tmp_path / name)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "car.mp4")
    with pytest.raises(FrameError, match="no video that can be opened"):
        video_frames(tmp_path / "car.mp4")


@pytest.mark.parametrize("options", [{"most": 0}, {"every": 0}])
def test_a_number_of_frames_is_one_at_least(tmp_path, options):
    with pytest.raises(ValueError, match="both are 1 or more"):
        video_frames(tmp_path / "car.mp4", **options)


def test_videos_are_known_by_their_endings():
    assert is_video("a/Car.MP4")
    assert not is_video("a/car.png")
