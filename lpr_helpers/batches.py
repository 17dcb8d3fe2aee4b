"""Batches of frames on the device, straight from the packed arrays.

All know an ``epoch``, a ``start`` and a ``shard``. ``start`` is how many batches to leave out of an epoch: what a run
that was cut short has seen already is neither read nor drawn again. ``shard`` is (process, processes): every process
iterates its own share of the same batches, and ``batch_size`` counts the items of all processes together.
"""

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

from lpr_helpers.augment import degrade
from lpr_helpers.frames import FRAMES, Packed
from lpr_helpers.plates import PlateFormat
from lpr_helpers.store import Store, send
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
    """Whole tracks, in the order of ``rows``, none left out: batches [B, F, C, H, W], the last one smaller.

    A process reads ``rows[process::processes]``, perhaps none. ``streamed``: as in `Store`; None means it on a GPU,
    which needs none of the tracks twice.
    """

    def __init__(
        self,
        packed: Packed,
        targets: np.ndarray,
        rows,
        batch_size: int,
        device="cpu",
        *,
        shard: tuple[int, int] = (0, 1),
        streamed: bool | None = None,
    ):
        self.packed, self.targets, self.rows = packed, targets, np.asarray(rows, dtype=np.int64)
        self.batch_size, self.device, self.shard, self.epoch, self.start = batch_size, device, shard, 0, 0
        if streamed is None and torch.device(device).type != "cpu":
            streamed = True
        self.store = Store([packed.images], device, streamed)

    def __len__(self) -> int:
        longest = -(-len(self.rows) // self.shard[1])
        return -(-longest // self._each)

    @property
    def _each(self) -> int:
        """Tracks in a batch of one process."""
        return -(-self.batch_size // self.shard[1])

    def __iter__(self) -> Iterator[Batch]:
        process, processes = self.shard
        rows = self.rows[process::processes][self.start * self._each :]
        items = np.stack([np.zeros_like(rows), rows], axis=1)
        batches, windows = _cut(items, self._each), _cut(self.store.in_order(items), self._each)
        for mine, (images,) in zip(_cut(rows, self._each), self.store.take(batches, windows), strict=True):
            yield Batch(
                _scaled(images),
                send(self.packed.valid[mine], self.device),
                send(self.targets[mine], self.device),
                torch.from_numpy(mine),
            )


class FrameBatches:
    """Single frames in random order, as the report trains: [B, 1, C, H, W]; or ``whole`` tracks [B, F, C, H, W].

    An epoch draws every valid frame of ``rows`` once, save a remainder smaller than a batch, from each of ``sources``
    (the low-resolution frames and, in training, the high-resolution ones, which make tracks of their own); frames of
    another size are resized to the first source's, by area. ``poor`` makes the frames of all sources but the first as
    poor as low-resolution ones (`augment.degrade`). The order depends on ``seed``, the epoch and whether the
    frames are ``streamed`` (see `Store`) alone, so that a resumed run sees what an uninterrupted one would have seen.

    Raises ValueError if there are fewer items than processes, or if they cannot share a batch equally.
    """

    def __init__(
        self,
        sources: list[Packed],
        targets: np.ndarray,
        rows,
        batch_size: int,
        seed: int = 0,
        device="cpu",
        *,
        whole: bool = False,
        poor: bool = False,
        shard: tuple[int, int] = (0, 1),
        streamed: bool | None = None,
    ):
        self.targets, self.batch_size, self.seed, self.device = targets, batch_size, seed, device
        self.poor, self.whole, self.shard, self.epoch, self.start = poor, whole, shard, 0, 0
        self.valid = np.stack([source.valid for source in sources])  # [S, N, F]
        self.frames = self.valid.shape[2]
        chosen = np.zeros(self.valid.shape[1], dtype=bool)
        chosen[np.asarray(rows, dtype=np.int64)] = True
        usable = self.valid & chosen[None, :, None]
        units = usable.any(2) if whole else usable.reshape(len(sources), -1)
        self.items = np.argwhere(units)  # [items, (source, track or frame)]
        images = [source.images if whole else _frames(source.images) for source in sources]
        self.store = Store(images, device, streamed)
        _check(len(self.items), batch_size, shard)

    def __len__(self) -> int:
        # A last batch of one or two frames would only upset batch normalisation.
        return max(1, len(self.items) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        order, windows = self.store.shuffled(self.items, np.random.default_rng([self.seed, self.epoch]))
        shares = [self._share(order, number) for number in range(self.start, len(self))]
        batches, numbers = [self.items[mine] for mine in shares], [windows[mine] for mine in shares]
        size = self.store.sources[0].shape[-2:]
        for items, images in zip(batches, self.store.take(batches, numbers), strict=True):
            rows = items[:, 1] if self.whole else items[:, 1] // self.frames
            valid = self.valid[items[:, 0], rows] if self.whole else np.ones((len(items), 1), dtype=bool)
            joined = torch.cat(
                [self._made(some, source, size) for source, some in enumerate(images) if len(some)]
            )
            yield Batch(
                joined if self.whole else joined[:, None],
                send(valid, self.device),
                send(self.targets[rows], self.device),
                torch.from_numpy(rows),
            )

    def _made(self, images: Tensor, source: int, size: tuple[int, int]) -> Tensor:
        images = _resized(_scaled(images), size)
        return degrade(images) if self.poor and source else images

    def _share(self, order: np.ndarray, number: int) -> np.ndarray:
        """This process's part of a batch, source by source: every process gets as many of each, give or take one."""
        process, processes = self.shard
        batch = order[number * self.batch_size : (number + 1) * self.batch_size]
        batch = batch[: len(batch) // processes * processes]
        return batch[np.argsort(self.items[batch, 0], kind="stable")][process::processes]


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
        device="cpu",
        whole: bool = False,
        *,
        shard: tuple[int, int] = (0, 1),
    ):
        self.pool, self.batch_size, self.whole = pool, batch_size, whole
        self.seed, self.device, self.shard, self.epoch, self.start = seed, device, shard, 0, 0
        tracks, (process, processes) = pool.fresh.tracks, shard
        _check(tracks, batch_size, shard)
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
                    send(targets, self.device),
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


def _reordered(order: list[int], numbered: Iterator[tuple[int, tuple]]) -> Iterator[tuple]:
    """Numbered items in the order of ``order``: kept until their turn comes, dropped if it never does."""
    to_come, kept = set(order), {}
    for wanted in order:
        while wanted not in kept:
            number, item = next(numbered)
            if number in to_come:
                kept[number] = item
        yield kept.pop(wanted)


def to_float(images: np.ndarray, device) -> Tensor:
    """uint8 images of any shape as float32 in 0…1 on ``device``."""
    return _scaled(send(images, device))


def _scaled(images: Tensor) -> Tensor:
    return images.float().div_(255)


def _resized(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Images [..., C, H, W] in another (height, width)."""
    if images.shape[-2:] == size:
        return images
    return interpolate(images.flatten(0, -4), size, mode="area").unflatten(0, images.shape[:-3])


def _frames(images: np.ndarray) -> np.ndarray:
    """Tracks [N, F, C, H, W] as frames [N·F, C, H, W], without a copy."""
    return images.reshape(-1, *images.shape[2:])


def _cut(array: np.ndarray, size: int) -> list[np.ndarray]:
    return [array[start : start + size] for start in range(0, len(array), size)]


def _check(items: int, batch_size: int, shard: tuple[int, int]) -> None:
    process, processes = shard
    if not 0 <= process < processes:
        raise ValueError(f"shard={shard}: expected (process, processes), the first counted from 0")
    if batch_size < 1 or batch_size % processes:
        raise ValueError(f"batch_size={batch_size} is no multiple of {processes} processes that share it")
    if items < processes:
        raise ValueError(f"{items} frames or tracks to train on, fewer than processes ({processes})")
