"""Image files and arrays of every kind as uint8 arrays: the one loader for index, packing and reading."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from lpr_helpers.utils.opencv import cv2
from lpr_helpers.utils.regular import read_regular

SIZES = {"lr": (32, 128), "hr": (64, 256)}
"""(height, width) in pixels that low- and high-resolution frames are packed in."""
FRAMES = 5
"""Frames of each kind that a track of the competition has."""
LEAST_SIDE, MOST_PIXELS, MOST_BYTES = 4, 2**24, 2**28
"""A frame has at least 4 pixels a side and at most 16.8 million in all; its file has at most 256 MiB."""
FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF", "PPM", "JPEG2000", "MPO", "AVIF")
"""Pillow's names of the formats that are read: pictures alone, no language that a file could be a program in."""
_EASY = ("JPEG", "MPO", "PNG", "BMP")  # OpenCV reads them fast, where they have 8 bits and no transparency
_PNG_END = b"IEND\xaeB`\x82"


class BadImageError(ValueError):
    """An image that cannot be used; `kind` is the problem's slug."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class ImageHeader:
    """What the first bytes of an encoded image say of it, before anything is decoded.

    width, height: in pixels, before the camera's note is heeded that it was held upright. form: one of `FORMATS`.
    grey: it has no colours. alpha: it has transparent parts. deep: it has more than 8 bits a channel.
    """

    width: int
    height: int
    form: str
    grey: bool
    alpha: bool
    deep: bool


def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize an image [h, w] or [h, w, 3] to ``size`` = (height, width): by area down, bilinear up."""
    height, width = size
    shrinks = image.shape[0] > height and image.shape[1] > width
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def read_header(data: bytes) -> ImageHeader:
    """What an encoded image says of itself; nothing is decoded.

    Raises BadImageError where it is no image of `FORMATS`, its end is missing, or it is too small or too large: kinds
    "empty-image", "truncated-image", "unreadable-image", "tiny-image" and "huge-image".
    """
    with _opened(data) as image:
        return _header(image, data)


def decode(data: bytes, colour: bool = True) -> np.ndarray:
    """An encoded image as uint8 [h, w, 3], red-green-blue, or [h, w] where not ``colour``.

    It is turned upright, if the camera noted how it was held; transparent parts are filled as by `composited`, and 16
    bits become 8 as by `to_uint8`. Of an animation the first picture is taken.

    Raises BadImageError as `read_header` does, and where it cannot be decoded.
    """
    return header_and_pixels(data, colour)[1]


def header_and_pixels(data: bytes, colour: bool = True) -> tuple[ImageHeader, np.ndarray]:
    """What `read_header` and `decode` give of an encoded image, which is opened once."""
    with _opened(data) as image:
        header = _header(image, data)
        try:
            easy = header.form in _EASY and not header.alpha and not header.deep
            pixels = _by_opencv(data, colour) if easy else _by_pillow(image, data)
        except Exception as error:  # damage shows itself in many ways
            raise BadImageError("unreadable-image", f"the file cannot be decoded ({error})") from error
    if pixels is None:
        raise BadImageError("unreadable-image", "the file cannot be decoded as an image")
    return header, in_channels(to_uint8(pixels), colour)


def from_pillow(image: Image.Image, colour: bool = True) -> np.ndarray:
    """A picture of Pillow's as `decode` gives a file's; nothing of it is loaded if it is too large.

    Raises BadImageError for its size, OSError or ValueError where it cannot be loaded.
    """
    check_size(*image.size)
    return in_channels(to_uint8(_pixels(image)), colour)


def load_image(path: str | Path, colour: bool = True) -> np.ndarray:
    """An image file at its own size, as `decode` gives it.

    Raises BadImageError as `decode` does, OSError where the file cannot be read (see `regular.read_regular`).
    """
    return decode(read_regular(path, MOST_BYTES + 1), colour)


def load_frame(path: str | Path, size: tuple[int, int], colour: bool) -> np.ndarray | None:
    """One frame as uint8 [C, H, W], or None if the file is not a readable image."""
    try:
        return as_frame(load_image(path, colour), size)
    except (OSError, ValueError):
        return None


def read_image(path: str | Path) -> np.ndarray | None:
    """An image at its own size, uint8 [height, width, 3] red-green-blue, or None if there is no readable one."""
    try:
        return load_image(path)
    except (OSError, ValueError):
        return None


def as_frame(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An image [h, w] or [h, w, 3] as a frame [C, H, W] of ``size`` = (height, width)."""
    image = resize(np.ascontiguousarray(image), size)
    return image[None] if image.ndim == 2 else np.ascontiguousarray(image.transpose(2, 0, 1))


def to_uint8(image: np.ndarray) -> np.ndarray:
    """Grey levels or colours of any kind as uint8, 0…255.

    Whole numbers of 8 bits stay; so do longer ones, if they are 0…255, save uint16, which are 0…65535. Floats are
    0…1. True is white. Raises ValueError for anything else.
    """
    if image.dtype == np.uint8:
        return image
    if image.dtype == np.bool_:
        return image.astype(np.uint8) * np.uint8(255)
    if image.dtype == np.uint16:
        return ((image.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if image.dtype.kind not in "iuf":
        raise ValueError(f"{image.dtype} is no kind of grey level; give uint8, uint16 or floats in 0…1")
    if not image.size:
        return image.astype(np.uint8)
    low, high = image.min(), image.max()
    if image.dtype.kind == "f":
        if not (low >= -1e-3 and high <= 1 + 1e-3):  # also where either is NaN
            raise ValueError(f"{image.dtype} from {low:.4g} to {high:.4g}; floats have to be in 0…1")
        return (image.clip(0, 1).astype(np.float64) * 255 + 0.5).astype(np.uint8)
    if low < 0 or high > 255:
        raise ValueError(f"{image.dtype} from {low} to {high}; whole numbers have to be in 0…255")
    return image.astype(np.uint8)


def in_channels(image: np.ndarray, colour: bool) -> np.ndarray:
    """uint8 [h, w], or [h, w, 1, 3 or 4] red-green-blue-alpha, as [h, w, 3] where ``colour``, else [h, w]."""
    if image.ndim == 3 and image.shape[2] == 4:
        image = composited(image)
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if colour:
        return image if image.ndim == 3 else np.stack([image] * 3, -1)
    return image if image.ndim == 2 else cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)


def composited(image: np.ndarray) -> np.ndarray:
    """uint8 [h, w, 4] on a ground that its visible part stands out from: white, or black under what is light."""
    alpha = image[:, :, 3:].astype(np.float32) / 255
    pixels = image[:, :, :3].astype(np.float32)
    seen = float((pixels * alpha).sum() / max(3 * float(alpha.sum()), 1e-6))
    ground = 0.0 if seen > 127.5 else 255.0
    return (pixels * alpha + ground * (1 - alpha) + 0.5).astype(np.uint8)


def check_size(width: int, height: int) -> None:
    """Raise BadImageError for an image that is too small to show a plate or larger than any frame."""
    if min(width, height) < LEAST_SIDE:
        message = f"{width} × {height} pixels, less than {LEAST_SIDE} a side show nothing"
        raise BadImageError("tiny-image", message)
    if width * height > MOST_PIXELS:
        message = f"{width:,} × {height:,} pixels, more than the {MOST_PIXELS:,} that a frame may have"
        raise BadImageError("huge-image", message)


def sharpness(images: np.ndarray) -> np.ndarray:
    """Sharpness of frames: the variance of the Laplacian of the grey image.

    images: uint8 [..., C, H, W]. Returns float32 [...], 0 for a flat image (Pech-Pacheco et al., 2000).
    """
    grey = images.mean(axis=-3, dtype=np.float32) / 255
    centre = grey[..., 1:-1, 1:-1]
    around = grey[..., :-2, 1:-1] + grey[..., 2:, 1:-1] + grey[..., 1:-1, :-2] + grey[..., 1:-1, 2:]
    return (around - 4 * centre).var(axis=(-2, -1), dtype=np.float32)


def _opened(data: bytes) -> Image.Image:
    """The image whose header was read and found good; none of its pixels yet."""
    if not data:
        raise BadImageError("empty-image", "the file has zero bytes")
    if len(data) > MOST_BYTES:
        raise BadImageError("huge-image", f"the file has more than {MOST_BYTES:,} bytes")
    if _is_cut_short(data):
        raise BadImageError("truncated-image", f"the image's end is missing after {len(data)} bytes")
    if data.startswith(b"\x89PNG"):  # before Pillow warns of its size
        check_size(int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big"))
    try:
        image = Image.open(BytesIO(data), formats=_known_formats())
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadImageError("huge-image", f"more than the {MOST_PIXELS:,} pixels of a frame") from error
    except Exception as error:  # a hostile header does so in many ways
        raise BadImageError("unreadable-image", "the file cannot be decoded as an image") from error
    check_size(*image.size)
    return image


def _header(image: Image.Image, data: bytes) -> ImageHeader:
    grey = image.mode in ("1", "L", "LA", "La", "F") or image.mode.startswith("I")
    return ImageHeader(*image.size, image.format or "", grey, _transparent(image), _deep(image, data))


@cache
def _known_formats() -> list[str]:
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _transparent(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info


def _deep(image: Image.Image, data: bytes) -> bool:
    if image.format == "PNG":  # Pillow calls 16 bits of a colour 8
        return data[24] == 16
    return image.mode == "F" or image.mode.startswith("I")


def _by_opencv(data: bytes, colour: bool) -> np.ndarray | None:
    """A plain image of 8 bits, grey [h, w] or [h, w, 3]; None where OpenCV cannot decode it."""
    flag = cv2.IMREAD_COLOR if colour else cv2.IMREAD_GRAYSCALE
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    return image if image is None or not colour else image[:, :, ::-1]


def _by_pillow(image: Image.Image, data: bytes) -> np.ndarray | None:
    """Any other one: [h, w], [h, w, 3] or [h, w, 4], of 8 or 16 bits or floats."""
    if _deep(image, data) and not _transparent(image):
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_ANYDEPTH | cv2.IMREAD_ANYCOLOR)
        if pixels is not None:
            return pixels if pixels.ndim == 2 else pixels[:, :, ::-1]
    return _pixels(image)


def _pixels(image: Image.Image) -> np.ndarray:
    image = ImageOps.exif_transpose(image)
    if image.mode == "F" or image.mode.startswith("I"):
        levels = np.asarray(image)
        whole = image.mode == "F" or (image.mode == "I" and levels.max() < 256)  # I may hold 8 bits or 16
        return levels if whole else levels.clip(0, 65535).astype(np.uint16)
    return np.asarray(
        image.convert("RGBA" if _transparent(image) else "L" if image.mode in ("1", "L") else "RGB")
    )


def _is_cut_short(data: bytes) -> bool:
    # Decoders differ in this: some fill what is missing with grey and call it an image. What follows the end
    # mark is no harm, and an EXIF thumbnail has an end mark of its own, so the mark must follow the last scan.
    if data.startswith(b"\xff\xd8"):
        return data.find(b"\xff\xd9", max(data.rfind(b"\xff\xda"), 0)) < 0
    if data.startswith(b"\x89PNG"):
        return _PNG_END not in data
    if data.startswith(b"BM"):
        return int.from_bytes(data[2:6], "little") > len(data)
    if data.startswith(b"RIFF"):
        return int.from_bytes(data[4:8], "little") + 8 > len(data)
    return False
