"""Batches of frames on the device, straight from the packed arrays.

All know an ``epoch``, a ``start`` and a ``shard``. ``start`` is how many batches to leave out of an epoch: what a run
that was cut short has seen already is neither read nor drawn again. ``shard`` is (process, processes): every process
iterates its own share of the same batches, and ``batch_size`` counts the items of all processes together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from lpr_helpers.data.frames import Packed
from lpr_helpers.data.store import Store, fits, to_device
from lpr_helpers.utils.distributed import broadcast
from lpr_helpers.utils.resampling import resized_by_area


@dataclass(frozen=True)
class Batch:
    """Some tracks on the device.

    images: float32 [B, F, C, H, W] in 0…1. valid: bool [B, F], False for a missing frame.
    targets: int64 [B, L], character indices; −1 everywhere for a track without a known text; [B, 0] if none were given.
    rows: int64 [B], positions in the table and the packed arrays (on the CPU); −1 for a track that is in neither.
    """

    images: Tensor
    valid: Tensor
    targets: Tensor
    rows: Tensor


class TrackBatches:
    """Whole tracks, in the order of ``rows``, none left out: batches [B, F, C, H, W], the last one smaller.

    targets: int64 [N, L] of all tracks that are packed; None gives batches without. A process reads
    ``rows[process::processes]``, perhaps none. ``streamed``: as in `Store`; None means it on a GPU,
    which needs none of the tracks twice.
    """

    def __init__(
        self,
        packed: Packed,
        rows: ArrayLike,
        batch_size: int,
        device: str | torch.device = "cpu",
        *,
        targets: np.ndarray | None = None,
        shard: tuple[int, int] = (0, 1),
        streamed: bool | None = None,
    ) -> None:
        self.packed, self.rows = packed, np.asarray(rows, dtype=np.int64)
        self.targets = np.empty((len(packed), 0), dtype=np.int64) if targets is None else targets
        self.batch_size, self.device, self.shard, self.epoch, self.start = batch_size, device, shard, 0, 0
        if streamed is None and torch.device(device).type != "cpu":
            streamed = True
        self.store = Store([packed.images], device, streamed)

    def __len__(self) -> int:
        longest = -(-len(self.rows) // self.shard[1])
        return -(-longest // self._each)  # noqa: PLE0303 - it is not negative

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
                to_device(self.packed.valid[mine], self.device),
                to_device(self.targets[mine], self.device),
                torch.from_numpy(mine),
            )


class FrameBatches:
    """Single frames in random order, as the report trains: [B, 1, C, H, W]; or ``whole`` tracks [B, F, C, H, W].

    An epoch draws every valid frame of ``rows`` once, save a remainder smaller than a batch, from each of ``sources``
    (the low-resolution frames and, in training, the high-resolution ones, which make tracks of their own); frames of
    another size are resized to the first source's, by area. ``hr_transform`` changes the frames of all
    sources but the first, float [n, …, C, H, W] in 0…1. ``weights``, float [N] of all tracks, has those of more weight
    drawn more often, and an epoch stays as long as it was: every item of weight w comes, of n whose weights add up to
    W, either ⌊n·w/W⌋ or ⌈n·w/W⌉ times, by chance. The order depends on ``seed``, the epoch and whether the
    frames are ``streamed`` (see `Store`) alone, so that a resumed run sees what an uninterrupted one would have seen.

    Raises ValueError if there are fewer items than processes, if they cannot share a batch equally, or if a weight is
    no positive number.
    """

    def __init__(
        self,
        sources: list[Packed],
        targets: np.ndarray,
        rows: ArrayLike,
        batch_size: int,
        seed: int = 0,
        device: str | torch.device = "cpu",
        *,
        whole: bool = False,
        weights: np.ndarray | None = None,
        hr_transform: Callable[[Tensor], Tensor] | None = None,
        shard: tuple[int, int] = (0, 1),
        streamed: bool | None = None,
    ) -> None:
        self.targets, self.batch_size, self.seed, self.device = targets, batch_size, seed, device
        self.hr_transform, self.whole, self.shard = hr_transform, whole, shard
        self.epoch, self.start = 0, 0
        self.valid = np.stack([source.valid for source in sources])  # [S, N, F]
        self.frames = self.valid.shape[2]
        chosen = np.zeros(self.valid.shape[1], dtype=bool)
        chosen[np.asarray(rows, dtype=np.int64)] = True
        usable = self.valid & chosen[None, :, None]
        units = usable.any(2) if whole else usable.reshape(len(sources), -1)
        self.items = np.argwhere(units)  # [items, (source, track or frame)]
        self.weights = None if weights is None else _checked(weights)[self._rows(self.items)]
        images = [source.images if whole else _frames(source.images) for source in sources]
        if streamed is None:  # the order depends on it: all processes have to do the same
            streamed = broadcast(not fits(images, device))
        self.store = Store(images, device, streamed)
        check_shares(len(self.items), batch_size, shard)

    def __len__(self) -> int:
        # A last batch of one or two frames would only upset batch normalisation.
        return max(1, len(self.items) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        rng = np.random.default_rng([self.seed, self.epoch])
        items = self.items if self.weights is None else self.items[drawn_by_weight(self.weights, rng)]
        order, windows = self.store.shuffled(items, rng)
        shares = [self._share(items, order, number) for number in range(self.start, len(self))]
        batches, numbers = [items[mine] for mine in shares], [windows[mine] for mine in shares]
        size = self.store.sources[0].shape[-2:]
        for items, images in zip(batches, self.store.take(batches, numbers), strict=True):
            rows = self._rows(items)
            valid = self.valid[items[:, 0], rows] if self.whole else np.ones((len(items), 1), dtype=bool)
            joined = torch.cat(
                [self._made(some, source, size) for source, some in enumerate(images) if len(some)]
            )
            yield Batch(
                joined if self.whole else joined[:, None],
                to_device(valid, self.device),
                to_device(self.targets[rows], self.device),
                torch.from_numpy(rows),
            )

    def _made(self, images: Tensor, source: int, size: tuple[int, int]) -> Tensor:
        images = _resized(_scaled(images), size)
        return self.hr_transform(images) if self.hr_transform and source else images

    def _rows(self, items: np.ndarray) -> np.ndarray:
        """The track of each item, int64 [items]."""
        return items[:, 1] if self.whole else items[:, 1] // self.frames

    def _share(self, items: np.ndarray, order: np.ndarray, number: int) -> np.ndarray:
        """This process's part of a batch, source by source: every process gets as many of each, give or take one."""
        process, processes = self.shard
        batch = order[number * self.batch_size : (number + 1) * self.batch_size]
        batch = batch[: len(batch) // processes * processes]
        return batch[np.argsort(items[batch, 0], kind="stable")][process::processes]


def drawn_by_weight(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As many positions as there are weights, float [n], each as often as its weight says: int64 [n], in any order.

    By systematic sampling (one draw, then even steps) of positions in random order within each weight: chance changes
    the count of a position, and that of all positions of one weight, by less than 1.
    """
    order = np.lexsort((rng.random(len(weights)), weights))
    ends = np.cumsum(weights[order]) / np.sum(weights) * len(weights)
    places = np.searchsorted(ends, np.arange(len(weights)) + rng.random(), side="right")
    return order[places.clip(max=len(weights) - 1)]


def _checked(weights: np.ndarray) -> np.ndarray:
    if not (np.isfinite(weights) & (weights > 0)).all():
        raise ValueError(
            f"weights from {weights.min()} to {weights.max()}: a track's weight is a number above 0"
        )
    return weights


def to_float(images: np.ndarray, device: str | torch.device) -> Tensor:
    """uint8 images of any shape as float32 in 0…1 on ``device``."""
    return _scaled(to_device(images, device))


def _scaled(images: Tensor) -> Tensor:
    return images.float().div_(255)


def _resized(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Images [..., C, H, W] in another (height, width)."""
    if images.shape[-2:] == size:
        return images
    return resized_by_area(images.flatten(0, -4), size).unflatten(0, images.shape[:-3])


def _frames(images: np.ndarray) -> np.ndarray:
    """Tracks [N, F, C, H, W] as frames [N·F, C, H, W], without a copy."""
    return images.reshape(-1, *images.shape[2:])


def _cut(array: np.ndarray, size: int) -> list[np.ndarray]:
    return [array[start : start + size] for start in range(0, len(array), size)]


def check_shares(items: int, batch_size: int, shard: tuple[int, int]) -> None:
    """Raise ValueError where processes cannot share ``items`` in batches of ``batch_size`` equally."""
    process, processes = shard
    if not 0 <= process < processes:
        raise ValueError(f"shard={shard}: expected (process, processes), the first counted from 0")
    if batch_size < 1 or batch_size % processes:
        raise ValueError(f"batch_size={batch_size} is no multiple of {processes} processes that share it")
    if items < processes:
        raise ValueError(f"{items} frames or tracks to train on, fewer than processes ({processes})")
