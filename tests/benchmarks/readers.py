"""What readers read, side by side: of synthetic tracks that nobody trained on, and of real ones.

    python -m tests.benchmarks.readers [NAME=FOLDER …] --real FOLDER [--rapidocr] [--out results.csv]

The reader in the package comes first; each NAME=FOLDER adds one that `fit` has left (a run's ``best``), and
NAME=FOLDER+FOLDER… an ensemble, in which an empty folder is the reader in the package. A reader of single frames
is joined by majority vote, as in the report, and by adding log-probabilities; one of whole tracks reads one, three and
five frames of each, and the five frames in five poses. The tracks are those of `tests.benchmarks.synthetic`: plates of
the two Brazilian layouts are read with their mask, all others without any. With --rapidocr an OCR off the shelf reads
them too (`ocr_baseline`), all five frames, of the size that our readers get: grey, 32 × 128.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from lpr_helpers.data.frames import Packed
from lpr_helpers.decoding.ensembles import ensemble
from lpr_helpers.decoding.fusion import fuse
from lpr_helpers.decoding.readings import FrameReadings
from lpr_helpers.evaluation import bootstrap, metrics
from lpr_helpers.inference.recognition import recognise
from lpr_helpers.models.checkpoints import Recogniser, load_recogniser
from lpr_helpers.models.shipped_files import SHIPPED
from lpr_helpers.transforms.tta import POSES
from tests.benchmarks import ocr_baseline
from tests.benchmarks.synthetic import Tracks, real_tracks, what_is_read

METRICS = {"plates": metrics.recognition_rate, "characters": metrics.character_accuracy}
FRAMES = {"one frame": [2], "three frames": [0, 2, 4], "five frames": [0, 1, 2, 3, 4]}


def readings(members: list[Recogniser], tracks: Tracks) -> Iterator[tuple[str, list[str]]]:
    """What each way of using a reader, or several, makes of some tracks: its name, and a text a track."""
    layouts = None if tracks.layout is None else [tracks.layout] * len(tracks.texts)
    images, first = np.stack(tracks.images), members[0]
    fuse_all = partial(fuse, plate=first.plate, layouts=layouts)

    def read(chosen: list[int], tta: int = 1) -> list[FrameReadings]:
        some = images[:, chosen]
        packed = Packed(some, np.ones(some.shape[:2], dtype=bool))
        return [recognise(one, packed, range(len(some)), tta=tta, progress=False) for one in members]

    if len(members) > 1:
        yield "five frames", fuse_all(ensemble(read(FRAMES["five frames"]))).texts
    elif first.architecture.multi_frame:
        for way, chosen in FRAMES.items():
            yield way, fuse_all(read(chosen)[0]).texts
        yield "five frames, five poses", fuse_all(read(FRAMES["five frames"], len(POSES))[0]).texts
    else:
        frames = read(FRAMES["five frames"])[0]
        for method in ("majority", "log_sum"):
            yield method, fuse_all(frames, method).texts


def main() -> None:
    """Read the command line, measure, print and perhaps write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.readers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("readers", nargs="*", metavar="NAME=FOLDER", help="more readers")
    parser.add_argument("--real", type=Path, help="folder of real tracks to read")
    parser.add_argument("--rapidocr", action="store_true", help="add what RapidOCR reads")
    parser.add_argument("--out", type=Path, help="write the table there as CSV")
    options = parser.parse_args()
    named = dict(reader.split("=", 1) for reader in options.readers)
    readers = {
        name: [load_recogniser(folder or SHIPPED) for folder in folders.split("+")]
        for name, folders in {"ours": "", **named}.items()
    }
    rapidocr = ocr_baseline.rapidocr() if options.rapidocr else None
    tried, found = what_is_read("both", []), {}
    for half in ("steer", "report") if options.real else ():
        tried |= {
            f"real {name}, {half} half": tracks for name, tracks in real_tracks([options.real], half).items()
        }
    for kind, tracks in tried.items():
        read = {
            f"{name}, {way}": texts
            for name, members in readers.items()
            for way, texts in readings(members, tracks)
        }
        if rapidocr:
            images = (
                [cv2.cvtColor(frame[0], cv2.COLOR_GRAY2BGR) for frame in track] for track in tracks.images
            )
            read |= ocr_baseline.readings(rapidocr, images, tracks.layout)
        for name, texts in read.items():
            found[name, kind] = pd.DataFrame({"text": tracks.texts, "reading": texts})
        print(f"read {len(tracks.texts)} tracks: {kind}", flush=True)
    rows = figures(found)
    print(as_markdown(rows))
    if options.out:
        rows.to_csv(options.out, index=False)


def figures(found: dict[tuple[str, str], pd.DataFrame]) -> pd.DataFrame:
    """What each reader read of each kind of tracks, and of "synthetic A", "real Brazilian" … as a whole."""
    wholes = {}
    for (reader, kind), read in found.items():
        wholes.setdefault((reader, kind.split(",")[0]), []).append(read)
    together = {key: pd.concat(reads, ignore_index=True) for key, reads in wholes.items()}
    return pd.DataFrame(
        {"reader": reader, "tracks": kind, "n": len(read), **bootstrap.columns_of(read, METRICS)}
        for (reader, kind), read in {**together, **found}.items()
    )


def as_markdown(rows: pd.DataFrame) -> str:
    """Plates read, with their intervals: a line for each reader, a column for each kind of tracks."""
    rows = rows.assign(
        tracks=rows["tracks"] + " (" + rows["n"].astype(str) + ")",
        plate_rate=[
            f"{100 * row.plates:.1f} % ({100 * row.plates_low:.1f} to {100 * row.plates_high:.1f})"
            for row in rows.itertuples()
        ],
    )
    table = rows.pivot(index="reader", columns="tracks", values="plate_rate")
    table = table.loc[rows["reader"].unique(), rows["tracks"].unique()].fillna("–")
    lines = [
        ["reader", *table.columns],
        ["---"] * (1 + table.shape[1]),
        *table.reset_index().to_numpy().tolist(),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
