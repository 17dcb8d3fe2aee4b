"""The reader that measures the generator: small, fixed, and never changed to please a figure."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lpr_helpers.models.layers import standardise
from lpr_helpers.transforms.augment import Augment
from lpr_helpers.utils.devices import best_device, fastest_precision

BATCH = 128
LEARNING_RATE = 1e-3
WARM_UP = 0.1


class Probe(nn.Module):
    """Convolutions for each frame, a transformer over the columns of all five, one query for each character.

    ``forward``: float [B, F, 1, 32, 128] → logits [B, 7, 36].
    """

    def __init__(self, width: int = 256, layers: int = 3, frames: int = 5):
        super().__init__()
        sizes, strides = (1, 32, 64, 128, 192, width), (1, 2, (2, 1), 2, (4, 1))
        stages = [
            nn.Sequential(
                nn.Conv2d(a, b, (4, 3) if stride == (4, 1) else 3, stride, (0 if stride == (4, 1) else 1, 1)),
                nn.BatchNorm2d(b),
                nn.GELU(),
            )
            for a, b, stride in zip(sizes, sizes[1:], strides, strict=False)
        ]
        self.features = nn.Sequential(*stages)  # [1, 32, 128] → [width, 1, 32]
        self.place = nn.Parameter(0.02 * torch.randn(32, width))
        self.moment = nn.Parameter(0.02 * torch.randn(frames, 1, width))
        self.queries = nn.Parameter(0.02 * torch.randn(7, width))
        options = {"dropout": 0.1, "activation": "gelu", "batch_first": True, "norm_first": True}
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(width, 4, 2 * width, **options), layers, enable_nested_tensor=False
        )
        self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(width, 4, 2 * width, **options), 2)
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 36))

    def forward(self, images: Tensor) -> Tensor:
        batch, frames = images.shape[:2]
        found = self.features(standardise(images.flatten(0, 1)).contiguous(memory_format=torch.channels_last))
        tokens = found.squeeze(2).transpose(1, 2).unflatten(0, (batch, frames))  # [B, F, 32, width]
        tokens = (tokens + self.place + self.moment[:frames]).flatten(1, 2)
        slots = self.decoder(self.queries.expand(batch, -1, -1), self.encoder(tokens))
        return self.head(slots)


def train(
    images: np.ndarray, targets: np.ndarray, passes: int, seed: int, say: Callable[[str], None] = print
) -> Probe:
    """Train a probe on uint8 images [N, F, 1, 32, 128] and int64 targets [N, 7], ``passes`` times over, on the
    best device here, in its fastest precision; light augmentation, one cycle of the learning rate."""
    torch.manual_seed(seed)
    device, precision = (
        best_device(),
        {"bf16": torch.bfloat16, "fp16": torch.float16}.get(fastest_precision()),
    )
    probe = Probe().to(device).train()
    on_device = device.type == "cuda"
    images, targets = torch.from_numpy(images), torch.from_numpy(targets)
    if on_device:
        images, targets = images.to(device), targets.to(device)
    steps = passes * (len(images) // BATCH)
    optimiser = torch.optim.AdamW(probe.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    rate = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _cycle(step / steps))
    scaler = torch.amp.GradScaler(enabled=precision == torch.float16)
    augment, losses, started = Augment("light"), [], time.perf_counter()
    for step, rows in enumerate(_batches(len(images), passes, seed)):
        rows = rows.to(images.device)
        batch = images[rows].to(device).float() / 255
        batch, _ = augment(batch, torch.ones(batch.shape[:2], dtype=torch.bool, device=device))
        with torch.autocast(device.type, precision or torch.bfloat16, enabled=precision is not None):
            logits = probe(batch)
        loss = cross_entropy(logits.float().flatten(0, 1), targets[rows].to(device).flatten())
        optimiser.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        scaler.unscale_(optimiser)
        nn.utils.clip_grad_norm_(probe.parameters(), 1.0)
        scaler.step(optimiser)
        scaler.update()
        rate.step()
        losses.append(loss.detach())
        if (step + 1) % max(1, steps // 4) == 0:
            mean, speed = (
                float(torch.stack(losses[-50:]).mean()),
                (step + 1) * BATCH / (time.perf_counter() - started),
            )
            say(f"step {step + 1:>6} of {steps}: loss {mean:.3f}, {speed:.0f} tracks/s")
    return probe.eval()


@torch.inference_mode()
def read(probe: Probe, images: np.ndarray) -> Tensor:
    """Slot log-probabilities float32 [N, 7, 36] of uint8 images [N, F, 1, 32, 128]."""
    device = next(probe.parameters()).device
    parts = torch.from_numpy(images).split(256)
    return torch.cat([probe(part.to(device).float() / 255).log_softmax(-1).cpu() for part in parts])


def _cycle(done: float) -> float:
    """Learning rate over its peak: linear up, cosine down."""
    if done < WARM_UP:
        return (done + 1e-3) / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP)))


def _batches(count: int, passes: int, seed: int):
    shuffled = torch.Generator().manual_seed(seed)
    for _ in range(passes):
        order = torch.randperm(count, generator=shuffled)
        yield from order[: count // BATCH * BATCH].split(BATCH)
