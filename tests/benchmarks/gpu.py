"""What a GPU makes of training and reading: recorded passes against ordinary ones, and three precisions.

    python -m tests.benchmarks.gpu [--steps 30] [--tracks 400]

(a) Tracks a second of a whole step (forward, backward in bf16, clipping, optimiser) on a batch that lies on the GPU, by
ordinary passes and by CUDA graphs (`lpr_helpers/training/graphs.py`). (b) How many synthetic tracks of Scenario B the
reader in the package reads alike in float32, bf16 and fp16 there, and in float32 on the CPU. Needs a CUDA GPU.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from lpr_helpers import load_reader
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.losses import track_loss
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.fresh import FreshTracks
from lpr_helpers.training.graphs import Graphed
from lpr_helpers.training.optimisers import make_optimiser
from lpr_helpers.training.pretraining import drawn_data

BATCHES = {"multiframe": (32, 96, 256), "crnn": (12, 51)}
"""Tracks a step; a CRNN's 12 are about the report's 64 frames."""
OPTIMISERS = {"multiframe": "muon", "crnn": "adamw"}
WARM_UP = 8


def pace(kind: str, tracks: int, steps: int, *, recorded: bool) -> float:
    """Tracks a second of whole steps. Raises RuntimeError where a network cannot be recorded."""
    torch.manual_seed(0)
    recogniser = Recogniser.new(BRAZIL, kind=kind)
    model = recogniser.model.cuda().to(memory_format=torch.channels_last).train()
    forward = Graphed(recogniser.architecture, model, wanted=recorded)
    optimiser = make_optimiser(OPTIMISERS[kind], model, 1e-3, 0.01, half=True)
    images, valid = torch.rand(tracks, 5, 1, 32, 128).cuda(), torch.ones(tracks, 5).bool().cuda()
    targets = torch.randint(len(BRAZIL.alphabet), (tracks, BRAZIL.length)).cuda()

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cuda", torch.bfloat16):
            loss = track_loss(forward(images, valid), valid, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()

    for _ in range(WARM_UP):
        step()
    if recorded and forward.shape is None:
        raise RuntimeError(f"{kind} could not be recorded")
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(steps):
        step()
    torch.cuda.synchronize()
    return steps * tracks / (time.perf_counter() - started)


def report_precisions(count: int) -> None:
    """Print (b)."""
    with tempfile.TemporaryDirectory() as folder:
        data = drawn_data({"val": FreshTracks(count, seed=12, scenarios=("B",), free=0.0)}, Path(folder))
        tracks, truth = [list(track[:, 0]) for track in np.array(data.lr.images)], data.table["text"].tolist()
    readers = {name: load_reader(device="cuda", precision=name) for name in ("no", "bf16", "fp16")}
    readers["no, on the CPU"] = load_reader(device="cpu", precision="no")
    texts = {name: [reading.text for reading in reader.read_many(tracks)] for name, reader in readers.items()}
    for name, found in texts.items():
        alike, right = (
            np.mean([a == b for a, b in zip(found, other, strict=True)]) for other in (texts["no"], truth)
        )
        print(f"(b) precision {name}: {alike:.2%} of the readings as in float32, {right:.1%} right")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.gpu",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--steps", type=int, default=30, help="of each kind")
    parser.add_argument("--tracks", type=int, default=400, help="to read in each precision")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit("this takes a CUDA GPU, and torch finds none here")
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}")
    for kind, batches in BATCHES.items():
        for tracks in batches:
            plain, replayed = (
                pace(kind, tracks, options.steps, recorded=recorded) for recorded in (False, True)
            )
            print(
                f"(a) {kind}, {tracks} tracks a step: {plain:,.0f} tracks/s, recorded {replayed:,.0f} "
                f"({replayed / plain:.1f} times as many)"
            )
    report_precisions(options.tracks)


if __name__ == "__main__":
    main()
