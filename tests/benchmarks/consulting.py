"""What a second reader wins that is consulted on doubtful tracks alone, for each millisecond it takes.

    python -m tests.benchmarks.consulting DATASET … [--split FILE] [--first CHECKPOINT] [--second CHECKPOINT[+…]]
                                          [--tta 5] [--frames 1] [--how mean] [--thresholds 0.5,0.9]

The first reader is the one in the package or that of a folder, and reads so many frames of each labelled track; the
second, an ensemble where several folders are named (an empty one is the reader in the package), reads all of them in
--tta poses. Thresholds are of the first one's confidence, calibrated where it is. Both read all tracks, so that the
cost of any threshold follows: milliseconds are processor time, frames in memory. Intervals are 95 %, over plates.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import pandas as pd
import torch

from lpr_helpers import load_reader
from lpr_helpers.evaluation import readable
from lpr_helpers.inference import PlateReader, Reading, consultation_table
from lpr_helpers.inference.frames import read_track
from tests.benchmarks.decoders import labelled


def timed(reader: PlateReader, tracks: list) -> tuple[list[Reading], float]:
    """The readings, and milliseconds of processor time a track."""
    started = time.process_time()
    found = reader.read_many(tracks, errors="raise")
    return found, 1000 * (time.process_time() - started) / len(tracks)


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.consulting",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("datasets", nargs="+", type=Path, metavar="DATASET")
    parser.add_argument("--split", type=Path, help="read the validation tracks of this split alone")
    parser.add_argument("--first", type=Path, help="another reader than the one in the package")
    parser.add_argument(
        "--second", default="", help="CHECKPOINT+CHECKPOINT…; the reader in the package if empty"
    )
    parser.add_argument("--tta", type=int, default=5, help="poses that the second reads (default 5)")
    parser.add_argument("--frames", type=int, help="how many frames the first reads (default: all)")
    parser.add_argument("--how", default="mean", help="mean (default) or replace")
    parser.add_argument("--thresholds", default="0,0.5,0.8,0.9,0.95,0.99,1.01")
    options = parser.parse_args()
    table = pd.concat(labelled(options.datasets, options.split), ignore_index=True)
    first = load_reader(options.first, precision="no")
    folders = [folder or None for folder in options.second.split("+")]
    second = load_reader(folders[0] if len(folders) == 1 else folders, precision="no", tta=options.tta)
    tracks = [list(read_track(files, first.frame_format.colour)[0]) for files in table["lr"]]
    (one, ms_first), (other, ms_second) = (
        timed(first, [track[: options.frames] for track in tracks]),
        timed(second, tracks),
    )
    results = pd.DataFrame(
        {
            "track_id": [f"track {number}" for number in range(len(table))],
            "text": table["text"],
            "reading": [reading.text for reading in one],
            "confidence": [reading.confidence for reading in one],
        }
    )
    slots = (torch.stack([reading.slots for reading in read]) for read in (one, other))
    rows = consultation_table(
        results,
        *slots,
        [float(one) for one in options.thresholds.split(",")],
        (ms_first, ms_second),
        how=options.how,
        plate=first.plate,
    )
    print(f"{len(table)} tracks of {table['text'].nunique()} plates")
    print(readable(rows).round(3).to_string())


if __name__ == "__main__":
    main()
