"""Where packed images live while computing: resident on the device, or streamed past it window by window."""

from __future__ import annotations

import mmap
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from torch import Tensor

BLOCK = 4 << 20
"""Bytes of neighbouring images that are read in one go: large enough for any disk to be fast."""
WINDOW = 32
"""Blocks that are shuffled together. The window in use and the one being read, 256 MB, are all that is in memory."""
SHARE = 0.5
"""Largest share of the free memory that resident images may take; the network needs the rest."""


class Store:
    """The images of several sources, handed out on a device in whatever order is asked for.

    Images are counted as *units*: one frame [C, H, W] or one whole track [F, C, H, W]. An *item* is a pair (source,
    unit), int64. If all sources fit (see `fits`), they are resident: on a GPU from the first use on, on the CPU in the
    page cache. If not, they are streamed: a thread reads a window of items while the one before it is used.

    Parameters
    ----------
    sources: uint8 [units, …] each, memory maps or arrays; a memory map is never loaded whole on the CPU.
    streamed: True or False decides; None asks `fits`. The order of a shuffled epoch depends on it, so processes that
        share an epoch have to agree. block: bytes read in one go. window: blocks shuffled together.
    """

    def __init__(
        self,
        sources: Sequence[np.ndarray],
        device: str | torch.device = "cpu",
        streamed: bool | None = None,
        *,
        block: int = BLOCK,
        window: int = WINDOW,
    ) -> None:
        self.sources, self.device = list(sources), torch.device(device)
        self.streamed = not fits(self.sources, self.device) if streamed is None else streamed
        self.window = window
        self._per_block = [max(1, block // max(1, _bytes(source))) for source in self.sources]

    def shuffled(self, items: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """A random order of ``items`` [n, 2], and the number of the window that each item is in: int64 [n] both.

        Resident items are permuted, and are all in window 0. Streamed ones are cut into blocks of neighbours, each
        window is some blocks from anywhere, and the order is random inside it.
        """
        if not self.streamed:
            return rng.permutation(len(items)), np.zeros(len(items), dtype=np.int64)
        blocks, count = np.zeros(len(items), dtype=np.int64), 0
        for number, per_block in enumerate(self._per_block):
            of = items[:, 0] == number
            units, places = np.unique(items[of, 1], return_inverse=True)
            blocks[of] = count + places // per_block
            count += -(-len(units) // per_block)
        windows = rng.permutation(count)[blocks] // self.window
        return np.lexsort((rng.permutation(len(items)), windows)), windows

    def in_order(self, items: np.ndarray) -> np.ndarray:
        """Window numbers, int64 [n], for reading the first source's ``items`` as they come: a block each."""
        return np.arange(len(items)) // self._per_block[0]

    def take(self, batches: list[np.ndarray], windows: list[np.ndarray]) -> Iterator[list[Tensor]]:
        """The images of one batch of items after another: uint8 [n, …] of each source on the device, n ≥ 0.

        batches: items [b, 2] of each batch. windows: their window numbers [b], as `shuffled` or `in_order` gave
        them; no batch may want a window that an earlier batch has left.

        Raises OSError if a packed file is no longer the one that was opened.
        """
        if self.streamed:
            for images in self._stream(batches, windows):
                yield [to_device(some, self.device) for some in images]
        else:
            for items in batches:
                yield [self._pick(number, _units(items, number)) for number in range(len(self.sources))]

    @cached_property
    def _resident(self) -> list:
        if self.device.type == "cpu":
            return self.sources
        pairs = zip(self.sources, self._per_block, strict=True)
        return [_upload(source, self.device, per_block) for source, per_block in pairs]

    def _pick(self, number: int, units: np.ndarray) -> Tensor:
        images = self._resident[number]
        if isinstance(images, Tensor):
            return images[to_device(units, self.device)]
        return torch.from_numpy(np.take(images, units, axis=0))

    def _stream(self, batches: list[np.ndarray], windows: list[np.ndarray]) -> Iterator[list[np.ndarray]]:
        current = -1
        held: list[tuple] = []
        with closing(prefetch(self._read, _contents(batches, windows))) as coming:
            for items, numbers in zip(batches, windows, strict=True):
                counts = np.bincount(items[:, 0], minlength=len(self.sources))
                found = [
                    np.empty((count, *source.shape[1:]), dtype=source.dtype)
                    for count, source in zip(counts, self.sources, strict=True)
                ]
                for window in np.unique(numbers):
                    if window != current:
                        held = []  # let go first: the next call begins to read one more
                        current, held = window, next(coming)
                    _fill(found, held, items, numbers == window)
                yield found

    def _read(self, items: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """The units of each source that ``items`` want, ascending, and their images."""
        wanted = [np.unique(_units(items, number)) for number in range(len(self.sources))]
        return [
            (units, read_units(source, units)) for units, source in zip(wanted, self.sources, strict=True)
        ]


def fits(sources: Iterable[np.ndarray], device: str | torch.device, share: float = SHARE) -> bool:
    """Whether all ``sources`` together take no more than ``share`` of the memory that is free.

    On a GPU its own memory counts, on the CPU what the page cache may take for memory maps (arrays are in memory
    anyway).
    """
    device = torch.device(device)
    taken = sum(source.nbytes for source in sources if device.type != "cpu" or isinstance(source, np.memmap))
    return taken <= share * free_memory(device)


def free_memory(device: torch.device) -> int:
    """Bytes that are free for images on ``device``."""
    if device.type == "cuda":
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + kept
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory()
    return psutil.virtual_memory().available


def read_units(images: np.ndarray, units: np.ndarray) -> np.ndarray:
    """The images at ascending ``units``, [n, …], as an array of their own.

    A memory map's file is read instead of touched page by page: reads are large, other threads go on meanwhile, and
    the process does not seem to hold all it has ever seen.

    Raises OSError if the file no longer has the length that was mapped.
    """
    base: Any = images.base  # numpy's annotations know no base but arrays
    whole = images if isinstance(base, mmap.mmap) else base
    mapped = isinstance(getattr(whole, "base", None), mmap.mmap)
    if not (isinstance(whole, np.memmap) and mapped and whole.filename and images.flags.c_contiguous):
        return images[units]
    found = np.empty((len(units), *images.shape[1:]), dtype=images.dtype)
    begin = whole.offset + images.ctypes.data - whole.ctypes.data
    with Path(whole.filename).open("rb") as file:
        if os.fstat(file.fileno()).st_size < whole.offset + whole.nbytes:
            raise OSError(f"{whole.filename} has become shorter while it was in use: pack its frames again")
        runs = np.split(np.arange(len(units)), np.flatnonzero(np.diff(units) != 1) + 1)
        for run in runs if len(units) else []:
            file.seek(begin + int(units[run[0]]) * _bytes(images))
            file.readinto(found[run[0] : run[-1] + 1].data)
    return found


def to_device(array: np.ndarray, device: str | torch.device) -> Tensor:
    """An array as a tensor on ``device``; the host does not wait for a CUDA device to take it."""
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    if torch.device(device).type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def prefetch(work: Callable, jobs: Iterable) -> Generator:
    """Results of ``work`` on one job after another, the next always under way in a thread."""
    jobs = iter(jobs)
    with ThreadPoolExecutor(1) as thread:
        under_way = deque(thread.submit(work, job) for job in islice(jobs, 1))
        while under_way:
            result = under_way.popleft().result()
            under_way.extend(thread.submit(work, job) for job in islice(jobs, 1))
            yield result


def _upload(images: np.ndarray, device: torch.device, per_block: int) -> Tensor:
    held = torch.empty(images.shape, dtype=torch.uint8, device=device)
    for start in range(0, len(images), per_block):
        units = np.arange(start, min(start + per_block, len(images)))
        held[start : start + per_block] = to_device(read_units(images, units), device)
    return held


def _contents(batches: list[np.ndarray], windows: list[np.ndarray]) -> list[np.ndarray]:
    """The items of each window that any batch wants, in the order of the windows' numbers."""
    if not batches:
        return []
    items, numbers = np.concatenate(batches), np.concatenate(windows)
    order = np.argsort(numbers, kind="stable")
    return np.split(items[order], np.flatnonzero(np.diff(numbers[order])) + 1)


def _fill(found: list[np.ndarray], held: list[tuple], items: np.ndarray, here: np.ndarray) -> None:
    """Copy the images of the items that are ``here``, bool [b], from the window that is held."""
    for number, (units, images) in enumerate(held):
        of = items[:, 0] == number
        wanted = items[of & here, 1]
        found[number][here[of]] = images[np.searchsorted(units, wanted)]


def _units(items: np.ndarray, number: int) -> np.ndarray:
    return items[items[:, 0] == number, 1]


def _bytes(images: np.ndarray) -> int:
    """Bytes of one unit."""
    return int(np.prod(images.shape[1:])) * images.itemsize
