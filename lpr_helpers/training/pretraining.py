"""How the weights in the package are made: our reader, trained on synthetic tracks and nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from lpr_helpers.data.frames import Packed
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models.checkpoints import Recogniser, load_recogniser
from lpr_helpers.models.registry import ARCHITECTURES, OURS
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.fresh import FreshPool, FreshTracks
from lpr_helpers.training.loop import fit
from lpr_helpers.training.model_card import (
    TRAIN,
    TRIALS,
    VALIDATION,
    calibrated_anew,
    calibrated_together,
    ship,
    stages_of,
)
from lpr_helpers.training.phases import SPACED_STEPS, Phase
from lpr_helpers.utils.arrays import new_array
from lpr_helpers.utils.files import whole_folder, write_json
from lpr_helpers.utils.images import FRAMES
from lpr_helpers.utils.locks import sole_writer
from lpr_helpers.utils.progress import bar

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
    spaced_steps=SPACED_STEPS,
)

FRAME_PHASE = replace(PHASE, batch_size=64, learning_rate=1e-3, clip=5.0)
"""How networks of single frames learn; their batches are of frames, and the clipping is the report's."""


def drawn_data(streams: dict[str, FreshTracks], folder: Path, progress: bool = True) -> TrackData:
    """The first epoch of each stream as one side of a split, "train" or "val", drawn once into ``folder``."""
    folder, identity = Path(folder), {side: stream.identity for side, stream in streams.items()}
    if not _holds(folder, identity):
        with sole_writer(folder, wait=True):
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
    made_of = next(iter(streams.values())).made_of
    return TrackData(
        table, BRAZIL, Packed(images, np.ones(images.shape[:2], dtype=bool), frame_format=made_of)
    )


def _draw(streams: dict[str, FreshTracks], folder: Path, progress: bool) -> None:
    count, shape = sum(map(len, streams.values())), next(iter(streams.values())).shape
    images = new_array(folder / "images.npy", np.uint8, (count, FRAMES, *shape))
    targets, done = np.zeros((count, BRAZIL.length), dtype=np.int64), 0
    with bar(total=count, description="Drawing tracks", disable=not progress) as shown:
        for stream in streams.values():
            with FreshPool(stream) as pool:
                for some, labels in pool.chunks(0):
                    images[done : done + len(some)], targets[done : done + len(some)] = some, labels
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


def pretrain(
    kind: str,
    folder: Path,
    *,
    tracks: int = TRAIN.tracks,
    draw_seed: int = TRAIN.seed,
    first: int | None = None,
    epochs: int = PHASE.epochs,
    batch_size: int | None = None,
    rate: float | None = None,
    seed: int = PHASE.seed,
    start: Path | None = None,
    network: dict | None = None,
    teachers: Sequence[Path] = (),
    shipped: Path | None = None,
) -> pd.DataFrame:
    """Draw ``tracks`` synthetic tracks once, and train a network on them; called again, it goes on. Returns the
    history.

    Parameters
    ----------
    kind: one of `registry.ARCHITECTURES`. folder: for the tracks and all runs.
    draw_seed: of the tracks; another one draws others. first: learn from so many of the tracks only.
    epochs: passes over them. seed: another reader, for an ensemble.
    batch_size, rate: tracks (or frames) a step, and the highest learning rate; None leaves the network's own.
    start: go on from the best of this run, or from this checkpoint, at half the rate where ``rate`` is None; what it
    lacks is fresh. network: arguments of the network that are not its usual ones; it is named after them.
    teachers: checkpoints, see `fit`.
    shipped: where our reader is put as it comes with the package, besides the run's own folder.
    """
    streams = {"train": replace(TRAIN, tracks=tracks, seed=draw_seed), "val": VALIDATION}
    data = drawn_data(streams, folder / "tracks")
    unused = (data.table["split"] == "train") & (data.table.index >= (first or tracks))
    data.table.loc[unused, "split"] = ""
    usual = PHASE if ARCHITECTURES[kind].multi_frame else FRAME_PHASE
    phase = replace(
        usual,
        epochs=epochs,
        seed=seed,
        batch_size=batch_size or usual.batch_size,
        learning_rate=rate or usual.learning_rate / (2 if start else 1),
        spaced_steps=0 if start else usual.spaced_steps,
    )
    recogniser, network = _beginning(kind, seed, start, network or {}), network or {}
    known = [load_recogniser(_checkpoint(teacher, "best")) for teacher in teachers]
    name = "-".join([kind, *(f"{name}{value}" for name, value in network.items())])
    name += "-continued" * bool(start) + "-taught" * bool(known)
    run = folder / f"{name}-{first or tracks}x{epochs}-{seed}"
    history = fit(recogniser, data, phase, run, teachers=known)
    if kind == OURS:
        options = {"tracks": tracks, "draw-seed": draw_seed, "first": first, "epochs": epochs} | {
            "batch-size": batch_size, "rate": rate, "seed": seed, "start": start
        }  # fmt: skip
        told = [f"--{name} {value}" for name, value in options.items() if value is not None]
        told += (
            ["--network", *(f"{name}={str(value).lower()}" for name, value in network.items())]
            if network
            else []
        )
        told += [f"--teacher {teacher}" for teacher in teachers]
        earlier = stages_of(_checkpoint(start, "shipped")) if start else []
        command = " ".join(["python -m lpr_helpers weights", *told])
        trials = drawn_data(TRIALS, folder / "trials")
        taught_by = [stages_of(_checkpoint(teacher, "shipped")) for teacher in teachers]
        made = ship(run, data, run / "shipped", command, earlier, trials=trials, teachers=taught_by)
        if shipped:
            with whole_folder(shipped) as partial:
                shutil.copytree(made, partial, dirs_exist_ok=True)
        print(shipped or made)
    return history


def _beginning(kind: str, seed: int, start: Path | None, network: dict) -> Recogniser:
    """A fresh network, or one with what it can take of a checkpoint's weights, and of its arguments."""
    if start is None:
        return Recogniser.new(BRAZIL, seed=seed, kind=kind, **network)
    begun = load_recogniser(_checkpoint(start, "best"))
    usual = begun.network if begun.kind == kind else {}
    recogniser = Recogniser.new(BRAZIL, seed=seed, kind=kind, **(usual | network))
    recogniser.model.load_state_dict(begun.model.state_dict(), strict=False)
    return recogniser


def recalibrate(checkpoint: Path, folder: Path) -> Path:
    """Learn anew what the confidences of a shipped checkpoint are worth, on tracks that are drawn into ``folder``."""
    data = drawn_data({"val": VALIDATION}, folder / "validation")
    with whole_folder(checkpoint) as partial:
        shutil.copytree(checkpoint, partial, dirs_exist_ok=True)
        calibrated_anew(partial, data, drawn_data(TRIALS, folder / "trials"))
    return checkpoint


def recalibrate_together(checkpoints: Sequence[Path], folder: Path) -> Path:
    """The same for shipped checkpoints that read as an ensemble."""
    return calibrated_together(checkpoints, drawn_data(TRIALS, folder / "trials"))


def _checkpoint(start: Path, name: str) -> Path:
    """A checkpoint of a run's folder, or the checkpoint that ``start`` itself is."""
    return start / name if (start / name).is_dir() else start
