"""What each idea in our reader is worth: one idea in or out, the same synthetic tracks seen as often.

    python -m tests.benchmarks.ablation [--only "as shipped,no alignment"] [--seeds 1,2] [--real FOLDER] [--out FILE]
    python -m tests.benchmarks.ablation --timings

Every reader learns from ``--tracks`` tracks of Scenarios A and B, each seen once, and reads 1,000 tracks of Scenario B
whose layouts it is not told: with five frames and with one. So this tells how fast an idea makes a reader learn; what a
long training would make of it, it does not. ``--real`` adds the steering half of a folder of real tracks, old Brazilian
plates with their mask. What --out holds already is not measured again. ``--timings`` trains nothing, but times reading;
do that on a quiet machine.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.functional import nll_loss

from lpr_helpers.decoding.slot_reading import read_slots
from lpr_helpers.evaluation import bootstrap, metrics
from lpr_helpers.models.losses import slot_loss, track_loss
from lpr_helpers.models.multiframe import MultiFrameReader
from lpr_helpers.plates import BRAZIL
from lpr_helpers.synthetic.fresh import FreshPool, FreshTracks
from lpr_helpers.training import optimisers
from lpr_helpers.training.pretraining import PHASE
from lpr_helpers.transforms.augment import Augment
from lpr_helpers.transforms.frame_dropout import shorten_tracks
from lpr_helpers.utils.devices import best_device, fastest_precision, keep_freed_memory, multiplies_in_bf16

TRAIN = FreshTracks(12_800, seed=21)
TEST = FreshTracks(1_000, seed=22, scenarios=("B",), free=0.0)
METRICS = {"plates": metrics.recognition_rate, "characters": metrics.character_accuracy}
AUGMENT = Augment(PHASE.augmentation)
TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "no": torch.float32}


class Indifferent(MultiFrameReader):
    """Frames that all count the same, but for what the attention makes of their columns."""

    def __init__(self, **network):
        super().__init__(**network)
        nn.init.zeros_(self.quality.weight).requires_grad_(False)
        nn.init.zeros_(self.quality.bias).requires_grad_(False)


class Lost(MultiFrameReader):
    """Slots that have to find out where their characters are."""

    def __init__(self, **network):
        super().__init__(**network)
        nn.init.zeros_(self.query_bias)


class Shaken(MultiFrameReader):
    """Frames whose alignment learns as fast as all else."""

    def slow(self) -> list[nn.Parameter]:
        """Nothing."""
        return []


class Free(MultiFrameReader):
    """Frames that alignment may move anywhere."""

    def __init__(self, **network):
        super().__init__(**network)
        self.align.reach = 1e6


@dataclass(frozen=True)
class Variant:
    """One way to build and train the reader. fewer: a third of the tracks lose some frames."""

    model: type[MultiFrameReader] = MultiFrameReader
    network: dict = field(default_factory=dict)
    align: bool = True
    ctc: bool = True
    spaced: bool = True
    optimiser: str = "muon"
    learning_rate: float = PHASE.learning_rate
    fewer: bool = True

    def build(self) -> MultiFrameReader:
        """A reader with fresh weights."""
        return self.model(**self.network, align=self.align)


VARIANTS = {
    "as shipped": Variant(),
    "CTC not told where characters stand": Variant(spaced=False),
    "alignment learns as fast as all else": Variant(Shaken),
    "no alignment": Variant(align=False),
    "alignment without bounds": Variant(Free),
    "no evenly spaced queries": Variant(Lost),
    "AdamW instead of Muon": Variant(optimiser="adamw", learning_rate=1e-3),
    "no early fusion": Variant(network={"early_fusion": False}),
    "no CTC head": Variant(ctc=False),
    "no learned quality": Variant(Indifferent),
    "always five frames": Variant(fewer=False),
    "one decoder layer": Variant(network={"decoder_layers": 1}),
    "one encoder layer": Variant(network={"encoder_layers": 1}),
    "width 256": Variant(network={"width": 256}),
    "second": Variant(
        network={"width": 256, "decoder_layers": 1, "early_fusion": False, "residual_layers": 2}
    ),
    "wider": Variant(network={"width": 256, "encoder_layers": 1}),
    "larger": Variant(network={"width": 256, "encoder_layers": 1, "detail": 2, "residual_layers": 2}),
}


@dataclass(frozen=True)
class Tracks:
    """Tracks in memory. images: uint8 [N, F, 1, H, W]. targets: int64 [N, L]."""

    images: np.ndarray
    targets: np.ndarray


def drawn(stream: FreshTracks) -> Tracks:
    """All tracks of a stream."""
    with FreshPool(stream) as pool:
        images, targets = map(np.concatenate, zip(*pool.chunks(0), strict=True))
    return Tracks(images, targets)


def as_input(images: np.ndarray) -> Tensor:
    """uint8 images as the network takes them: float in 0…1, on the device."""
    return torch.from_numpy(images).to(best_device()).float() / 255


def loss_of(variant: Variant, model: MultiFrameReader, batch: Tracks, spaced: float = 0.0) -> Tensor:
    """Loss of one batch; ``spaced`` as in `losses.track_loss`."""
    images = as_input(batch.images)
    targets = torch.from_numpy(batch.targets).to(images.device)
    images, valid = AUGMENT(images, torch.ones(images.shape[:2], dtype=torch.bool, device=images.device))
    valid = shorten_tracks(valid) if variant.fewer else valid
    output = model(images, valid)
    if variant.ctc:
        return track_loss(output, valid, targets, spaced if variant.spaced else 0.0)
    return slot_loss(output.slot_logits, targets)


def precision_here() -> torch.dtype:
    """What is trained in: bf16 wherever the hardware has it, so that runs on several machines compare."""
    on_cpu = best_device().type == "cpu" and multiplies_in_bf16()
    return TYPES["bf16" if on_cpu else fastest_precision()]


def train(variant: Variant, data: Tracks, seed: int, passes: int = 1) -> MultiFrameReader:
    """A reader that has seen all of ``data``, so many times."""
    torch.manual_seed(seed)
    device, precision = best_device(), precision_here()
    model = variant.build().to(device, memory_format=torch.channels_last).train()
    learner = optimisers.make_optimiser(
        variant.optimiser,
        model,
        variant.learning_rate,
        PHASE.weight_decay,
        half=precision == torch.bfloat16,
    )
    rng = np.random.default_rng(seed)
    order = np.concatenate([rng.permutation(len(data.images)) for _ in range(passes)])
    phase, size = replace(PHASE, learning_rate=variant.learning_rate), PHASE.batch_size
    for start in range(0, len(order) - size + 1, size):
        rows = np.sort(order[start : start + size])
        batch = Tracks(data.images[rows], data.targets[rows])
        optimisers.set_rate(learner, phase.rate(start / len(order)))
        with torch.autocast(device.type, precision, enabled=precision != torch.float32):
            loss = loss_of(variant, model, batch, phase.spaced(start // size))
        learner.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), phase.clip)
        learner.step()
    return model.eval()


@torch.inference_mode()
def slots_of(model: MultiFrameReader, images: np.ndarray) -> Tensor:
    """Slot log-probabilities [N, L, A] of tracks uint8 [N, F, 1, H, W]."""
    read = []
    for start in range(0, len(images), 50):
        pixels = as_input(images[start : start + 50])
        valid = torch.ones(pixels.shape[:2], dtype=torch.bool, device=pixels.device)
        read.append(model(pixels, valid).slot_logits.float().log_softmax(-1).cpu())
    return torch.cat(read)


def figures(model: MultiFrameReader, test: Tracks, real: dict | None) -> dict:
    """What a trained reader reads, with intervals."""
    texts = [BRAZIL.decode(target) for target in test.targets.tolist()]
    slots = slots_of(model, test.images)
    found = pd.DataFrame({"text": texts, "reading": read_slots(slots).texts})
    one = read_slots(slots_of(model, test.images[:, 2:3])).texts
    row = bootstrap.columns_of(found, METRICS)
    row["one frame"] = metrics.recognition_rate(pd.DataFrame({"text": texts, "reading": one}))
    row["nats"] = nll_loss(slots.flatten(0, 1), torch.from_numpy(test.targets).flatten()).item()
    if real:
        for layout, tracks in real.items():
            layouts = [tracks.layout] * len(tracks.texts) if tracks.layout else None
            images = np.stack(tracks.images)
            texts = read_slots(slots_of(model, images), layouts).texts
            row[layout] = metrics.recognition_rate(pd.DataFrame({"text": tracks.texts, "reading": texts}))
    return row


def learn(names: list[str], seeds: list[int], tracks: int, real: Path | None, out: Path | None) -> None:
    """Train and print one variant after another."""
    from tests.benchmarks.synthetic import real_tracks  # which learns by what is here

    data, test = drawn(replace(TRAIN, tracks=tracks)), drawn(TEST)
    real = real_tracks([real], "steer") if real else None
    rows = pd.read_csv(out).to_dict("records") if out and out.exists() else []
    done = {(row["reader"], row["seed"]) for row in rows}
    for name in names:
        for seed in seeds:
            if (name, seed) in done:
                continue
            started, variant = time.perf_counter(), VARIANTS[name]
            model = train(variant, data, seed)
            minutes = (time.perf_counter() - started) / 60
            numbers = sum(weights.numel() for weights in model.parameters())
            row = {"reader": name, "seed": seed, **figures(model, test, real)}
            rows.append(row | {"parameters": numbers, "minutes": minutes})
            print(
                "  ".join(f"{k} {v:.3f}" if isinstance(v, float) else str(v) for k, v in rows[-1].items()),
                flush=True,
            )
            if out:
                pd.DataFrame(rows).to_csv(out, index=False)


@torch.inference_mode()
def timings(names: list[str]) -> None:
    """Print the median time of 30 readings of each variant, alone and in batches of 32, in turns."""
    models = {name: VARIANTS[name].build().eval() for name in names}
    works: dict[tuple[str, int], Callable] = {}
    for name, model in models.items():
        for tracks in (1, 32):
            pixels = torch.rand(tracks, 5, 1, 32, 128)
            works[name, tracks] = partial(model, pixels, torch.ones(tracks, 5, dtype=torch.bool))
    taken = {key: [] for key in works}
    for _ in range(32):
        for key, work in works.items():
            started = time.perf_counter()
            work()
            taken[key].append((time.perf_counter() - started) / key[1])
    for name in names:
        alone, many = (1000 * statistics.median(taken[name, tracks][2:]) for tracks in (1, 32))
        print(f"{name:28} {alone:6.2f} ms alone, {many:6.2f} ms in batches of 32")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.ablation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", help="variants, of: " + ", ".join(VARIANTS))
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--tracks", type=int, default=TRAIN.tracks, help="different tracks to learn from")
    parser.add_argument("--real", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--timings", action="store_true")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else list(VARIANTS)
    if unknown := set(names) - set(VARIANTS):
        parser.error(f"no such variant: {', '.join(sorted(unknown))}; choose of {', '.join(VARIANTS)}")
    keep_freed_memory()
    if options.timings:
        timings(names)
    else:
        learn(
            names, [int(seed) for seed in options.seeds.split(",")], options.tracks, options.real, options.out
        )


if __name__ == "__main__":
    main()
