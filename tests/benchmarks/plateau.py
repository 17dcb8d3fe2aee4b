"""Whether learning begins at once: the steps until a network has found its characters, from several starts.

    python -m tests.benchmarks.plateau [--readers multiframe,crnn] [--seeds 1,2,3,4,5] [--without-spacing]

A network that begins from nothing first stands on a plateau, where it guesses every character, until it has found out
where they are. It has left once the mean loss of the last steps (of its slots, or of CTC) is below 2 nats a character;
guessing costs 3 or more. Each start trains for 400 steps, as in the beginning of a long run, on synthetic tracks that
all starts share.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from lpr_helpers.models import ARCHITECTURES, Recogniser
from lpr_helpers.models.losses import ctc_loss, slot_loss, track_loss
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic import FreshTracks
from lpr_helpers.training.optimisers import make_optimiser, set_rate
from lpr_helpers.training.phases import Phase
from lpr_helpers.training.pretraining import FRAME_PHASE, PHASE
from lpr_helpers.transforms.augment import Augment
from lpr_helpers.transforms.frame_dropout import shorten_tracks
from lpr_helpers.utils.devices import best_device, keep_freed_memory
from tests.benchmarks.ablation import Tracks, drawn, precision_here

STEPS, WARM_UP, LEFT = 400, 20, 2.0
TRAIN = FreshTracks(STEPS * PHASE.batch_size, seed=21)


def losses(kind: str, phase: Phase, data: Tracks, seed: int) -> list[float]:
    """The loss of each step of a network that begins from nothing, in nats a character, smoothed over about ten."""
    torch.manual_seed(seed)
    architecture, device, precision = ARCHITECTURES[kind], best_device(), precision_here()
    model = (
        Recogniser.new(BRAZIL, seed=seed, kind=kind)
        .model.to(device, memory_format=torch.channels_last)
        .train()
    )
    rates, half = (phase.learning_rate, phase.weight_decay), precision == torch.bfloat16
    learner = make_optimiser(phase.optimiser, model, *rates, half=half)
    augment, told = Augment(phase.augmentation), []
    tracks, frames = data.images.shape[:2]
    per_item = 1 if architecture.multi_frame else frames
    order = np.random.default_rng(seed).permutation(tracks * per_item)[: STEPS * phase.batch_size]
    for step, items in enumerate(order.reshape(STEPS, -1)):
        set_rate(learner, phase.learning_rate * min(1, (step + 1) / WARM_UP))
        rows = items // per_item
        images = data.images[rows] if per_item == 1 else data.images[rows, items % per_item][:, None]
        images = torch.from_numpy(images).to(device).float() / 255
        targets = torch.from_numpy(data.targets[rows]).to(device)
        images, valid = augment(images, torch.ones(images.shape[:2], dtype=torch.bool, device=device))
        valid = shorten_tracks(valid) if architecture.multi_frame else valid
        with torch.autocast(device.type, precision, enabled=precision != torch.float32):
            output = architecture.forward(model, images, valid)
            loss = track_loss(output, valid, targets, phase.spaced(step))
        learner.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), phase.clip)
        learner.step()
        with torch.no_grad():
            slots = output.slot_logits
            now = slot_loss(slots, targets) if slots is not None else ctc_loss(output.ctc_logits, targets)
        told.append(0.9 * told[-1] + 0.1 * now.item() if told else now.item())
    return told


def main() -> None:
    """Read the command line, train and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.plateau",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--readers", default="multiframe,crnn")
    parser.add_argument("--seeds", default="1,2,3,4,5")
    parser.add_argument("--without-spacing", action="store_true", help="CTC alone has to find the characters")
    options = parser.parse_args()
    keep_freed_memory()
    data = drawn(TRAIN)
    for kind in options.readers.split(","):
        phase = PHASE if ARCHITECTURES[kind].multi_frame else FRAME_PHASE
        phase = replace(phase, spaced_steps=0) if options.without_spacing else phase
        for seed in map(int, options.seeds.split(",")):
            started = time.perf_counter()
            told = losses(kind, phase, data, seed)
            left = next(
                (f"left after {step + 1} steps" for step, loss in enumerate(told) if loss < LEFT), "stayed"
            )
            minutes = (time.perf_counter() - started) / 60
            print(
                f"{kind}, seed {seed}: {left}; {told[-1]:.2f} nats after {STEPS} ({minutes:.1f} min)",
                flush=True,
            )


if __name__ == "__main__":
    main()
