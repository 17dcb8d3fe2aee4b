"""Preprocessing (9.3): levels that are equalised, plates straightened by their corners, and several scales at once."""

from __future__ import annotations

from functools import partial

from lpr_helpers.data.frame_format import FrameFormat, Preprocessing
from tests.benchmarks.systems.redrawn import Reader, learnt, usual, with_frames
from tests.benchmarks.systems.system import Budget, System

PART = "preprocessing"
PLAIN = "frames as they are"
RECTIFIED = Preprocessing(rectify=True)
OPTIONS = {
    "histogram equalisation": (Preprocessing("hist"), "helps in low light, 20 % of failures (9.3)"),
    "CLAHE": (Preprocessing("clahe"), "helps in low light, 20 % of failures (9.3)"),
    "multi-scale input (1, 1/2, 1/4)": (
        Preprocessing(scales=(1.0, 0.5, 0.25)),
        "helps where a part is hidden, 12 % of failures (9.3)",
    ),
}


def preprocessed(budget: Budget, done: Preprocessing, known: bool = True) -> Reader:
    """Our reader, from nothing, of preprocessed frames. known: whether corners are, in the tracks that it reads."""
    made_of = FrameFormat(preprocessing=done)
    name = "".join(letter for letter in str(made_of) if letter.isalnum())
    place = budget.run.parent / f"{PART}-{name}"
    recogniser = learnt(
        with_frames(budget.data, made_of, place / "train"),
        made_of,
        budget,
        budget.looks,
        place / f"run-{budget.seed}",
    )
    return Reader(recogniser, made_of if known else FrameFormat(), place)


SYSTEMS = (
    System(PLAIN, PART, usual),
    *(
        System(name, PART, partial(preprocessed, done=done), expected, PLAIN)
        for name, (done, expected) in OPTIONS.items()
    ),
    System("rectified by corners", PART, partial(preprocessed, done=RECTIFIED), beside=PLAIN),
    System(
        "rectified by corners, unknown when reading",
        PART,
        partial(preprocessed, done=RECTIFIED, known=False),
        beside=PLAIN,
    ),
)
