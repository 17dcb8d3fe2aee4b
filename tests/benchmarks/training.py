"""How close training and reading come to what the machine allows, in ratios measured in one run.

    python -m tests.benchmarks.training [--rounds 30] [--tracks 300] [--plot FILE.png] [--into PAGE.md]
        [--reading] [--quick]

(a) one whole step of `fit` (batch, augmentation, forward, backward, clipping, optimiser) against forward and backward
alone on a batch that already lies on the device; (b) tracks a second, from the packed store; (c) packing against
`cv2.imread` of the same files; (d) memory; (e) bf16 against float32; (f) what the device can do at most:
a step's floating-point operations at the speed of one large matrix product; (g) reading with each network, from arrays
to texts, and with --reading nothing else. Then of the CPU: (h) which precision and engine it takes, measured anew, and
why; (i) our reader by torch and by onnxruntime beside networks of others (`peers`), in batches of 1 to 32, which --plot
draws; (j) the same of training; (k) ``lpr-helpers read`` of files against the bare network; (l) two processes against
one. What is compared is timed in turns, so that a noisy machine disturbs all alike. --into also
writes it all into a page, between its marks. --quick only shows that it runs.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
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
from lpr_helpers.training.session import begin, make_accelerator
from lpr_helpers.training.step import learn
from lpr_helpers.transforms.augment import STRENGTHS, Augment
from lpr_helpers.utils.devices import best_device, multiplies_in_bf16, peak_memory_mb
from lpr_helpers.utils.files import write_json
from lpr_helpers.utils.measured import processor
from tests.benchmarks import engines
from tests.benchmarks.pages import put_between, told
from tests.benchmarks.turns import in_turns

PHASE = Phase("bench", scenarios=(), hr=False)
BATCHES = {"crnn": 64, "multiframe": 32}  # frames and tracks
OPTIMISERS = {"crnn": "adamw", "multiframe": "muon"}
NAMES = {kind: ARCHITECTURES[kind].title for kind in BATCHES}
TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "no": torch.float32}
NEVER = 1e9


class Trainer:
    """A reader as `fit` trains it, one step at a time."""

    def __init__(self, kind: str, data: track_data.TrackData, folder: Path):
        phase = replace(PHASE, batch_size=BATCHES[kind], optimiser=OPTIMISERS[kind])
        recogniser, run = Recogniser.new(BRAZIL, kind=kind), folder / kind
        accelerator = make_accelerator(phase, recogniser, run)
        write_json(run / "config.json", {})  # without which nothing is kept
        more = {"pool": None, "progress": False, "save_every": NEVER}
        self.training = begin(recogniser, data, phase, run, accelerator, **more)
        self.training.model.train()
        self.coming = self._endless()
        self.resident = next(self.coming)
        self.tracks = len(self.resident.rows) / (1 if recogniser.architecture.multi_frame else 5)

    def step(self, augment: Augment) -> None:
        """A whole step on the next batch from the packed store."""
        learn(self.training, augment, next(self.coming))

    def bare(self, precision: str) -> None:
        """Forward and backward on the batch that is there."""
        t, batch = self.training, self.resident
        with torch.autocast(t.accelerator.device.type, TYPES[precision], enabled=precision != "no"):
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


def report_steps(kind: str, data, folder: Path, rounds: int) -> None:
    """Print (a), (b), (e) and (f) of one kind of reader, in the precision that `fit` takes here."""
    trainer = Trainer(kind, data, folder)
    device, precision = trainer.training.accelerator.device, trainer.training.accelerator.mixed_precision
    others = {"bf16"} if device.type == "cpu" and multiplies_in_bf16() else set()
    passes = {name: partial(trainer.bare, name) for name in sorted({"no", precision} | others)}
    works = {name: partial(trainer.step, Augment(name)) for name in STRENGTHS}
    times = in_turns(rounds, **passes, **works)
    bare = times[precision]
    print(f"{NAMES[kind]}, {precision}: forward and backward alone {trainer.tracks / bare:.1f} tracks/s")
    for name in STRENGTHS:
        print(
            f"(a) a whole step, {name} augmentation: {times[name] / bare:.2f} of that time; "
            f"(b) {trainer.tracks / times[name]:.1f} five-frame tracks/s"
        )
    for name in passes.keys() - {"no"}:
        print(
            f"(e) forward and backward in {name} are {times['no'] / times[name]:.2f} times as fast as in float32"
        )
    with FlopCounterMode(display=False) as counter:
        trainer.bare(precision)
    work, speed = counter.get_total_flops(), peak_speed(device, TYPES[precision])
    print(
        f"(f) {work / trainer.tracks / 1e9:.2f} GFLOP a track; at {speed / 1e9:.0f} GFLOP/s, that of a large matrix "
        f"product here, forward and backward are {work / speed / bare:.0%} of their time"
    )


def peak_speed(device: torch.device, dtype: torch.dtype, size: int = 1024) -> float:
    """Floating-point operations a second of one large matrix product."""
    size = 8 * size if device.type == "cuda" else size
    left, right = torch.randn(2, size, size, device=device, dtype=dtype)
    return 2 * size**3 / in_turns(10, product=lambda: left @ right)["product"]


def report_reading(data: track_data.TrackData, rounds: int, kinds: Iterable[str]) -> None:
    """Print (g): from arrays to texts, as `load_reader` reads."""
    tracks = [list(track[:, 0]) for track in np.array(data.lr.images[:32])]
    fresh = {kind: Recogniser.new(BRAZIL, kind=kind) for kind in kinds}
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


def report_cpu(root: Path, data: track_data.TrackData, options: argparse.Namespace) -> None:
    """Print (h) to (l)."""
    rounds, quick = options.rounds, options.quick
    engines.report_choices(list(BATCHES))
    taken = engines.report_engines(
        np.array(data.lr.images[:32]), rounds, (1, 2) if quick else engines.BATCHES
    )
    if options.plot:
        engines.plot(taken, options.plot)
    engines.report_training(2 if quick else 16, max(1, rounds // 10))
    engines.report_command(root, max(1, rounds // 3))
    engines.report_processes(root, 1 if quick else 3)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.training", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=30, help="steps of each kind; the median counts")
    parser.add_argument("--tracks", type=int, default=300, help="tracks to draw and train on")
    parser.add_argument("--reading", action="store_true", help="(g) alone")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw (i)")
    parser.add_argument("--into", type=Path, metavar="PAGE.md", help="write what is printed into a page")
    parser.add_argument("--quick", action="store_true", help="a round of each, which only shows that it runs")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.tracks = 1, 80
    return options


def main() -> None:
    """Measure and print."""
    options = arguments()
    with told() as said:
        measure(options)
    if options.into:
        put_between(options.into, said.getvalue(), options.plot)


def measure(options: argparse.Namespace) -> None:
    """Print all parts."""
    print(f"{processor()}: {best_device()}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_CACHE_HOME"] = name  # what was measured before says nothing here
        folder, half = Path(name), options.tracks // 2
        root = write_dataset(folder / "data", train=(half, half), test=0)
        table = read_tracks(root, progress=False).table
        if not options.reading:
            report_packing(table, folder)
        table = splits.add_split(table, fraction=0.1)
        data = track_data.TrackData(table, BRAZIL, pack(table, folder / "lr", progress=False))
        for kind in () if options.reading else BATCHES:
            report_steps(kind, data, folder, options.rounds)
        report_reading(data, options.rounds, BATCHES if options.quick else ARCHITECTURES)
        if not options.reading and best_device().type == "cpu":
            report_cpu(root, data, options)
    print(f"(d) most memory used: {peak_memory_mb(best_device()):.0f} MB")


if __name__ == "__main__":
    main()
