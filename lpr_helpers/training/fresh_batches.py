"""Batches of tracks that are drawn while training runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice

import numpy as np
import torch

from lpr_helpers.data.batches import Batch, check_shares, to_float
from lpr_helpers.data.store import to_device
from lpr_helpers.synthetic.fresh import FreshPool
from lpr_helpers.utils.images import FRAMES

BUFFER = 16
"""Batches of items among which fresh ones are shuffled: two frames of a track seldom meet in a batch."""


class FreshBatches:
    """Tracks drawn while training runs, shuffled: single frames [B, 1, C, H, W] or ``whole`` tracks [B, F, C, H, W].

    An epoch gives every frame (or track) of ``pool`` once, save a remainder smaller than a batch. Tracks and order
    depend on the stream, ``seed``, the epoch and the number of processes alone, so that a resumed run sees what an
    uninterrupted one would have seen. Each process draws a stretch of the epoch's tracks for itself, and needs a
    ``pool`` of its own. Only `BUFFER` batches, and what ``pool`` draws ahead, are in memory.

    Raises ValueError if there are fewer tracks than processes, or if they cannot share a batch equally.
    """

    frames = FRAMES

    def __init__(
        self,
        pool: FreshPool,
        batch_size: int,
        seed: int = 0,
        device: str | torch.device = "cpu",
        whole: bool = False,
        *,
        shard: tuple[int, int] = (0, 1),
    ) -> None:
        self.pool, self.batch_size, self.whole = pool, batch_size, whole
        self.seed, self.device, self.shard, self.epoch, self.start = seed, device, shard, 0, 0
        tracks, (process, processes) = pool.fresh.tracks, shard
        check_shares(tracks, batch_size, shard)
        # Neighbours, since every n-th track could be of one scenario only; as many for every process.
        count = tracks // processes
        self.places = range(process * count, (process + 1) * count)
        self.per_track = len(pool.fresh) // tracks * (1 if whole else self.frames)

    def __len__(self) -> int:
        return max(1, len(self.places) * self.per_track // self._each)

    @property
    def _each(self) -> int:
        """Items in a batch of one process."""
        return self.batch_size // self.shard[1]

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng([self.seed, self.epoch, self.shard[0]])
        count, each = len(self.places) * self.per_track, self._each
        order = np.fromiter(shuffled(range(count), BUFFER * each, rng), np.int64, count)
        order = order[self.start * each : len(self) * each]
        tracks = np.unique(order // self.per_track)
        with closing(self.pool.chunks(self.epoch, [self.places[track] for track in tracks])) as chunks:
            numbers = (tracks[:, None] * self.per_track + np.arange(self.per_track)).flatten()
            items = _reordered(order.tolist(), zip(numbers.tolist(), self._items(chunks), strict=True))
            for _ in range(0, len(order), each):
                images, targets = map(np.stack, zip(*islice(items, each), strict=True))
                yield Batch(
                    to_float(images, self.device),
                    torch.ones(images.shape[:2], dtype=torch.bool, device=self.device),
                    to_device(targets, self.device),
                    torch.full((len(images),), -1),
                )

    def _items(self, chunks: Iterable[tuple[np.ndarray, np.ndarray]]) -> Iterator[tuple]:
        """Images [F or 1, C, H, W] and target [L] of one item after another."""
        for images, targets in chunks:
            for track, target in zip(images, targets, strict=True):
                yield from [(track, target)] if self.whole else [(frame[None], target) for frame in track]


def shuffled(items: Iterable, size: int, rng: np.random.Generator) -> Iterator:
    """All ``items`` in random order, with no more than ``size`` of them in memory."""
    kept: list = []
    for item in items:
        if len(kept) < size:
            kept.append(item)
            continue
        place = rng.integers(size)
        yield kept[place]
        kept[place] = item
    yield from (kept[place] for place in rng.permutation(len(kept)))


def _reordered(order: list[int], numbered: Iterator[tuple[int, tuple]]) -> Iterator[tuple]:
    """Numbered items in the order of ``order``: kept until their turn comes, dropped if it never does."""
    to_come, kept = set(order), {}
    for wanted in order:
        while wanted not in kept:
            number, item = next(numbered)
            if number in to_come:
                kept[number] = item
        yield kept.pop(wanted)
