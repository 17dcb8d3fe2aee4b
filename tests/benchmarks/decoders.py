"""What each way to decode a CTC reader's logits reads of the same tracks, and how long it takes.

    python -m tests.benchmarks.decoders CHECKPOINT DATASET … [--split FILE] [--width 10] [--out results.csv]

CHECKPOINT is what `fit` has left of a reader with CTC logits (a run's ``best``); of each DATASET's labelled tracks five
frames are read, with --split (a file of `save_split`) of the validation tracks alone. The reader is not told a track's
layout. Votes count what frames read by themselves; where none reads a text of a plate's length, nothing is read. What
is timed begins at the logits of all frames and ends at a text a track: processor time, whatever else the machine does.
Rates are shares of plates, and their difference is that from the exact slots under the mask; intervals are 95 %, over
plates.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from lpr_helpers.data.batches import TrackBatches
from lpr_helpers.data.frames import pack
from lpr_helpers.data.splits import load_split
from lpr_helpers.data.tracks import read_tracks
from lpr_helpers.decoding import (
    FrameReadings,
    constrained_beam,
    corrected_frames,
    fuse,
    greedy,
    prefix_beam,
    read_frames,
    with_texts,
)
from lpr_helpers.decoding.votes import elect
from lpr_helpers.evaluation import compare, readable
from lpr_helpers.inference.recognition import outputs
from lpr_helpers.models import Recogniser, load_recogniser
from lpr_helpers.plates import PlateFormat

EXACT = "exact slots, sum, mask"
Logits = tuple[Tensor, Tensor]
"""CTC logits [T, B · F, 1 + A] of a batch's frames, and which of them are valid [B, F]."""
Way = Callable[[Logits], list[str]]


def ways(plate: PlateFormat, width: int) -> dict[str, Way]:
    """Each way to decode: its name, and what it makes of a batch, a text a track."""
    constrained = partial(constrained_beam, plate=plate, width=width)
    return {
        "greedy, vote": lambda batch: voted(read_greedily(batch, plate), plate),
        "greedy, look-alikes, vote": lambda batch: voted(
            corrected_frames(read_greedily(batch, plate), plate), plate
        ),
        "greedy, vote, mask": lambda batch: joined(batch, plate, "majority", "any"),
        f"beam of {width}, vote": lambda batch: voted(
            searched(batch, partial(prefix_beam, plate=plate, width=width)), plate
        ),
        f"constrained beam of {width}, vote": lambda batch: voted(searched(batch, constrained), plate),
        "exact slots, sum": lambda batch: joined(batch, plate, "log_sum", None),
        EXACT: lambda batch: joined(batch, plate, "log_sum", "any"),
    }


def read_greedily(batch: Logits, plate: PlateFormat) -> FrameReadings:
    """What frames read by themselves, without the slots that no vote needs."""
    logits, valid = batch
    texts, confidences = greedy(logits, plate)
    count = valid.shape[1]
    tracks = [texts[first : first + count] for first in range(0, len(texts), count)]
    return FrameReadings(torch.empty(*valid.shape, 0, 0), tracks, confidences.view(valid.shape), valid)


def searched(batch: Logits, search: Callable) -> FrameReadings:
    """What a beam search finds in each frame."""
    logits, valid = batch
    nothing = FrameReadings(torch.empty(*valid.shape, 0, 0), [], torch.empty(valid.shape), valid)
    return with_texts(nothing, search(logits))


def voted(frames: FrameReadings, plate: PlateFormat) -> list[str]:
    """The text that most frames of each track agree on; "" where none has a plate's length."""
    votes = [elect(frames, track, "majority", [""], plate) for track in range(len(frames.texts))]
    return ["" if vote is None else vote[0] for vote in votes]


def joined(batch: Logits, plate: PlateFormat, method: str, layouts: str | None) -> list[str]:
    """What `fuse` makes of the exact slots."""
    frames = read_frames(batch[0], batch[1].shape[1], plate, batch[1])
    return fuse(frames, method, plate=plate, layouts=layouts).texts


def labelled(roots: Sequence[Path], split: Path | None) -> Iterator[pd.DataFrame]:
    """The tables of the tracks whose texts are known, of validation alone where a split is given."""
    for root in roots:
        table = read_tracks(root, split="train", progress=False).table
        if split:
            table = load_split(table, split)
            table = table[table["split"] == "val"]
        yield table[table["trainable"]].reset_index(drop=True)


def logits_of(recogniser: Recogniser, table: pd.DataFrame) -> list[Logits]:
    """What the network says of all frames of a table's tracks; SystemExit where it has no CTC logits."""
    with tempfile.TemporaryDirectory() as folder:
        packed = pack(table, Path(folder) / "packed", frame_format=recogniser.frame_format, progress=False)
        found = [
            (output.ctc_logits, batch.valid)
            for batch, output in outputs(recogniser, TrackBatches(packed, range(len(table)), 32))
        ]
    if any(logits is None for logits, _ in found):
        raise SystemExit(f"a {recogniser.kind} has no CTC logits to decode; give another checkpoint")
    return found


def measured(tried: dict[str, Way], batches: list[Logits], table: pd.DataFrame) -> pd.DataFrame:
    """A row a way: plates read, the difference from `EXACT`, and milliseconds a track."""
    results, took = {}, {}
    for name, way in tried.items():
        started = time.process_time()
        texts = [text for batch in batches for text in way(batch)]
        took[name] = 1000 * (time.process_time() - started) / len(texts)
        results[name] = table[["track_id", "text"]].assign(reading=texts)
    exact, rows = results[EXACT], {}
    for name, read in results.items():
        rates = compare(exact, read, ("exact", name)).rates.loc["recognition rate"]
        shown = {"plates": "second", "difference": "difference"}
        rows[name] = {
            f"{a}{end}": rates[f"{b}{end}"] for a, b in shown.items() for end in ("", "_low", "_high")
        }
        rows[name]["ms"] = took[name]
    found = pd.DataFrame.from_dict(rows, orient="index").rename_axis("way")
    found.loc[EXACT, ["difference", "difference_low", "difference_high"]] = float("nan")
    return found


def main() -> None:
    """Read the command line, measure, print and perhaps write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.decoders",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("datasets", nargs="+", type=Path, metavar="DATASET")
    parser.add_argument("--split", type=Path, help="read the validation tracks of this split alone")
    parser.add_argument("--width", type=int, default=10, help="prefixes that a beam holds (default 10)")
    parser.add_argument("--out", type=Path, help="write the table there as CSV")
    options = parser.parse_args()
    recogniser = load_recogniser(options.checkpoint)
    tables = list(labelled(options.datasets, options.split))
    started = time.process_time()
    batches = [batch for table in tables if len(table) for batch in logits_of(recogniser, table)]
    together = pd.concat(tables, ignore_index=True)
    if together.empty:
        raise SystemExit("no labelled track among these; give data sets whose texts are known")
    together["track_id"] = [f"track {number}" for number in range(len(together))]
    forward = 1000 * (time.process_time() - started) / len(together)
    print(
        f"{len(together)} tracks of {together['text'].nunique()} plates; frames and network: {forward:.1f} ms a track"
    )
    rows = measured(ways(recogniser.plate, options.width), batches, together)
    print(readable(rows).to_string(formatters={"ms": "{:.2f}".format}))
    if options.out:
        rows.to_csv(options.out)


if __name__ == "__main__":
    main()
