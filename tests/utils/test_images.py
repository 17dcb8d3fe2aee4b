"""Image files and arrays of every kind, through the one loader."""

import io
import os
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given as drawn, strategies as st
from PIL import Image

from lpr_helpers.utils.images import (
    LEAST_SIDE,
    MOST_PIXELS,
    BadImageError,
    composited,
    decode,
    load_frame,
    load_image,
    read_header,
    sharpness,
    to_uint8,
)
from tests.support.robustness import Area

given = Area("Image files")
PLAIN = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (24, 56, 3), dtype=np.uint8), (0, 0), 2)
GREY = cv2.cvtColor(PLAIN, cv2.COLOR_RGB2GRAY)
PROGRAM = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"
LETTERS = np.zeros((24, 56, 4), dtype=np.uint8)
LETTERS[8:16, 8:16, 3] = 255  # black on nothing


def encoded(image, form="PNG", **options):
    stream = io.BytesIO()
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    picture.save(stream, form, **options)
    return stream.getvalue()


def deep(image):
    return cv2.imencode(".png", image.astype(np.uint16) * 257)[1].tobytes()


def claiming(width, height):
    """A PNG whose header claims a size that its data do not have."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)

    def chunk(name, content):
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    parts = (b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def sideways():
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by a quarter to see it upright
    return encoded(np.rot90(PLAIN), exif=exif)


def test_a_sharp_frame_is_sharper_than_its_blurred_copy():
    image = np.random.default_rng(0).integers(0, 255, (1, 32, 128), dtype=np.uint8)
    blurred = cv2.GaussianBlur(image[0], (0, 0), 2)[None]
    sharp, soft = sharpness(np.stack([image, blurred]))
    assert sharp > 4 * soft > 0


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        given("a PNG of 8 bits", "is read", encoded(PLAIN), PLAIN),
        given("a BMP", "is read", encoded(PLAIN, "BMP"), PLAIN),
        given("a TIFF", "is read", encoded(PLAIN, "TIFF"), PLAIN),
        given("a lossless WebP", "is read", encoded(PLAIN, "WEBP", lossless=True), PLAIN),
        given("a PPM", "is read", encoded(PLAIN, "PPM"), PLAIN),
        given("a grey PNG", "is read", encoded(GREY), np.stack([GREY] * 3, -1)),
        given("a PNG of 16 bits in colour", "is scaled to 8 bits", deep(PLAIN[..., ::-1]), PLAIN),
        given("a grey PNG of 16 bits", "is scaled to 8 bits", deep(GREY), np.stack([GREY] * 3, -1)),
        given(
            "a PNG with an opaque alpha channel", "is read", encoded(np.dstack([PLAIN, GREY | 255])), PLAIN
        ),
        given("a photo held sideways, with the camera's note", "is turned upright", sideways(), PLAIN),
    ],
)
def test_an_image_of_any_format_shows_the_same(data, shown):
    np.testing.assert_array_equal(decode(data), shown)
    grey = cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY)
    np.testing.assert_allclose(decode(data, colour=False), grey, atol=1)  # decoders of PNG round another way


def palette_with_holes():
    picture = Image.fromarray(LETTERS[..., 3] // 255).convert("P")
    picture.putpalette([0, 0, 0] * 256)
    return encoded(picture, transparency=0)


@pytest.mark.parametrize(
    "data",
    [
        given("black letters on transparency", "become black on white", encoded(LETTERS)),
        given(
            "the same in grey with alpha",
            "become black on white",
            encoded(Image.fromarray(LETTERS).convert("LA")),
        ),
        given("the same in 16 bits", "become black on white", deep(LETTERS)),
        given("the same with a palette", "become black on white", palette_with_holes()),
    ],
)
def test_letters_stand_out_from_what_was_transparent(data):
    assert read_header(data).alpha
    image = decode(data, colour=False)
    assert image[12, 12] == 0
    assert image[2, 2] == 255


given.note("white letters on transparency", "become white on black")


def test_white_letters_on_transparency_stand_out_as_well():
    image = composited(np.dstack([255 - LETTERS[..., :3], LETTERS[..., 3:]]))
    assert (image[12, 12] == 255).all()
    assert (image[2, 2] == 0).all()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        given("a file of zero bytes", "is refused", b"", "empty-image"),
        given("text that is named as an image", "is refused", b"no image", "unreadable-image"),
        given("a JPEG cut to 70 %", "is refused", encoded(PLAIN, "JPEG")[:-300], "truncated-image"),
        given("a JPEG without its last 3 bytes", "is refused", encoded(PLAIN, "JPEG")[:-3], "truncated-image"),
        given("a WebP cut short", "is refused", encoded(PLAIN, "WEBP")[:-30], "truncated-image"),
        given("a TIFF cut short", "is refused", encoded(PLAIN, "TIFF")[:-300], "unreadable-image"),
        given("one pixel", "is refused: it shows nothing", encoded(PLAIN[:1, :1]), "tiny-image"),
        given("a frame of 1 × 20 pixels", "is refused: it shows nothing", encoded(PLAIN[:20, :1]), "tiny-image"),
        given("12,000 × 12,000 pixels", "is refused by the header", claiming(12_000, 12_000), "huge-image"),
        given("2 billion × 2 billion pixels", "is refused by the header", claiming(2**31 - 1, 2**31 - 1), "huge-image"),
        given("a header without pixels", "is refused", claiming(56, 24), "unreadable-image"),
        given("a PostScript program", "is refused, and not run", PROGRAM, "unreadable-image"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_its_kind(data, kind):
    with pytest.raises(BadImageError) as refused:
        decode(data)
    assert refused.value.kind == kind


given.note("a small PNG of 5,000 to 30,000 pixels a side", "is refused by the header, nothing is decoded")


def test_nothing_is_decoded_of_a_bomb(monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", lambda *_: 1 / 0)
    monkeypatch.setattr(Image.Image, "load", lambda *_: 1 / 0)
    for side in (5_000, 12_000, 30_000):
        with pytest.raises(BadImageError, match=f"{MOST_PIXELS:,}"):
            decode(claiming(side, side))


def test_sizes_at_the_limits_are_read():
    assert decode(encoded(PLAIN[:LEAST_SIDE, :LEAST_SIDE])).shape == (LEAST_SIDE, LEAST_SIDE, 3)
    assert read_header(claiming(2**12, 2**12)).width == 2**12


given.note("a pipe (FIFO) in place of a file", "is refused, not waited for")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without pipes")
def test_a_pipe_is_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "lr-001.png")
    assert load_frame(tmp_path / "lr-001.png", (32, 128), colour=False) is None
    with pytest.raises(OSError, match="pipe"):
        load_image(tmp_path / "lr-001.png")


given.note("a file whose name is not English", "is read")


def test_a_file_of_another_alphabet_is_found(tmp_path):
    (tmp_path / "车牌 ü.png").write_bytes(encoded(PLAIN))
    np.testing.assert_array_equal(load_image(tmp_path / "车牌 ü.png"), PLAIN)


LEVELS = np.array([0, 1, 127, 128, 254, 255], dtype=np.uint8)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int64", "uint16", "float16", "float32", "float64"])
def test_all_kinds_of_grey_levels_mean_the_same(dtype):
    values = LEVELS.astype(dtype)
    values = values * np.uint16(257) if dtype == "uint16" else values / 255 if "float" in dtype else values
    np.testing.assert_array_equal(to_uint8(values.astype(dtype)), LEVELS)
    np.testing.assert_array_equal(to_uint8(LEVELS > 100), (LEVELS > 100) * 255)


@pytest.mark.parametrize("values", [[-0.5, 1.0], [0.0, 255.0], [np.nan, 0.5], [-1, 3], [0, 256], [1j], ["a"]])
def test_levels_out_of_range_are_refused(values):
    with pytest.raises(ValueError, match=r"0…1|0…255"):
        to_uint8(np.array(values))


given.note("anything at all", "is read or refused, never more than that")


@pytest.mark.fuzz
@drawn(data=st.data())
def test_no_bytes_upset_the_loader(data):
    form = data.draw(st.sampled_from(["PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF"]))
    whole = bytearray(encoded(PLAIN, form))
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    content = bytes(whole[data.draw(st.integers(0, 8)) :]) + data.draw(st.binary(max_size=8))
    try:
        image = decode(content)
    except BadImageError:
        return
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[0] * image.shape[1] <= MOST_PIXELS
