"""One frame as a network gets it, from the images of all its modalities: straightened, resized, equalised, stacked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lpr_helpers.data.frame_format import FrameFormat
from lpr_helpers.utils.images import as_frame
from lpr_helpers.utils.opencv import cv2

CLIP, TILES = 2.0, (4, 2)
"""Of CLAHE: its limit, and parts across and down, each about two characters wide."""


def corner_shares(corners: list | None, size: tuple[int, int]) -> np.ndarray | None:
    """Corners in pixels of an image of ``size`` = (width, height) as shares of both, float64 [4, 2]."""
    return None if corners is None else np.array(corners, float) / size


def stacked(
    images: Sequence[np.ndarray | None],
    frame_format: FrameFormat,
    size: tuple[int, int],
    corners: np.ndarray | None = None,
) -> np.ndarray:
    """A frame, uint8 [C, height, width] of ``size``, from the images of `FrameFormat.names`, in that order.

    images: uint8 [h, w], or [h, w, 3] where there are three channels, each of any size; None, of what is missing, is 0.
    corners: the plate's, [4, 2] clockwise from the top left, as shares of the images' width and height; None where
    they are not known.
    """
    done = frame_format.preprocessing
    parts = []
    for image, channels in zip(images, frame_format.groups, strict=True):
        if image is None:
            parts.append(np.zeros((channels, *size), np.uint8))
            continue
        if done.rectify and corners is not None:
            image = rectified(image, corners, size)
        parts.append(equalised(as_frame(image, size), done.equalise))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def rectified(image: np.ndarray, corners: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The plate within ``corners`` (as in `stacked`), upright, as an image of ``size`` = (height, width)."""
    height, width = size
    points = (np.asarray(corners) * image.shape[1::-1]).astype(np.float32)
    upright = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(points, upright)
    return cv2.warpPerspective(
        np.ascontiguousarray(image),
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def equalised(frame: np.ndarray, how: str) -> np.ndarray:
    """A frame, uint8 [1 or 3, H, W], with its grey levels spread, as `Preprocessing.equalise` says."""
    if how == "none":
        return frame
    if len(frame) == 1:
        return _spread(frame[0], how)[None]
    parts = cv2.cvtColor(np.ascontiguousarray(frame.transpose(1, 2, 0)), cv2.COLOR_RGB2YCrCb)
    parts[:, :, 0] = _spread(parts[:, :, 0], how)
    return np.ascontiguousarray(cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB).transpose(2, 0, 1))


def _spread(grey: np.ndarray, how: str) -> np.ndarray:
    grey = np.ascontiguousarray(grey)
    # made anew each time: one that threads share would mix up their frames
    return cv2.equalizeHist(grey) if how == "hist" else cv2.createCLAHE(CLIP, TILES).apply(grey)
