"""Whether confidences mean what they say of real tracks, whose layout the reader is not told.

    python -m tests.benchmarks.trust FOLDER … [--checkpoint FOLDER]

Folders as for `tests.benchmarks.real`; only plates of the reader's own layouts count. A row for the network's own
confidences, and one for calibrated ones, in float32; intervals are 95 %, over plates.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from lpr_helpers import load_reader
from lpr_helpers.evaluation import LabelledConfidences, summaries
from lpr_helpers.evaluation.kept_calibration import Calibration
from lpr_helpers.inference import PlateReader
from tests.benchmarks.synthetic import labelled

SURE = 0.9


def results(reader: PlateReader, tracks: pd.DataFrame) -> pd.DataFrame:
    """What is read of the tracks, with confidences, in the form of results."""
    read = reader.read_many(tracks["frames"].tolist())
    return tracks.assign(
        reading=[reading.text for reading in read],
        confidence=[reading.confidence for reading in read],
        char_confidences=[[one.confidence for one in reading.characters] for reading in read],
    )


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.trust",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--checkpoint", type=Path, help="another reader than the one in the package")
    options = parser.parse_args()
    reader = load_reader(options.checkpoint, precision="no")
    found = [track for folder in options.folders for track in labelled(folder)]
    tracks = pd.DataFrame(found, columns=["layout", "text", "frames"])
    tracks = tracks[tracks["layout"].isin(list(reader.plate.layouts))].reset_index(drop=True)
    calibrated = results(reader, tracks)
    reader.calibration = Calibration()
    told = {"as it comes": results(reader, tracks), "calibrated": calibrated}
    figures = {f"plates, {when}": table for when, table in told.items()}
    figures |= {f"characters, {w}": LabelledConfidences.of_characters(t).table() for w, t in told.items()}
    print(
        summaries(figures).loc[["ECE", "confidence gap", "mean confidence", "recognition rate"]].T.to_string()
    )
    for when, table in told.items():
        wrong = table[table["text"] != table["reading"]]
        print(
            f"{when}: {(wrong['confidence'] > SURE).sum()} of {len(wrong)} misread ones are surer than {SURE}"
        )


if __name__ == "__main__":
    main()
