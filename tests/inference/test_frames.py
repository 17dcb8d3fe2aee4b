"""What people have of a plate, as frames."""

import io
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given as drawn, strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from lpr_helpers.inference.frames import read_track
from lpr_helpers.inference.reading import FrameError
from tests.support.robustness import Area

given = Area("Frames to read")
# a frame of each size that is read as it is, so that nothing but the way in can change it
COLOUR = np.random.default_rng(0).integers(0, 255, (5, 32, 128, 3), dtype=np.uint8)
GREY = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in COLOUR])
ALPHA = np.concatenate([COLOUR, np.full_like(COLOUR[..., :1], 255)], -1)
TENSOR = torch.from_numpy(COLOUR)


def png(image):
    return cv2.imencode(".png", image[..., ::-1])[1].tobytes()


class Unseekable(io.BytesIO):
    def seekable(self):
        return False


def written(image):
    """A stream that somebody has just written to, and not rewound."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream


@pytest.mark.parametrize(
    "frame",
    [
        given("an array [h, w, 3]", "is a frame", COLOUR[0]),
        given("an array [3, h, w]", "is a frame", COLOUR[0].transpose(2, 0, 1)),
        given("an array [h, w, 4] (RGBA)", "is composited", ALPHA[0]),
        given("an array [4, h, w]", "is composited", ALPHA[0].transpose(2, 0, 1)),
        given("an array of floats 0…1", "is scaled", COLOUR[0] / 255),
        given("an array of uint16", "is scaled", COLOUR[0].astype(np.uint16) * 257),
        given("an array of whole numbers 0…255 in int64", "is a frame", COLOUR[0].astype(np.int64)),
        given("an array mirrored in memory", "is a frame", COLOUR[0][:, ::-1][:, ::-1]),
        given("a torch tensor [h, w, 3]", "is a frame", TENSOR[0]),
        given("a torch tensor [3, h, w]", "is a frame", TENSOR[0].permute(2, 0, 1)),
        given("a tensor of floats 0…1", "is scaled", TENSOR[0].permute(2, 0, 1) / 255),
        given("a tensor that a gradient hangs on", "is a frame", (TENSOR[0] / 255).requires_grad_()),
        given("a PIL image alone", "is a frame", Image.fromarray(COLOUR[0])),
        given("a PIL image with alpha", "is composited", Image.fromarray(ALPHA[0])),
        given("an encoded image, as bytes", "is decoded", png(COLOUR[0])),
        given("the same as bytearray", "is decoded", bytearray(png(COLOUR[0]))),
        given("the same as memoryview", "is decoded", memoryview(png(COLOUR[0]))),
        given("an open file", "is read", io.BytesIO(png(COLOUR[0]))),
        given("a stream that cannot be rewound", "is read on", Unseekable(png(COLOUR[0]))),
        given("a stream just written to", "is rewound and read", written(COLOUR[0])),
    ],
)
def test_one_frame_in_any_form_is_that_frame(frame):
    images, wrong = read_track(frame, colour=True)
    np.testing.assert_array_equal(images, COLOUR[:1].transpose(0, 3, 1, 2))
    assert wrong == ()
    if not isinstance(frame, io.BytesIO):
        again, _ = read_track([frame, frame], colour=True)
        np.testing.assert_array_equal(again, np.concatenate([images, images]))


@pytest.mark.parametrize(
    "track",
    [
        given("a list of arrays [h, w]", "is a track", list(GREY)),
        given("a grey stack [F, h, w]", "is a track", GREY),
        given("a grey stack [F, h, w, 1]", "is a track", GREY[..., None]),
        given("a stack [F, 1, h, w], as networks take it", "is a track", torch.from_numpy(GREY)[:, None]),
        given("a grey tensor [F, h, w]", "is a track", torch.from_numpy(GREY)),
        given("a list of [h, w, 1]", "is a track", list(GREY[..., None])),
        given("a tuple of tensors [1, h, w]", "is a track", tuple(torch.from_numpy(GREY)[:, None])),
        given("a generator of frames", "is a track", (frame for frame in GREY)),
        given("an array of objects", "is a track", np.array([*GREY, None], dtype=object)[:-1]),
        given("grey PIL images", "is a track", [Image.fromarray(frame) for frame in GREY]),
        given("PIL images of 16 bits", "is a track", [Image.fromarray(g.astype(np.uint16) * 257) for g in GREY]),
        given("PIL images of floats", "is a track", [Image.fromarray(g.astype(np.float32) / 255) for g in GREY]),
        given("a list of bytes", "is a track", [cv2.imencode(".png", frame)[1].tobytes() for frame in GREY]),
    ],
)  # fmt: skip
def test_several_frames_in_any_form_are_those_frames(track):
    images, wrong = read_track(track, colour=False)
    np.testing.assert_array_equal(images, GREY[:, None])
    assert wrong == ()


given.note("stacks [F, h, w, 3] and [F, 3, h, w]", "are tracks")
given.note("an array [3, h, w], three grey frames perhaps", "is one frame in colour")


def test_stacks_of_colour_are_told_by_their_channels():
    shown = COLOUR.transpose(0, 3, 1, 2)
    for stack in (COLOUR, shown, TENSOR, TENSOR.permute(0, 3, 1, 2)):
        np.testing.assert_array_equal(read_track(stack, colour=True)[0], shown)
    assert len(read_track(GREY[:3], colour=False)[0]) == 1
    assert (
        len(read_track(list(GREY[:3]), colour=False)[0])
        == len(read_track(GREY[:3, None], colour=False)[0])
        == 3
    )


def test_the_order_of_colours_is_that_of_arrays_alone():
    shown = COLOUR[:1].transpose(0, 3, 1, 2)
    for frame in (COLOUR[0][..., ::-1], ALPHA[0][..., [2, 1, 0, 3]], COLOUR[0][..., ::-1].transpose(2, 0, 1)):
        np.testing.assert_array_equal(read_track(frame, colour=True, order="bgr")[0], shown)
    for frame in (png(COLOUR[0]), Image.fromarray(COLOUR[0])):
        np.testing.assert_array_equal(read_track(frame, colour=True, order="bgr")[0], shown)


given.note("a track's folder", "gives its LR frames; companions of macOS (._lr-001.png) are left out")
given.note("a path of a file", "is a frame")


def test_folders_give_their_low_resolution_frames(tmp_path):
    for name in ("lr-002.PNG", "lr-001.png", "hr-001.png", "._lr-001.png", "notes.txt"):
        (tmp_path / name).write_bytes(png(COLOUR[len(name) % 2]))
    for folder in (tmp_path, str(tmp_path), str(tmp_path) + "/"):
        assert len(read_track(folder, colour=False)[0]) == 2
    assert len(read_track(tmp_path / "hr-001.png", colour=False)[0]) == 1


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        given("a crop without height, [0, 44]", "is told, and the others are read", GREY[0][:0], "0 pixels"),
        given("a crop without width, [32, 0, 3]", "is told, and the others are read", COLOUR[0][:, :0], "0 × 32"),
        given("floats up to 255", "is told", GREY[0].astype(float) + 0.5, "floats have to be in 0…1"),
        given("floats that are NaN", "is told", np.full((32, 128), np.nan), "floats have to be in 0…1"),
        given("a normalised tensor, −1…1", "is told", torch.from_numpy(GREY[0]) / 127.5 - 1, "floats have to be"),
        given("complex numbers", "is told", GREY[0].astype(complex), "complex128 is no kind of grey level"),
        given("an array of one dimension", "is told", np.zeros(9, np.uint8), r"uint8 \[9\] is no frame"),
        given("five dimensions", "is told", np.zeros((2, 5, 1, 32, 128), np.uint8), "is no frame"),
        given("a stack within a list", "is told", GREY, "a stack of 5 frames; give it by itself"),
        given("a path to nowhere", "is told", "/nowhere.jpg", "/nowhere.jpg: there is no such file"),
        given("an empty path", "is told", "", "an empty name"),
        given("a path with a zero byte", "is told", "a\0b", "no file has such a name"),
        given("a web address", "is told", "https://example.org/a.jpg", "there is no such file"),
        given("a folder within a list", "is told", Path(__file__).parent, "it is a folder"),
        given("bytes that are no image", "is told", b"no image", "cannot be decoded"),
        given("a JPEG cut short", "is told, not read with its grey rest", png(COLOUR[0])[:-9], "end is missing"),
        given("a file that was opened as text", "is told", io.StringIO("x"), "mode 'rb'"),
        given("a number", "is told by its type", 7, "an int is no frame"),
        given("nothing (None)", "is told by its type", None, "a NoneType is no frame"),
        given("a dictionary", "is told by its type", {"image": GREY[0]}, "a dict is no frame"),
    ],
)  # fmt: skip
def test_what_is_no_frame_is_told_and_costs_no_other(frame, reason):
    images, (told,) = read_track([GREY[0], frame, GREY[1]], colour=False)
    np.testing.assert_array_equal(images, GREY[:2, None])
    assert told.startswith("frame 1: ") or str(frame) in told
    with pytest.raises(FrameError, match=f"no frame could be read .*{reason}"):
        read_track([frame], colour=False)


given.note("an empty list", "is told")
given.note("a folder without images", "is told")
given.note("a hundred frames that cannot be read", "are told by the first three and their number")


def test_what_is_no_track_is_told(tmp_path):
    for thing in (7, None, {"lr": 1}):
        with pytest.raises(FrameError, match=rf"an? {type(thing).__name__} is no track"):
            read_track(thing, colour=False)
    with pytest.raises(FrameError, match="it holds none"):
        read_track([], colour=False)
    with pytest.raises(FrameError, match="holds no image"):
        read_track(tmp_path, colour=False)
    with pytest.raises(FrameError, match=r"frame 2: .*; and 97 more"):
        read_track([b"x"] * 100, colour=False)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without pipes")
def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "lr-001.png")
    (tmp_path / "lr-002.png").write_bytes(png(COLOUR[0]))
    images, (told,) = read_track(tmp_path, colour=False)
    assert len(images) == 1
    assert "lr-001.png: it is no regular file" in told


given.note("an array of any shape and kind", "is frames, or is told")


@pytest.mark.fuzz
@drawn(
    array=arrays.arrays(
        st.sampled_from([np.uint8, np.int32, np.uint16, np.float32, np.bool_]),
        arrays.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=7),
    ),
    colour=st.booleans(),
)
def test_any_array_is_frames_or_told(array, colour):
    try:
        images, _ = read_track(array, colour)
    except FrameError:
        return
    assert images.dtype == np.uint8
    assert images.shape[1:] == (3 if colour else 1, 32, 128)
