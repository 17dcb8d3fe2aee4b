"""Make the weights that come with the package: our reader, trained on synthetic tracks and nothing else.

    python -m lpr_helpers.weights [--tracks 100000] [--epochs 3] [--folder artifacts/weights] [--ship]
    python -m lpr_helpers.weights --start RUN [--epochs 3] [--seed 2027] [--ship]

Draws the tracks once, trains, and can be stopped and started again at any moment. It uses whatever device is at hand.
The second goes on from a run of the first, at half its rate.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from lpr_helpers import runs
from lpr_helpers.bootstrap import readable
from lpr_helpers.calibration import cross_fitted, fit_calibration, save_calibration
from lpr_helpers.checkpoints import SHIPPED, Recogniser, load_recogniser, save_recogniser
from lpr_helpers.evaluation import recognition_rate, summary
from lpr_helpers.files import whole_folder, write_json, write_whole
from lpr_helpers.frames import FRAMES, Packed
from lpr_helpers.fusion import fuse
from lpr_helpers.phases import Phase
from lpr_helpers.plates import BRAZIL
from lpr_helpers.progress import bar
from lpr_helpers.reading import recognise, results_table
from lpr_helpers.settings import checkout
from lpr_helpers.synthetic.fresh import FreshPool, FreshTracks
from lpr_helpers.training import TrainingData, fit

TRAIN = FreshTracks(100_000, seed=11)
"""Both scenarios in equal shares; half of the plates say any seven characters, so that shapes are learned."""
VALIDATION = FreshTracks(400, seed=12, scenarios=("B",), free=0.0)
PHASE = Phase(
    "weights",
    epochs=3,
    batch_size=32,
    optimiser="muon",
    learning_rate=3e-3,
    weight_decay=0.01,
    clip=1.0,
    schedule="cosine",
    augmentation="light",
    scenarios=(),
    hr=False,
)
PHASES = {
    "track": PHASE,
    "crnn": replace(PHASE, batch_size=64, optimiser="adamw", learning_rate=1e-3, clip=5.0),
}
"""How each kind of reader learns; the CRNN's batches are of frames, and its clipping is the report's."""


CARD = """\
# The weights in the package

Our reader of whole tracks (`lpr_helpers/track_reader.py`), trained on synthetic tracks and on nothing else: it has seen
no frame of a real plate. Weights in half precision (safetensors), MIT like the code.

- **Data**: {tracks:,} tracks drawn by the recipe of `lpr_helpers/synthetic/recipe.py`, Scenarios A and B in equal
  shares, half of the plates with any seven characters; seed {TRAIN.seed}.
- **Command**: {commands}.
- **Training**: {looks:,} looks at tracks in {minutes:.0f} minutes, {speed:.0f} a second, precision {around[precision]};
  {around[device]}, {around[machine]}.
- **Frames**: grey, 32 × 128, one or more of a track. **Plates**: seven of A–Z and 0–9.

On {held} other synthetic tracks of Scenario B (seed {VALIDATION.seed}), whose layout it was not told. They
chose the best pass, so this flatters a little. Intervals are 95 %, over plates.

| | as it comes | calibrated, judged on other plates |
|---|---|---|"""
LAST_WORD = "It will be wrong, and sometimes sure of it: look at the confidence, and have a human look too.\n"


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


def ship(run: Path, data: TrainingData, folder: Path, start: Path | None = None) -> Path:
    """Write the best checkpoint of ``run`` into ``folder`` as it comes with the package; returns ``folder``.

    Weights in half precision, what their confidences are worth on the validation tracks, and a model card, which also
    tells of the run that this one went on from, ``start``.
    """
    recogniser, rows = load_recogniser(run / "best"), data.rows("val")
    halves = copy.deepcopy(recogniser.model).half()
    recogniser.model.load_state_dict(halves.state_dict())
    frames = recognise(recogniser, data.lr, rows)
    results = results_table(data.table.iloc[rows], frames, fuse(frames, plate=data.plate, layouts="any"))
    learnt = fit_calibration(results, reader=runs.weights_digest(recogniser.model))
    judged = {"before": results, "after": cross_fitted(results)}
    about = {"epoch": recogniser.about["epoch"], "recognition_rate": recognition_rate(results)}
    save_recogniser(replace(recogniser, model=halves), folder, about)
    save_calibration(learnt, folder / "calibration.json")
    write_whole(folder / "README.md", _card([start, run] if start else [run], judged, len(rows)))
    return folder


def _card(made: list[Path], judged: dict[str, pd.DataFrame], held: int) -> str:
    """The model card of the last of the runs, each of which went on from the one before; ``held`` tracks judged all."""
    configs = [json.loads((run / "config.json").read_text(encoding="utf-8")) for run in made]
    history, around = pd.concat(map(runs.read_history, made)), configs[-1]["circumstances"]
    learned = [config["identity"]["tracks"] - held for config in configs]
    phases = [config["identity"]["phase"] for config in configs]
    looks = sum(count * phase["epochs"] for count, phase in zip(learned, phases, strict=True))
    commands = ", then\n  ".join(map(_command, learned, phases, [None, *made]))
    speed, minutes = history["tracks_per_s"].median(), history["seconds"].sum() / 60
    table = pd.DataFrame({name: readable(summary(results))["value"] for name, results in judged.items()})
    lines = [
        f"| {name} | {' | '.join(row)} |" for name, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    facts = locals() | {"tracks": max(learned), "TRAIN": TRAIN, "VALIDATION": VALIDATION}
    return "\n".join([CARD.format(**facts), *lines, "", LAST_WORD])


def _command(tracks: int, phase: dict, start: Path | None) -> str:
    """What was typed for one run."""
    options = f"--tracks {tracks} --epochs {phase['epochs']} --seed {phase['seed']}"
    begun = f" --start artifacts/weights/{start.name}" if start else ""
    return f"`python -m lpr_helpers.weights {options}{begun}`"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m lpr_helpers.weights",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tracks", type=int, default=TRAIN.tracks, help="different tracks to draw")
    parser.add_argument("--first", type=int, help="learn from the first of them only")
    parser.add_argument("--epochs", type=int, default=PHASE.epochs, help="passes over them")
    parser.add_argument("--reader", choices=PHASES, default="track", help="ours, or the report's, to compare")
    parser.add_argument("--seed", type=int, default=PHASE.seed, help="another reader, for an ensemble")
    parser.add_argument(
        "--start", type=Path, help="go on from the best of this run, at half its rate; what it lacks is fresh"
    )
    parser.add_argument("--folder", type=Path, default=checkout() / "artifacts" / "weights")
    parser.add_argument("--ship", action="store_true", help="put our reader into the package itself")
    options = parser.parse_args()
    os.environ.setdefault("LPR_PROGRESS", "text")
    streams = {"train": replace(TRAIN, tracks=options.tracks), "val": VALIDATION}
    data = drawn_data(streams, options.folder / "tracks")
    data.table.loc[
        (data.table["split"] == "train") & (data.table.index >= (options.first or options.tracks)), "split"
    ] = ""
    phase = replace(PHASES[options.reader], epochs=options.epochs, seed=options.seed)
    recogniser, name = Recogniser.new(BRAZIL, seed=options.seed, kind=options.reader), options.reader
    if options.start:
        recogniser.model.load_state_dict(
            load_recogniser(options.start / "best").model.state_dict(), strict=False
        )
        phase, name = replace(phase, learning_rate=phase.learning_rate / 2), f"{name}-continued"
    run = options.folder / f"{name}-{options.first or options.tracks}x{options.epochs}-{options.seed}"
    history = fit(recogniser, data, phase, run)
    print(runs.line(runs.best_row(history)))
    if options.reader == "track":
        print(ship(run, data, SHIPPED if options.ship else run / "shipped", options.start))


if __name__ == "__main__":
    main()
