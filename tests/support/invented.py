"""Readings of the fixture's tracks as a reader might have made them, some of them wrong: no weights are needed."""

import numpy as np

from lpr_helpers.data.tracks import read_tracks
from tests.support import FIXTURE

SURE, UNSURE = 0.98, 0.55
ALIKE = dict(zip("0123456789ABDEGIMNOQSVZ", "OIZBASGZB3489FCLNMDO5W2", strict=True))


def misread(text, places):
    """A text with other characters at some places."""
    return "".join(ALIKE.get(c, "V") if place in places else c for place, c in enumerate(text))


def invented_results():
    """All tracks of the fixture as results: every third has one wrong character, every ninth two."""
    results = read_tracks(FIXTURE, progress=False).table[
        ["track_id", "folder", "text", "scenario", "layout", "lr", "hr"]
    ]
    rng = np.random.default_rng(26)
    readings, confidences, alternatives, frames = [], [], [], []
    for number, row in enumerate(results.itertuples()):
        places = rng.choice(7, size=(number % 3 == 1) + (number % 9 == 4), replace=False)
        truth = row.text or "ABC1D23"
        reading = misread(truth, places)
        sure = [UNSURE if place in places else SURE for place in range(7)]
        readings.append(reading)
        confidences.append(sure)
        alternatives.append(
            [[[c, p], [ALIKE.get(c, "V"), 1 - p]] for c, p in zip(reading, sure, strict=True)]
        )
        frames.append([reading, *[truth] * (len(row.lr) - 1)][: len(row.lr)])
    return results.assign(
        reading=readings,
        confidence=np.prod(confidences, axis=1) * rng.uniform(0.9, 1, len(results)),
        read_layout=["Brazilian" if text[4].isdigit() else "Mercosur" for text in readings],
        char_confidences=confidences,
        alternatives=alternatives,
        frame_readings=frames,
        frame_confidences=[[float(c) for c in rng.uniform(0.3, 1, len(lr))] for lr in results["lr"]],
    )
