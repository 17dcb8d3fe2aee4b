"""What a reader reads of folders of real tracks, as its users would read them.

    python -m tests.benchmarks.real FOLDER … [--checkpoint FOLDER] [--rapidocr] [--out results.csv]

Each folder holds tracks (track_…/annotations.json and lr-…), of any number of frames. Plates of the two Brazilian
layouts are read with their mask, all others without any: from one frame, from three, from all, and from all in five
poses. Intervals are 95 %, over plates. With --rapidocr an OCR off the shelf reads all frames too (`ocr_baseline`).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import pandas as pd

from lpr_helpers import load_reader
from lpr_helpers.evaluation import bootstrap
from lpr_helpers.inference import PlateReader
from lpr_helpers.plates import BRAZIL
from lpr_helpers.transforms.tta import POSES
from tests.benchmarks import ocr_baseline
from tests.benchmarks.readers import METRICS, as_markdown
from tests.benchmarks.synthetic import labelled

WAYS = {"one frame": 1, "three frames": 3, "all frames": None, "all frames, five poses": None}


def middle(frames: list[Path], count: int | None) -> list[Path]:
    """So many frames from the middle of a track, or all."""
    first = 0 if count is None else max(0, (len(frames) - count) // 2)
    return frames[first : None if count is None else first + count]


def readings(
    usual: PlateReader, moved: PlateReader, tracks: list[list[Path]], layout: str | None
) -> Iterator[tuple[str, list[str]]]:
    """What a reader, which moves frames or not, makes of tracks of one layout: each way's name, and a text a track."""
    for way, count in WAYS.items():
        reader = moved if way.endswith("poses") else usual
        read = reader.read_many([middle(frames, count) for frames in tracks], layouts=layout)
        yield way, [reading.text for reading in read]


def main() -> None:
    """Read the command line, measure, print and perhaps write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.real",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--checkpoint", type=Path, help="another reader than the one in the package")
    parser.add_argument("--rapidocr", action="store_true", help="add what RapidOCR reads")
    parser.add_argument("--out", type=Path, help="write the table there as CSV")
    options = parser.parse_args()
    usual, moved = (load_reader(options.checkpoint, tta=tta) for tta in (1, len(POSES)))
    rapidocr = ocr_baseline.rapidocr() if options.rapidocr else None
    rows = []
    for folder in options.folders:
        tracks = pd.DataFrame(labelled(folder), columns=["layout", "text", "frames"])
        if tracks.empty:
            raise SystemExit(f"{folder} holds no track_… folders")
        for layout, some in tracks.groupby("layout"):
            imposed, files = layout if layout in BRAZIL.layouts else None, list(some["frames"])
            read = dict(readings(usual, moved, files, imposed))
            if rapidocr:
                images = ([cv2.imread(str(file)) for file in frames] for frames in files)
                read |= ocr_baseline.readings(rapidocr, images, imposed)
            for way, texts in read.items():
                figures = bootstrap.columns_of(some.assign(reading=texts), METRICS)
                rows.append({"reader": way, "tracks": f"{folder.name} {layout}", "n": len(some), **figures})
    found = pd.DataFrame(rows)
    print(as_markdown(found))
    if options.out:
        found.to_csv(options.out, index=False)


if __name__ == "__main__":
    main()
