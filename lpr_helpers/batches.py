"""Batches of frames on the device, straight from the packed arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from lpr_helpers.frames import FRAMES, Packed
from lpr_helpers.plates import PlateFormat
from lpr_helpers.synthetic.fresh import FreshPool

BUFFER = 16
"""Batches of items among which fresh ones are shuffled: two frames of a track seldom meet in a batch."""


@dataclass(frozen=True)
class Batch:
    """Some tracks on the device.

    images: float32 [B, F, C, H, W] in 0…1. valid: bool [B, F], False for a missing frame.
    targets: int64 [B, L], character indices; −1 everywhere for a track without a known text.
    rows: int64 [B], positions in the table and the packed arrays (on the CPU); −1 for a track that is in neither.
    """

    images: Tensor
    valid: Tensor
    targets: Tensor
    rows: Tensor


def targets_of(table: pd.DataFrame, plate: PlateFormat) -> np.ndarray:
    """Character indices of every track's text, int64 [N, L]; −1 where the text is no plate."""
    targets = np.full((len(table), plate.length), -1, dtype=np.int64)
    for row, text in enumerate(table["text"]):
        if text and len(text) == plate.length and not set(text) - set(plate.alphabet):
            targets[row] = plate.encode(text)
    return targets


class TrackBatches:
    """Whole tracks, in the order of ``rows``: batches [B, F, C, H, W]."""

    def __init__(self, packed: Packed, targets: np.ndarray, rows, batch_size: int, device="cpu"):
        self.packed, self.targets, self.rows = packed, targets, np.asarray(rows, dtype=np.int64)
        self.batch_size, self.device = batch_size, device

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        for start in range(0, len(self.rows), self.batch_size):
            rows = self.rows[start : start + self.batch_size]
            yield Batch(
                to_float(self.packed.images[rows], self.device),
                torch.from_numpy(self.packed.valid[rows]).to(self.device),
                torch.from_numpy(self.targets[rows]).to(self.device),
                torch.from_numpy(rows),
            )


class FrameBatches:
    """Single frames in random order, as the report trains: batches [B, 1, C, H, W].

    An epoch draws every valid frame of ``rows`` once, save a remainder smaller than a batch, from each of ``sources``
    (the low-resolution frames and, in training, the high-resolution ones); frames of another size are resized to the
    first source's. The order depends on ``seed`` and the epoch alone, so that a resumed run sees what an
    uninterrupted one would have seen.
    """

    def __init__(self, sources: list[Packed], targets, rows, batch_size: int, seed: int = 0, device="cpu"):
        self.sources, self.targets, self.batch_size = sources, targets, batch_size
        self.seed, self.device, self.epoch = seed, device, 0
        valid = np.stack([source.valid for source in sources])  # [S, N, F]
        chosen = np.zeros(valid.shape[1], dtype=bool)
        chosen[np.asarray(rows, dtype=np.int64)] = True
        self.items = np.argwhere(valid & chosen[None, :, None])  # [items, (source, row, frame)]
        self.frames = valid.shape[2]

    def __len__(self) -> int:
        # A last batch of one or two frames would only upset batch normalisation.
        return max(1, len(self.items) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(len(self.items))
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            items = self.items[order[start : start + self.batch_size]]
            items = items[np.argsort(items[:, 0], kind="stable")]
            images = torch.cat([self._images(items, number) for number in range(len(self.sources))])
            rows = items[:, 1]
            yield Batch(
                images[:, None],
                torch.ones(len(items), 1, dtype=torch.bool, device=self.device),
                torch.from_numpy(self.targets[rows]).to(self.device),
                torch.from_numpy(rows),
            )

    def _images(self, items: np.ndarray, number: int) -> Tensor:
        items = items[items[:, 0] == number]
        images = to_float(self.sources[number].images[items[:, 1], items[:, 2]], self.device)
        size = self.sources[0].images.shape[-2:]
        return images if images.shape[-2:] == size else interpolate(images, size, mode="area")


class FreshBatches:
    """Tracks drawn while training runs, shuffled: single frames [B, 1, C, H, W] or ``whole`` tracks [B, F, C, H, W].

    An epoch gives every frame (or track) of ``pool`` once, save a remainder smaller than a batch. Tracks and order
    depend on the stream, ``seed`` and the epoch alone, so that a resumed run sees what an uninterrupted one would have
    seen. Only `BUFFER` batches, and what ``pool`` draws ahead, are in memory.
    """

    frames = FRAMES

    def __init__(self, pool: FreshPool, batch_size: int, seed: int = 0, device="cpu", whole: bool = False):
        self.pool, self.batch_size, self.whole = pool, batch_size, whole
        self.seed, self.device, self.epoch = seed, device, 0

    def __len__(self) -> int:
        items = len(self.pool.fresh) * (1 if self.whole else self.frames)
        return max(1, items // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        with closing(self.pool.chunks(self.epoch)) as chunks:
            rng = np.random.default_rng([self.seed, self.epoch])
            items = shuffled(self._items(chunks), BUFFER * self.batch_size, rng)
            for _ in range(len(self)):
                images, targets = map(np.stack, zip(*islice(items, self.batch_size), strict=True))
                yield Batch(
                    to_float(images, self.device),
                    torch.ones(images.shape[:2], dtype=torch.bool, device=self.device),
                    torch.from_numpy(targets).to(self.device),
                    torch.full((len(images),), -1),
                )

    def _items(self, chunks: Iterable[tuple[np.ndarray, np.ndarray]]) -> Iterator[tuple]:
        """Images [F or 1, C, H, W] and target [L] of one item after another."""
        for images, targets in chunks:
            for track, target in zip(images, targets, strict=True):
                yield from [(track, target)] if self.whole else [(frame[None], target) for frame in track]


def shuffled(items: Iterable, size: int, rng: np.random.Generator) -> Iterator:
    """All ``items`` in random order, with no more than ``size`` of them in memory."""
    kept = []
    for item in items:
        if len(kept) < size:
            kept.append(item)
            continue
        place = rng.integers(size)
        yield kept[place]
        kept[place] = item
    yield from (kept[place] for place in rng.permutation(len(kept)))


def to_float(images: np.ndarray, device) -> Tensor:
    """uint8 images of any shape as float32 in 0…1 on ``device``."""
    return torch.from_numpy(np.ascontiguousarray(images)).to(device).float() / 255
