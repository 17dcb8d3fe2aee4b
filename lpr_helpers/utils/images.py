"""Image files as arrays, and the two sizes that frames are brought to."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

SIZES = {"lr": (32, 128), "hr": (64, 256)}
"""(height, width) in pixels that low- and high-resolution frames are packed in."""
FRAMES = 5
"""Frames of each kind that a track of the competition has."""


def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize an image [h, w] or [h, w, 3] to ``size`` = (height, width): by area down, bilinear up."""
    height, width = size
    shrinks = image.shape[0] > height and image.shape[1] > width
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def load_frame(path: str | Path, size: tuple[int, int], colour: bool) -> np.ndarray | None:
    """One frame as uint8 [C, H, W], or None if the file is not a readable image."""
    flag = cv2.IMREAD_COLOR if colour else cv2.IMREAD_GRAYSCALE
    try:
        image = cv2.imread(str(path), flag)
        if image is None:  # on Windows it knows no names beyond the system's own alphabet
            image = cv2.imdecode(np.fromfile(path, np.uint8), flag)
    except (OSError, cv2.error):
        return None
    if image is None:
        return None
    image = resize(image, size)
    return np.ascontiguousarray(image[:, :, ::-1].transpose(2, 0, 1)) if colour else image[None]


def sharpness(images: np.ndarray) -> np.ndarray:
    """Sharpness of frames: the variance of the Laplacian of the grey image.

    images: uint8 [..., C, H, W]. Returns float32 [...], 0 for a flat image (Pech-Pacheco et al., 2000).
    """
    grey = images.mean(axis=-3, dtype=np.float32) / 255
    centre = grey[..., 1:-1, 1:-1]
    around = grey[..., :-2, 1:-1] + grey[..., 2:, 1:-1] + grey[..., 1:-1, :-2] + grey[..., 1:-1, 2:]
    return (around - 4 * centre).var(axis=(-2, -1), dtype=np.float32)


def read_image(path: str | Path) -> np.ndarray | None:
    """An image at its own size, uint8 [height, width, 3] red-green-blue, or None if there is no readable one."""
    try:
        image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):
        return None
    return None if image is None else image[:, :, ::-1]
