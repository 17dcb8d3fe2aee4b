"""Make the weights that come with the package: our reader, trained on synthetic tracks and nothing else.

    python -m lpr_helpers.weights [--tracks 60000] [--epochs 4] [--folder artifacts/weights]

Draws the tracks once, trains, and can be stopped and started again at any moment. It uses whatever device is at hand.
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from lpr_helpers import runs
from lpr_helpers.checkpoints import Recogniser
from lpr_helpers.files import whole_folder, write_json
from lpr_helpers.frames import FRAMES, Packed
from lpr_helpers.phases import Phase
from lpr_helpers.plates import BRAZIL
from lpr_helpers.progress import bar
from lpr_helpers.settings import checkout
from lpr_helpers.synthetic.fresh import FreshPool, FreshTracks
from lpr_helpers.training import TrainingData, fit

TRAIN = FreshTracks(60_000, seed=11)
"""Both scenarios in equal shares; half of the plates say any seven characters, so that shapes are learned."""
VALIDATION = FreshTracks(400, seed=12, scenarios=("B",), free=0.0)
PHASE = Phase(
    "weights",
    epochs=4,
    batch_size=64,
    learning_rate=1e-3,
    weight_decay=0.01,
    clip=1.0,
    schedule="cosine",
    augmentation="light",
    scenarios=(),
    hr=False,
)


def drawn_data(streams: dict[str, FreshTracks], folder: Path, progress: bool = True) -> TrainingData:
    """The first epoch of each stream as one side of a split, "train" or "val", drawn once into ``folder``."""
    folder, identity = Path(folder), {side: stream.identity for side, stream in streams.items()}
    if not _holds(folder, identity):
        with whole_folder(folder) as partial:
            _draw(streams, partial, progress)
            write_json(partial / "streams.json", identity)
    images, targets = np.load(folder / "images.npy", mmap_mode="r"), np.load(folder / "targets.npy")
    table = pd.DataFrame({"text": [BRAZIL.decode(target) for target in targets.tolist()]})
    table["split"] = [side for side, stream in streams.items() for _ in range(len(stream))]
    table["track_id"] = [f"track_{number:06}" for number in range(len(table))]
    table = table.assign(
        folder="", scenario="", layout="", trainable=True, lr=[[]] * len(table), hr=[[]] * len(table)
    )
    return TrainingData(table, BRAZIL, Packed(images, np.ones(images.shape[:2], dtype=bool)))


def _draw(streams: dict[str, FreshTracks], folder: Path, progress: bool) -> None:
    count, shape = sum(map(len, streams.values())), next(iter(streams.values())).shape
    images = np.lib.format.open_memmap(folder / "images.npy", "w+", np.uint8, (count, FRAMES, *shape))
    targets, done = np.zeros((count, BRAZIL.length), dtype=np.int64), 0
    with bar(total=count, description="Drawing tracks", disable=not progress) as shown:
        for stream in streams.values():
            with FreshPool(stream) as pool:
                for some, said in pool.chunks(0):
                    images[done : done + len(some)], targets[done : done + len(some)] = some, said
                    done += len(some)
                    shown.update(len(some))
    images.flush()
    np.save(folder / "targets.npy", targets)


def _holds(folder: Path, identity: dict) -> bool:
    """Whether the folder holds just these tracks."""
    try:
        kept = json.loads((folder / "streams.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return kept == json.loads(json.dumps(identity, default=str))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m lpr_helpers.weights",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tracks", type=int, default=TRAIN.tracks, help="different tracks to draw")
    parser.add_argument("--epochs", type=int, default=PHASE.epochs, help="passes over them")
    parser.add_argument("--folder", type=Path, default=checkout() / "artifacts" / "weights")
    options = parser.parse_args()
    os.environ.setdefault("LPR_PROGRESS", "text")
    streams = {"train": replace(TRAIN, tracks=options.tracks), "val": VALIDATION}
    data = drawn_data(streams, options.folder / "tracks")
    recogniser = Recogniser.new(BRAZIL, seed=PHASE.seed, kind="track")
    history = fit(recogniser, data, replace(PHASE, epochs=options.epochs), options.folder / "run")
    print(runs.line(runs.best_row(history)))


if __name__ == "__main__":
    main()
