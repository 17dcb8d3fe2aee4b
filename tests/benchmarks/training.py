"""How close training and reading come to what the machine allows, in ratios measured in one run.

    python -m tests.benchmarks.training [--rounds 30] [--tracks 300] [--reading]

(a) one whole step of `fit` (batch, augmentation, forward, backward, clipping, optimiser) against forward and backward
alone on a batch that already lies on the device; (b) tracks a second, from the packed store; (c) packing against
`cv2.imread` of the same files; (d) memory; (e) the fast precision against float32; (f) what the device can do at most:
a step's floating-point operations at the speed of one large matrix product; (g) reading with each network, from arrays
to texts, and with --reading nothing else. What is compared is timed in turns, so that a noisy machine disturbs both
alike.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from accelerate import Accelerator
from torch.utils.flop_counter import FlopCounterMode

from lpr_helpers.data import splits, track_data
from lpr_helpers.data.batches import Batch
from lpr_helpers.data.frames import pack
from lpr_helpers.data.tracks import read_tracks
from lpr_helpers.evaluation.kept_calibration import Calibration
from lpr_helpers.inference.reader import PlateReader
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.layers import parameter_count
from lpr_helpers.models.losses import track_loss
from lpr_helpers.models.registry import ARCHITECTURES
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.dataset import write_dataset
from lpr_helpers.training.phases import Phase
from lpr_helpers.training.session import begin
from lpr_helpers.training.step import learn
from lpr_helpers.transforms.augment import STRENGTHS, Augment
from lpr_helpers.utils.devices import best_device, fastest_precision, peak_memory_mb

PHASE = Phase("bench", scenarios=(), hr=False)
BATCHES = {"crnn": 64, "multiframe": 32}  # frames and tracks
OPTIMISERS = {"crnn": "adamw", "multiframe": "muon"}
NAMES = {kind: ARCHITECTURES[kind].title for kind in BATCHES}
TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "no": torch.float32}
NEVER = 1e9


def in_turns(rounds: int, **works: Callable[[], object]) -> dict[str, float]:
    """Median seconds of each piece of work, done one after another in every round; the first two rounds warm up."""
    taken = {name: [] for name in works}
    for _ in range(rounds + 2):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(seconds[2:]) for name, seconds in taken.items()}


class Trainer:
    """A reader as `fit` trains it, one step at a time."""

    def __init__(self, kind: str, data: track_data.TrackData, folder: Path, precision: str):
        phase = replace(PHASE, batch_size=BATCHES[kind], precision=precision, optimiser=OPTIMISERS[kind])
        # accelerate keeps one precision for all of a process
        Accelerator().state._reset_state(reset_partial_state=True)
        recogniser, run = Recogniser.new(BRAZIL, kind=kind), folder / f"{kind}-{precision}"
        self.training = begin(recogniser, data, phase, run, pool=None, progress=False, save_every=NEVER)
        self.training.model.train()
        self.coming = self._endless()
        self.resident = next(self.coming)
        self.tracks = len(self.resident.rows) / (1 if recogniser.architecture.multi_frame else 5)

    def step(self, augment: Augment) -> None:
        """A whole step on the next batch from the packed store."""
        learn(self.training, augment, next(self.coming))

    def bare(self) -> None:
        """Forward and backward on the batch that is there."""
        t, batch = self.training, self.resident
        with t.accelerator.autocast():
            output = t.recogniser.architecture.forward(t.model, batch.images, batch.valid)
            loss = track_loss(output, batch.valid, batch.targets)
        t.optimiser.zero_grad(set_to_none=True)
        t.accelerator.backward(loss)

    def _endless(self) -> Iterator[Batch]:
        while True:
            yield from self.training.batches
            self.training.batches.epoch += 1


def report_packing(table, folder: Path) -> None:
    """Print (c)."""
    files = [path for paths in table["lr"] for path in paths]
    times = in_turns(
        3,
        pack=lambda: pack(table, folder / f"lr-{time.perf_counter_ns()}", progress=False),
        imread=lambda: [cv2.imread(path, cv2.IMREAD_GRAYSCALE) for path in files],
    )
    print(f"(c) packing {len(files)} frames takes {times['pack'] / times['imread']:.2f} of cv2.imread's time")


def report_steps(kind: str, data, folder: Path, rounds: int, precision: str) -> None:
    """Print (a), (b), (e) and (f) of one kind of reader."""
    trainer = Trainer(kind, data, folder, precision)
    works = {name: partial(trainer.step, Augment(name)) for name in STRENGTHS}
    times = in_turns(rounds, bare=trainer.bare, **works)
    print(f"{NAMES[kind]}: forward and backward alone {trainer.tracks / times['bare']:.1f} tracks/s")
    for name in STRENGTHS:
        print(
            f"(a) a whole step, {name} augmentation: {times[name] / times['bare']:.2f} of that time; "
            f"(b) {trainer.tracks / times[name]:.1f} five-frame tracks/s"
        )
    with FlopCounterMode(display=False) as counter:
        trainer.bare()
    work, speed = counter.get_total_flops(), peak_speed(trainer.training.accelerator.device, TYPES[precision])
    print(
        f"(f) {work / trainer.tracks / 1e9:.2f} GFLOP a track; at {speed / 1e9:.0f} GFLOP/s, that of a large matrix "
        f"product here, forward and backward are {work / speed / times['bare']:.0%} of their time"
    )
    if precision != "no":
        fast = in_turns(rounds, fast=works["light"])
        slow = Trainer(kind, data, folder, "no")
        ratio = in_turns(rounds, slow=partial(slow.step, Augment("light")))["slow"] / fast["fast"]
        print(f"(e) {precision}, with light augmentation, is {ratio:.2f} times as fast as float32")


def peak_speed(device: torch.device, dtype: torch.dtype, size: int = 1024) -> float:
    """Floating-point operations a second of one large matrix product."""
    size = 8 * size if device.type == "cuda" else size
    left, right = torch.randn(2, size, size, device=device, dtype=dtype)
    return 2 * size**3 / in_turns(10, product=lambda: left @ right)["product"]


def report_reading(data: track_data.TrackData, rounds: int) -> None:
    """Print (g): from arrays to texts, as `load_reader` reads."""
    tracks = [list(track[:, 0]) for track in np.array(data.lr.images[:32])]
    fresh = {kind: Recogniser.new(BRAZIL, kind=kind) for kind in ARCHITECTURES}
    readers = {kind: PlateReader([one], best_device(), Calibration()) for kind, one in fresh.items()}
    alone, batches = (
        in_turns(
            rounds, **{kind: partial(reader.read_many, tracks[:count]) for kind, reader in readers.items()}
        )
        for count in (1, len(tracks))
    )
    print(f"(g) reading a five-frame track, alone and in batches of {len(tracks)}:")
    for kind, one in fresh.items():
        size, batched = parameter_count(one.model) / 1e6, batches[kind] / len(tracks)
        print(
            f"    {kind:15} {size:.2f} M numbers, {multiplications(one) / 1e9:.2f} G multiplications, "
            f"{1000 * alone[kind]:.1f} ms, {1000 * batched:.1f} ms"
        )


def multiplications(recogniser: Recogniser) -> float:
    """Of numbers, for a track of five frames, in convolutions and products of matrices; an LSTM's are not seen."""
    images, valid = torch.rand(1, 5, 1, 32, 128), torch.ones(1, 5, dtype=torch.bool)
    with FlopCounterMode(display=False) as counter:
        recogniser.architecture.forward(recogniser.model.eval(), images, valid)
    return counter.get_total_flops() / 2


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.training", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=30, help="steps of each kind; the median counts")
    parser.add_argument("--tracks", type=int, default=300, help="tracks to draw and train on")
    parser.add_argument("--reading", action="store_true", help="(g) alone")
    options = parser.parse_args()
    precision = fastest_precision()
    print(
        f"{best_device()}, precision {precision}, {torch.get_num_threads()} threads, torch {torch.__version__}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder, half = Path(name), options.tracks // 2
        table = read_tracks(write_dataset(folder / "data", train=(half, half), test=0), progress=False).table
        if not options.reading:
            report_packing(table, folder)
        table = splits.add_split(table, fraction=0.1)
        data = track_data.TrackData(table, BRAZIL, pack(table, folder / "lr", progress=False))
        for kind in () if options.reading else BATCHES:
            report_steps(kind, data, folder, options.rounds, precision)
        report_reading(data, options.rounds)
    print(f"(d) most memory used: {peak_memory_mb(best_device()):.0f} MB")


if __name__ == "__main__":
    main()
