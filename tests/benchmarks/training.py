"""How close training comes to what the machine allows, in ratios measured in one run.

    python -m tests.benchmarks.training [--batch 64] [--rounds 30] [--tracks 300]

(a) one whole step (batch, augmentation, forward, backward, optimiser) against forward and backward alone on a batch
that already lies on the device; (b) frames and tracks a second, from the packed store; (c) packing against `cv2.imread`
of the same files; (d) memory. What is compared is timed in turns, so that a noisy machine disturbs both alike.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch

from lpr_helpers.augment import STRENGTHS, Augment
from lpr_helpers.batches import Batch, FrameBatches, targets_of
from lpr_helpers.checkpoints import Recogniser
from lpr_helpers.devices import best_device, fastest_precision, peak_memory_mb
from lpr_helpers.frames import pack
from lpr_helpers.models import ctc_loss
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic import write_dataset
from lpr_helpers.tracks import read_tracks

PRECISIONS = {"bf16": torch.bfloat16, "fp16": torch.float16}
CLIP = 5.0


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
    """The report's CRNN, one step at a time, as `training.fit` takes it."""

    def __init__(self, batches: FrameBatches, precision: str):
        self.device, self.type = batches.device, PRECISIONS.get(precision)
        self.model = Recogniser.new(BRAZIL).model.to(self.device, memory_format=torch.channels_last).train()
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=1e-4)
        self.batches = batches
        self.coming = self._endless()

    def learn(self, batch: Batch, images: torch.Tensor) -> None:
        """Forward and backward."""
        with torch.autocast(self.device.type, self.type or torch.bfloat16, enabled=self.type is not None):
            logits = self.model(images.flatten(0, 1).to(memory_format=torch.channels_last))
        self.optimiser.zero_grad(set_to_none=True)
        ctc_loss(logits, batch.targets).backward()

    def step(self, augment: Augment) -> None:
        """A whole step on the next batch from the packed store."""
        batch = next(self.coming)
        images, _ = augment(batch.images, batch.valid)
        self.learn(batch, images)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimiser.step()

    def _endless(self) -> Iterator[Batch]:
        while True:
            yield from self.batches
            self.batches.epoch += 1


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.training", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--batch", type=int, default=64, help="frames in a batch")
    parser.add_argument("--rounds", type=int, default=30, help="steps of each kind; the median counts")
    parser.add_argument("--tracks", type=int, default=300, help="tracks to draw and train on")
    options = parser.parse_args()
    device, precision = best_device(), fastest_precision()
    print(f"{device}, precision {precision}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        root = write_dataset(Path(folder) / "data", train=(options.tracks // 2, options.tracks // 2), test=0)
        table = read_tracks(root, progress=False).table
        files = [path for paths in table["lr"] for path in paths]
        times = in_turns(
            3,
            pack=lambda: pack(table, Path(folder) / f"lr-{time.perf_counter_ns()}", progress=False),
            imread=lambda: [cv2.imread(path, cv2.IMREAD_GRAYSCALE) for path in files],
        )
        print(
            f"(c) packing {len(files)} frames takes {times['pack'] / times['imread']:.2f} of cv2.imread's time"
        )
        packed = pack(table, Path(folder) / "lr", progress=False)
        batches = FrameBatches(
            [packed], targets_of(table, BRAZIL), np.arange(len(table)), options.batch, device=device
        )
        report_steps(batches, precision, options)
    print(f"(d) most memory used: {peak_memory_mb(device):.0f} MB")


def report_steps(batches: FrameBatches, precision: str, options: argparse.Namespace) -> None:
    """Print (a) and (b)."""
    trainer = Trainer(batches, precision)
    resident = next(trainer.coming)
    works = {name: partial(trainer.step, Augment(name)) for name in STRENGTHS}
    times = in_turns(options.rounds, bare=lambda: trainer.learn(resident, resident.images), **works)
    print(f"    forward and backward alone: {options.batch / times['bare']:.0f} frames/s")
    for name in STRENGTHS:
        speed = options.batch / times[name]
        print(
            f"(a) a whole step, {name} augmentation: {times[name] / times['bare']:.2f} of that time; "
            f"(b) {speed:.0f} frames/s, {speed / 5:.1f} tracks/s"
        )
    if precision != "no":
        slow = Trainer(batches, "no")
        times = in_turns(
            options.rounds,
            slow=lambda: slow.learn(resident, resident.images),
            fast=lambda: trainer.learn(resident, resident.images),
        )
        print(
            f"    {precision} against float32 on one batch: {times['slow'] / times['fast']:.2f} times as fast"
        )


if __name__ == "__main__":
    main()
