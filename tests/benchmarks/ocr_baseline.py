"""What an OCR off the shelf reads of the same tracks: RapidOCR, as it comes, without detection or training.

`real` and `readers` add its rows with ``--rapidocr``. CONTRIBUTING says how to install it.

Each frame is enlarged and read alone; of what is read, letters and digits count, in capitals. The frames are joined in
two ways: by majority vote, and by a vote of what each frame says once it is made to fit the plate's layout.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from lpr_helpers.decoding.look_alikes import replaced
from lpr_helpers.plates import BRAZIL, PlateFormat

SIZE = (48, 144)
"""Height and width that frames get: as high as the recogniser wants them, and of a plate's own shape."""
BLUR = 1.5
"""Sigma of the Gaussian that smooths an enlarged frame, in its pixels. Of 27 preparations this one was chosen by what
the majority vote reads of the old Brazilian and the Argentine tracks, whose figures it therefore flatters a little.
"""
HOW_TO_INSTALL = (
    'RapidOCR is missing: install the extra "baselines" as CONTRIBUTING.md says, under Benchmarks'
)


@dataclass(frozen=True)
class FrameText:
    """What is read of one frame, and how sure the OCR is of it (0 to 1)."""

    text: str
    score: float


Read = Callable[[np.ndarray], FrameText]
"""Reads one frame, uint8 BGR [h, w, 3]."""


def rapidocr() -> Read:
    """RapidOCR's recognition alone, on one thread; SystemExit, which says what to do, where it is not installed."""
    try:
        from rapidocr import RapidOCR
    except ImportError as error:
        raise SystemExit(f"{HOW_TO_INSTALL} ({error})") from error
    threads = "EngineConfig.onnxruntime.{}_op_num_threads"
    only_recognition = {"Global.use_det": False, "Global.use_cls": False, "Global.use_preprocess_img": False}
    quiet = {"Global.log_level": "error", threads.format("intra"): 1, threads.format("inter"): 1}
    engine = RapidOCR(params=only_recognition | quiet)

    def read(frame: np.ndarray) -> FrameText:
        found = engine(enlarged(frame))
        return FrameText(plain(found.txts[0]), float(found.scores[0])) if found.txts else FrameText("", 0.0)

    return read


def enlarged(frame: np.ndarray) -> np.ndarray:
    """A frame as the recogniser reads it best: uint8 [h, w, 3] → [48, 144, 3], bicubic, then smoothed."""
    large = cv2.resize(frame, SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    return cv2.GaussianBlur(large, (0, 0), BLUR)


def plain(text: str) -> str:
    """The letters and digits of a text, in capitals."""
    return "".join(c for c in text.upper() if c in BRAZIL.alphabet)


def vote(frames: Iterable[FrameText]) -> str:
    """The text that most frames agree on; of equally many the one with the highest mean score. "" of no frame."""
    scores: dict[str, list[float]] = {}
    for frame in frames:
        scores.setdefault(frame.text, []).append(frame.score)
    return max(scores, key=lambda text: (len(scores[text]), np.mean(scores[text])), default="")


def forced(text: str, layout: str | None, plate: PlateFormat = BRAZIL) -> str | None:
    """The part of a text that fits a layout with the fewest look-alikes put in, the first of equals.

    Only characters at a place that the layout forbids them are replaced. Without a layout any characters fit. None
    where nothing fits: too short a text, or a character that looks like none that may stand there.
    """
    pattern = "*" * plate.length if layout is None else plate.layouts[layout]
    windows = [text[first : first + len(pattern)] for first in range(len(text) - len(pattern) + 1)]
    fitted = [(replaced(window, pattern, plate), window) for window in windows]
    fitting = [(sum(map(str.__ne__, fit, window)), fit) for fit, window in fitted if fit is not None]
    return min(fitting, key=lambda found: found[0])[1] if fitting else None


def forced_vote(frames: Sequence[FrameText], layout: str | None, plate: PlateFormat = BRAZIL) -> str:
    """The vote of those frames whose text fits the layout or can be made to; of all frames where none can."""
    fitted = [FrameText(text, frame.score) for frame in frames if (text := forced(frame.text, layout, plate))]
    return vote(fitted or frames)


def readings(
    read: Read, tracks: Iterable[Iterable[np.ndarray]], layout: str | None, plate: PlateFormat = BRAZIL
) -> dict[str, list[str]]:
    """What each way of joining frames makes of tracks (of frames as `Read` takes them): its name, a text a track."""
    started = time.process_time()
    frames = [[read(frame) for frame in track] for track in tracks]
    count = sum(map(len, frames))
    took = 1000 * (time.process_time() - started) / max(1, count)
    print(f"RapidOCR: {count} frames, {took:.1f} ms of one core each", flush=True)
    return {
        "RapidOCR, majority vote": [vote(track) for track in frames],
        "RapidOCR, vote, format forced": [forced_vote(track, layout, plate) for track in frames],
    }
