"""What readers read of folders of real tracks, as their users would read them.

    python -m tests.benchmarks.real FOLDER … [--reader NAME=CHECKPOINT …] [--rapidocr] [--out results.csv]

Each folder holds tracks (track_…/annotations.json and lr-…), of any number of frames. Plates of the two Brazilian
layouts are read with their mask; Argentine ones without any, and with that of theirs. The reader in the package reads
one frame, three, all, all in five poses, and all with a text prior: each half of a folder's plates with what the texts
of the other half taught, at weight 1, which nothing chose. Each --reader adds another one; NAME=CHECKPOINT+CHECKPOINT…
is an ensemble, in which an empty one is the reader in the package. A reader of single frames is joined by majority
vote, as in the report, and by adding log-probabilities. With --rapidocr an OCR off the shelf reads all frames too
(`ocr_baseline`). All in float32. Intervals are 95 %, over plates.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import pandas as pd
import torch

from lpr_helpers import load_reader
from lpr_helpers.decoding import fuse, learn_prior, read_output
from lpr_helpers.evaluation import bootstrap
from lpr_helpers.inference.frames import read_track
from lpr_helpers.models import SHIPPED, Recogniser, load_recogniser
from lpr_helpers.plates import BRAZIL, PlateFormat
from lpr_helpers.synthetic.texts import ARGENTINE, PATTERNS
from lpr_helpers.transforms.tta import POSES
from tests.benchmarks import ocr_baseline
from tests.benchmarks.readers import METRICS, as_markdown
from tests.benchmarks.rectify import in_half
from tests.benchmarks.synthetic import labelled

FRAMES = {"one frame": 1, "three frames": 3, "all frames": None}
OTHERS = {ARGENTINE: PlateFormat(layouts={ARGENTINE: PATTERNS[ARGENTINE]})}
"""Layouts that the readers were not trained for, which can be imposed on them."""


@dataclass(frozen=True)
class Column:
    """Some tracks of one layout, and what is imposed on them: ``layout`` of ``plate``, or nothing (None)."""

    name: str
    texts: list[str]
    files: list[list[Path]]
    plate: PlateFormat
    layout: str | None


def columns(folder: Path) -> Iterator[Column]:
    """What a folder holds, layout by layout; SystemExit where it holds no tracks."""
    tracks = pd.DataFrame(labelled(folder), columns=["layout", "text", "files"])
    if tracks.empty:
        raise SystemExit(f"{folder} holds no track_… folders")
    for layout, some in tracks.groupby("layout"):
        name, texts, files = f"{folder.name} {layout}", some["text"].tolist(), some["files"].tolist()
        yield Column(name, texts, files, BRAZIL, layout if layout in BRAZIL.layouts else None)
        if layout in OTHERS:
            pattern = OTHERS[layout].layouts[layout]
            yield Column(f"{name} as {pattern}", texts, files, OTHERS[layout], layout)


def middle(frames: list[Path], count: int | None) -> list[Path]:
    """So many frames from the middle of a track, or all."""
    first = 0 if count is None else max(0, (len(frames) - count) // 2)
    return frames[first : None if count is None else first + count]


def of_whole_tracks(folders: list[Path], column: Column) -> Iterator[tuple[str, list[str]]]:
    """What one reader of whole tracks, or several together, make of a column: each way's name, and a text a track."""
    reader = load_reader(folders, plate=column.plate, precision="no")
    ways = FRAMES if len(folders) == 1 else {"all frames": None}
    for way, count in ways.items():
        some = [middle(files, count) for files in column.files]
        yield way, [reading.text for reading in reader.read_many(some, layouts=column.layout)]
    if len(folders) == 1:
        moved = load_reader(folders, plate=column.plate, precision="no", tta=len(POSES))
        yield "all frames, five poses", [r.text for r in moved.read_many(column.files, layouts=column.layout)]
    if column.layout:
        yield "all frames, text prior", with_prior(folders, column)


def with_prior(folders: list[Path], column: Column) -> list[str]:
    """What a reader makes of each plate that knows what the plates of the other half say."""
    reader, read = load_reader(folders, plate=column.plate, precision="no"), {}
    for half, other in (("steer", "report"), ("report", "steer")):
        prior = learn_prior([text for text in column.texts if in_half(text, other)], column.plate)
        rows = [row for row, text in enumerate(column.texts) if in_half(text, half)]
        files = [column.files[row] for row in rows]
        found = reader.read_many(files, layouts=column.layout, prior=prior)
        read |= {row: reading.text for row, reading in zip(rows, found, strict=True)}
    return [read[row] for row in sorted(read)]


@torch.inference_mode()
def of_single_frames(recogniser: Recogniser, column: Column) -> Iterator[tuple[str, list[str]]]:
    """What a reader of single frames makes of a column, its frames joined in two ways, in float32."""
    found: dict[str, list[str]] = {"majority vote": [], "log-probability sum": []}
    model, layouts = recogniser.model.eval(), [column.layout] if column.layout else None
    for files in column.files:
        images, _ = read_track(files, recogniser.colour, "rgb")
        valid = torch.ones(1, len(images), dtype=torch.bool)
        output = recogniser.architecture.forward(model, torch.from_numpy(images)[None].float() / 255, valid)
        frames = read_output(output, valid, column.plate)
        for way, method in zip(found, ("majority", "log_sum"), strict=True):
            found[way] += fuse(frames, method, plate=column.plate, layouts=layouts).texts
    yield from found.items()


def readings(name: str, folders: list[Path], column: Column) -> Iterator[tuple[str, list[str]]]:
    """Each way of using a reader, or several, and what it makes of a column."""
    first = load_recogniser(folders[0])
    single = len(folders) == 1 and not first.architecture.multi_frame
    ways = of_single_frames(first, column) if single else of_whole_tracks(folders, column)
    for way, texts in ways:
        yield f"{name}, {way}", texts


def main() -> None:
    """Read the command line, measure, print and perhaps write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.real",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument(
        "--reader", action="append", default=[], metavar="NAME=CHECKPOINT", help="more readers"
    )
    parser.add_argument("--rapidocr", action="store_true", help="add what RapidOCR reads")
    parser.add_argument("--out", type=Path, help="write the table there as CSV")
    options = parser.parse_args()
    named = dict(reader.split("=", 1) for reader in options.reader)
    readers = {
        name: [Path(one) if one else SHIPPED for one in told.split("+")]
        for name, told in {"our reader": "", **named}.items()
    }
    rapidocr = ocr_baseline.rapidocr() if options.rapidocr else None
    rows = []
    for column in (column for folder in options.folders for column in columns(folder)):
        read = {way: texts for name, told in readers.items() for way, texts in readings(name, told, column)}
        if rapidocr:
            images = ([cv2.imread(str(file)) for file in files] for files in column.files)
            read |= ocr_baseline.readings(rapidocr, images, column.layout, column.plate)
        for way, texts in read.items():
            results = pd.DataFrame({"text": column.texts, "reading": texts})
            figures = bootstrap.columns_of(results, METRICS)
            rows.append({"reader": way, "tracks": column.name, "n": len(results), **figures})
    found = pd.DataFrame(rows)
    print(as_markdown(found))
    if options.out:
        found.to_csv(options.out, index=False)


if __name__ == "__main__":
    main()
