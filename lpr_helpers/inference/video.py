"""A video of a plate's crops → the few frames of it that are worth reading."""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from lpr_helpers.inference.reading import FrameError
from lpr_helpers.utils.images import FRAMES, SIZES, BadImageError, check_size, resize, sharpness
from lpr_helpers.utils.opencv import cv2

VIDEOS = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm")
"""Endings of files that are taken for videos; which of them can be opened depends on OpenCV's build."""
MOST_SEEN = 3000
"""Frames of a video that are looked at: a minute or two; what comes later is not."""
SAME = 1.0
"""Mean difference in grey levels, of 255, up to which a frame shows the very picture before it: a camera's stutter."""


def is_video(file: str | Path) -> bool:
    """Whether a file's name ends as those of videos do."""
    return Path(file).suffix.lower() in VIDEOS


def video_frames(file: str | Path, most: int = FRAMES, every: int = 1) -> list[np.ndarray]:
    """Frames of a video that shows one plate's crops, in their order, uint8 [h, w, 3], red-green-blue.

    Of the frames that are looked at, pictures that only repeat the one before them are left out; what stays is cut
    into ``most`` stretches of equal length, and of each the sharpest frame is taken: so they are sharp, and differ by
    as much time as they can. The video shows the plate alone, as a detector or a tracker crops it; frames of all of a
    street are not searched for plates.

    every: look at every so-manieth frame only. The first `MOST_SEEN` frames of a video count.

    Raises FrameError where the file is no video that can be opened or holds no usable frame, ValueError for a ``most``
    or ``every`` below 1.
    """
    if min(most, every) < 1:
        raise ValueError(f"most={most}, every={every}; both are 1 or more")
    file, numbers, sharp, last = Path(file), [], {}, None
    for number, frame in _decoded(file, every):
        small = resize(frame, SIZES["lr"])  # what the reader will see of it
        if last is None or np.abs(small.astype(np.int16) - last).mean() > SAME:
            numbers.append(number)
            sharp[number] = float(sharpness(small.transpose(2, 0, 1)))
            last = small
    if not numbers:
        raise FrameError(
            f"{file} is a video without a frame that can be read: record it anew, as .mp4 or .avi"
        )
    stretches = np.array_split(numbers, min(most, len(numbers)))
    chosen = {max(stretch.tolist(), key=sharp.__getitem__) for stretch in stretches}
    # A second pass, since all frames of a large video would not fit into memory.
    return [frame for number, frame in _decoded(file, every, chosen)]


def _decoded(
    file: Path, every: int, chosen: Collection[int] | None = None
) -> Iterator[tuple[int, np.ndarray]]:
    """Number and picture, red-green-blue, of every so-manieth of the first `MOST_SEEN` frames, or of those chosen."""
    try:
        regular = stat.S_ISREG(file.stat().st_mode)
    except (OSError, ValueError) as error:
        raise FrameError(f"{file} cannot be opened ({getattr(error, 'strerror', None) or error})") from error
    # OpenCV also takes addresses, cameras and patterns of names; a stranger's name must not reach any of them.
    capture = cv2.VideoCapture(str(file.resolve())) if regular else None
    if capture is None or not capture.isOpened():
        raise FrameError(f"{file} is no video that can be opened; give one that ends in {', '.join(VIDEOS)}")
    try:
        for number in range(MOST_SEEN):
            if not capture.grab():
                return
            if number % every or (chosen is not None and number not in chosen):
                continue
            found, frame = capture.retrieve()
            if found:
                check_size(frame.shape[1], frame.shape[0])
                yield number, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    except (cv2.error, BadImageError) as error:
        raise FrameError(f"{file} is no video of crops: {error}") from error
    finally:
        capture.release()
