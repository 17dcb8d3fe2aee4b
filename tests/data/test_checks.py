"""The check of a track's files: what is used, what is left out, and what is only worth saying."""

import os

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from lpr_helpers.data.checks import unfit_id
from lpr_helpers.submission.validator import validate_bytes
from lpr_helpers.utils.images import BadImageError, decode
from tests.support.images import png_that_says
from tests.support.robustness import Area
from tests.support.tracks import BRAZILIAN, add_labelled, add_track, encoded, read

frames = Area("Frames in a data set")


def saved(ending: str, image: np.ndarray) -> bytes:
    return cv2.imencode(ending, image)[1].tobytes()


NOISE = np.random.default_rng(1).integers(0, 255, (6, 12, 4), np.uint8)
LEFT_OUT = [
    frames(
        "a frame of 1 × 1 pixel",
        "left out and listed as `tiny-image`",
        saved(".png", NOISE[:1, :1, :3]),
        "tiny-image",
    ),
    frames(
        "a frame of 1 × 20 pixels",
        "left out and listed as `tiny-image`",
        saved(".png", np.zeros((20, 1), np.uint8)),
        "tiny-image",
    ),
    frames(
        "a frame of 44 × 1 pixels",
        "left out and listed as `tiny-image`",
        saved(".png", np.zeros((1, 44), np.uint8)),
        "tiny-image",
    ),
    frames(
        "a frame of 12,000 × 12,000 pixels",
        "left out by its header, before it is decoded: `huge-image`",
        png_that_says(12_000, 12_000),
        "huge-image",
    ),
    frames(
        "a 1-bit PNG of 30,000 × 30,000",
        "left out by its header, before it is decoded: `huge-image`",
        png_that_says(30_000, 30_000),
        "huge-image",
    ),
    frames(
        "a PNG that says 2³¹ × 2³¹",
        "left out by its header",
        png_that_says(2**31 - 1, 2**31 - 1),
        "huge-image",
    ),
    frames("a frame of zero bytes", "left out and listed as `empty-image`", b"", "empty-image"),
    frames("half a frame", "left out and listed as `truncated-image`", encoded()[:200], "truncated-image"),
    frames(
        "a page of HTML named lr-002.png",
        "left out and listed as `unreadable-image`",
        b"<html>",
        "unreadable-image",
    ),
]
KEPT = [
    frames("a grey frame", "used, and listed as `pixel-format`", saved(".png", NOISE[:, :, 0]), "grey"),
    frames(
        "a frame with transparent parts",
        "used, and listed as `pixel-format`",
        saved(".png", NOISE),
        "transparent",
    ),
    frames(
        "a frame of 16 bits a channel",
        "used, and listed as `pixel-format`",
        saved(".png", NOISE[:, :, :3].astype(np.uint16) * 257),
        "8 bits",
    ),
]


def second_frame(root, content: bytes):
    """The row and the problems of a track whose frame lr-002.png holds ``content``."""
    folder = add_labelled(root / BRAZILIAN / "track_00001")
    (folder / "lr-002.png").write_bytes(content)
    tracks = read(root)
    return tracks.table.iloc[0], list(tracks.problems.itertuples())


@pytest.mark.parametrize(("content", "kind"), LEFT_OUT)
def test_a_frame_that_cannot_be_used_is_left_out_and_listed(tmp_path, content, kind):
    row, (problem,) = second_frame(tmp_path, content)
    assert problem.kind == kind
    assert problem.file.endswith("lr-002.png")
    assert len(row.lr) == len(row.lr_sizes) == 4
    assert row.trainable


@pytest.mark.parametrize(("content", "words"), KEPT)
def test_a_frame_of_another_kind_is_used_and_listed(tmp_path, content, words):
    row, (problem,) = second_frame(tmp_path, content)
    assert (problem.kind, problem.repaired) == ("pixel-format", True)
    assert problem.message.startswith("1 of 10 frames")
    assert words in problem.message
    assert row.lr_sizes == [(12, 6)] * 5


@pytest.mark.parametrize(
    "ending",
    [
        frames(f"frames that end in {ending}", "read", ending)
        for ending in (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".WEBP")
    ],
)
def test_every_ending_is_read(tmp_path, ending):
    add_labelled(tmp_path / BRAZILIAN / "track_00001", ending=ending)
    tracks = read(tmp_path)
    assert tracks.problems.empty
    assert tracks.table.lr_sizes[0] == [(12, 6)] * 5


frames.note(
    "a sixth LR frame, or more",
    "all are used (`LPR_FRAMES` sets how many at most), and listed as `more-frames`",
)


def test_more_frames_than_usual_are_kept_and_listed(tmp_path):
    folder = add_labelled(tmp_path / BRAZILIAN / "track_00001")
    for name in ("lr-006.png", "lr-007.png", "hr-006.png"):
        (folder / name).write_bytes(encoded())
    tracks = read(tmp_path)
    assert len(tracks.table.lr[0]) == 7
    assert tracks.problems[["kind", "repaired"]].to_numpy().tolist() == [["more-frames", True]] * 2
    assert tracks.problems.message[0].startswith("7 LR frames where 5 are usual")


def pipe(path):
    os.mkfifo(path)


def link(target: str):
    return lambda path: path.symlink_to(target)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        frames("a pipe named lr-002.png", "never opened; left out and listed", pipe, "no regular file"),
        frames(
            "a frame linked to /dev/zero",
            "never opened; left out and listed",
            link("/dev/zero"),
            "no regular file",
        ),
        frames("a frame linked to itself", "left out and listed", link("lr-002.png"), "symbolic links"),
        frames("a frame linked to nothing", "left out and listed", link("gone"), "No such file"),
        frames("a folder named lr-002.png", "left out and listed", lambda path: path.mkdir(), "missing"),
    ],
)
def test_only_regular_files_are_opened(tmp_path, make, message):
    folder = add_labelled(tmp_path / BRAZILIAN / "track_00001")
    (folder / "lr-002.png").unlink()
    make(folder / "lr-002.png")
    tracks = read(tmp_path)
    assert len(tracks.table.lr[0]) == 4
    assert message in tracks.problems.message[0]


frames.note("a frame linked to another file", "followed, and read")


def test_a_link_to_a_frame_is_followed(tmp_path):
    folder = add_labelled(tmp_path / BRAZILIAN / "track_00001")
    (folder / "lr-002.png").rename(tmp_path / "elsewhere.png")
    (folder / "lr-002.png").symlink_to(tmp_path / "elsewhere.png")
    assert read(tmp_path).problems.empty


@pytest.mark.parametrize(
    "name",
    [
        frames(f"`{name}` of macOS or Windows beside the frames", "ignored", name)
        for name in (
            "._lr-001.png",
            "._annotations.json",
            ".DS_Store",
            "Thumbs.db",
            "desktop.ini",
            ".lr-001.png.swp",
        )
    ],
)
def test_companions_of_other_systems_are_ignored(tmp_path, name):
    folder = add_labelled(tmp_path / BRAZILIAN / "track_00001")
    (folder / name).write_bytes(b"\0\5\x16\7")
    tracks = read(tmp_path)
    assert tracks.problems.empty
    assert len(tracks.table.lr[0]) == 5


frames.note(
    "a test track named `a,b`, `a;b` or ` a`", "read; listed as `folder-name`: no submission can name it"
)


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("track_00001", True),
        ("car 1", True),
        ("çã", True),
        ("a,b", False),
        ("a;b", False),
        (" a", False),
        ("a\nb", False),
    ],
)
def test_a_test_track_that_no_submission_can_name_is_listed(tmp_path, name, fits):
    add_track(tmp_path / "test" / name, hr=0)
    assert read(tmp_path).problems.kind.tolist() == ([] if fits else ["folder-name"])
    assert unfit_id(name) != fits
    line = f"{name},ABC1234;0.5\n".encode()
    assert validate_bytes(line, False, [name], read(tmp_path).plate).ok == fits


@pytest.mark.fuzz
@pytest.mark.parametrize("ending", [".png", ".jpg", ".bmp"])
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_image_that_was_cut_short_passes(ending, data):
    whole = encoded(ending)
    assert decode(whole + b"\0padding", colour=False).shape == (6, 12)
    cut = data.draw(st.integers(1, len(whole) - 1))
    with pytest.raises(BadImageError):
        decode(whole[:cut])


frames.note("any bytes at all (fuzzed)", "used, or left out and listed")


@pytest.mark.fuzz
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("ending", [".png", ".jpg", ".bmp", ".webp", ".tiff"])
@given(data=st.data())
def test_no_bytes_make_the_check_of_a_frame_fall(ending, data):
    content = bytearray(encoded(ending))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
        content = content or bytearray(1)
    try:
        height, width = decode(bytes(content), colour=False).shape
    except BadImageError:
        return
    assert width > 0
    assert height > 0


def test_end_of_a_thumbnail_is_not_the_end_of_the_image():
    whole, thumbnail = encoded(".jpg"), encoded(".jpg", 4, 4)
    exif = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    assert decode(whole[:2] + exif + whole[2:], colour=False).shape == (6, 12)
    with pytest.raises(BadImageError, match="end is missing"):
        decode((whole[:2] + exif + whole[2:])[:-40])
