"""What readers read, side by side: of synthetic tracks that nobody trained on, and of real ones.

    python -m tests.benchmarks.readers [NAME=FOLDER …] --real FOLDER [--out results.csv]

The reader in the package comes first; each NAME=FOLDER adds one that `fit` has left (a run's ``best``). A reader of
single frames is joined by majority vote, as in the report, and by adding log-probabilities; one of whole tracks reads
one, three and five frames of each. The tracks are those of `tests.benchmarks.synthetic`: plates of the two Brazilian
layouts are read with their mask, all others without any.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from lpr_helpers import bootstrap, evaluation
from lpr_helpers.checkpoints import Recogniser
from lpr_helpers.frames import Packed
from lpr_helpers.fusion import fuse
from lpr_helpers.plate_reader import load_reader
from lpr_helpers.reading import recognise
from tests.benchmarks.synthetic import Tracks, what_is_read

METRICS = {"plates": evaluation.recognition_rate, "characters": evaluation.character_accuracy}
FRAMES = {"one frame": [2], "three frames": [0, 2, 4], "five frames": [0, 1, 2, 3, 4]}


def readings(recogniser: Recogniser, tracks: Tracks) -> Iterator[tuple[str, list[str]]]:
    """What each way of using a reader makes of some tracks: its name, and a text a track."""
    layouts = None if tracks.layout is None else [tracks.layout] * len(tracks.texts)
    images = np.stack(tracks.images)
    shown = FRAMES if recogniser.reader.whole else {"": FRAMES["five frames"]}
    for way, chosen in shown.items():
        some = images[:, chosen]
        packed = Packed(some, np.ones(some.shape[:2], dtype=bool))
        frames = recognise(recogniser, packed, range(len(some)), progress=False)
        for method in ("joint",) if recogniser.reader.whole else ("majority", "log_sum"):
            yield way or method, fuse(frames, method, plate=recogniser.plate, layouts=layouts).texts


def main() -> None:
    """Read the command line, measure, print and perhaps write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.readers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("readers", nargs="*", metavar="NAME=FOLDER", help="more readers")
    parser.add_argument("--real", type=Path, help="folder of real tracks to read")
    parser.add_argument("--half", choices=("steer", "report", "both"), default="both")
    parser.add_argument("--out", type=Path, help="write the table there as CSV")
    options = parser.parse_args()
    named = dict(reader.split("=", 1) for reader in options.readers)
    readers = {name: load_reader(folder) for name, folder in {"ours": None, **named}.items()}
    tried, rows = what_is_read(options.half, options.real), []
    for kind, tracks in tried.items():
        for name, reader in readers.items():
            for way, texts in readings(reader.recogniser, tracks):
                found = pd.DataFrame({"text": tracks.texts, "reading": texts})
                figures = bootstrap.columns_of(found, METRICS)
                rows.append({"tracks": kind, "n": len(found), "reader": f"{name}, {way}", **figures})
                print(
                    "{tracks:48} {n:4}  {reader:24} {plates:6.1%} ({plates_low:.1%} to {plates_high:.1%})".format(
                        **rows[-1]
                    )
                )
    if options.out:
        pd.DataFrame(rows).to_csv(options.out, index=False)


if __name__ == "__main__":
    main()
