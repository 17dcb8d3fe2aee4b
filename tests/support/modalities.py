"""Tracks of two cameras, and formats of frames."""

from pathlib import Path

from lpr_helpers.data.frame_format import FrameFormat, Modality, Preprocessing
from lpr_helpers.synthetic.dataset import write_dataset

IR = Modality("ir", "ir-")
GREY = FrameFormat()
BOTH = FrameFormat(modalities=(IR,))
IR_ALONE = FrameFormat(modalities=(IR,), visible=False)
FORMATS = {
    "grey": GREY,
    "colour": FrameFormat(colour=True),
    "grey and infrared": BOTH,
    "colour and infrared": FrameFormat(True, (IR,)),
    "infrared alone": IR_ALONE,
    "histogram": FrameFormat(preprocessing=Preprocessing("hist")),
    "CLAHE, in colour": FrameFormat(True, preprocessing=Preprocessing("clahe")),
    "rectified": FrameFormat(preprocessing=Preprocessing(rectify=True)),
    "all of it": FrameFormat(True, (IR,), Preprocessing("clahe", True, (1.0, 0.5))),
}


def two_cameras(root: Path, train: tuple[int, int] = (4, 4), test: int = 2) -> Path:
    """A data set of tracks that a second camera filmed too, some of which it missed."""
    return write_dataset(root, train=train, test=test, seed=3, modalities=["ir"], workers=1, progress=False)
