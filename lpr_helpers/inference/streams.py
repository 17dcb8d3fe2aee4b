"""Very many tracks read in flat memory, by this process or by several; a bad track costs itself alone."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from lpr_helpers.data.frame_format import Modality
from lpr_helpers.data.modalities import beside
from lpr_helpers.decoding.text_prior import load_prior
from lpr_helpers.inference.frames import frame_files
from lpr_helpers.inference.journal import TrackReading
from lpr_helpers.inference.reader import PlateReader, load_reader
from lpr_helpers.inference.reading import FrameError, Reading
from lpr_helpers.inference.track_sources import TrackSources
from lpr_helpers.plates import PlateFormat
from lpr_helpers.utils.processes import process_pool

AT_ONCE = 128
"""Tracks that are read, and kept, together."""
AHEAD = 2
"""Chunks for each process that are under way at once: one that it reads, one that waits for it."""
DIED = "the process that read it died, as when memory runs out or a decoder fails"


@dataclass(frozen=True)
class ReaderSpec:
    """Which reader, and how it reads: all that a process needs to load it; the fields are `load_reader`'s.

    folders: none for the reader in the package. prior: the file of a text prior. layout: as in `PlateReader.read`.
    hashes: whether frames are hashed too.
    """

    folders: tuple[str, ...] = ()
    device: str | None = None
    tta: int = 1
    precision: str | None = None
    plate: PlateFormat | None = None
    prior: str | None = None
    layout: str | None = "any"
    hashes: bool = False

    def load(self) -> PlateReader:
        """The reader. Raises what `load_reader` and `load_prior` raise."""
        prior = load_prior(self.prior) if self.prior else None
        return load_reader(
            self.folders or None,
            self.device,
            tta=self.tta,
            precision=self.precision,
            plate=self.plate,
            prior=prior,
        )


@dataclass(frozen=True)
class Item:
    """A track to read: its name, its id, and what the reader is given of it."""

    name: str
    track_id: str
    frames: Path | list[Path]


def chunks_of(
    sources: TrackSources, finished: Iterable[str] = (), size: int = AT_ONCE
) -> Iterator[list[Item]]:
    """The tracks in chunks of so many, without those that are finished.

    A chunk's borders do not depend on what is finished, so that a reading that was stopped goes on as it would have.
    """
    done = finished if isinstance(finished, set) else set(finished)
    for start in range(0, len(sources.names), size):
        names = (name for name in sources.names[start : start + size] if name not in done)
        chunk = [Item(name, sources.track_id(name), sources.frames(name)) for name in names]
        if chunk:
            yield chunk


def read_chunks(
    chunks: Iterable[list[Item]], spec: ReaderSpec, reader: PlateReader, workers: int = 1
) -> Iterator[list[TrackReading]]:
    """Read chunk by chunk, in their order.

    workers: 1 reads in this process, by ``reader``; more start so many processes, each with one thread and a reader of
    its own, loaded by ``spec``. Only a few chunks are in memory at once.

    Of a track that cannot be read the `problem` says why, whatever the reason: with several processes even where one
    dies of it. Raises RuntimeError where no process can load the reader, and whatever fails for each of many tracks.
    """
    if workers == 1:
        for chunk in chunks:
            yield read_chunk(chunk, reader, spec)
        return
    with _Workers(workers, spec) as pool:
        yield from pool.read(chunks)


def read_chunk(chunk: Sequence[Item], reader: PlateReader, spec: ReaderSpec) -> list[TrackReading]:
    """Readings of some tracks, in their order."""
    layout: Any = spec.layout
    try:
        read = list(reader.read_iter([item.frames for item in chunk], layouts=layout, at_once=len(chunk)))
    except Exception:  # noqa: BLE001 (which of the tracks it was is found by reading each by itself)
        read = _one_by_one(chunk, reader, layout)
    modalities = reader.frame_format.modalities
    hashes = [frames_hash(item.frames, modalities) if spec.hashes else "" for item in chunk]
    return [_kept(*one) for one in zip(chunk, read, hashes, strict=True)]


def _one_by_one(chunk: Sequence[Item], reader: PlateReader, layout: Any) -> list[Reading]:
    read: list[Reading] = []
    failed: list[Exception] = []
    for item in chunk:
        try:
            read += reader.read_iter([item.frames], layouts=layout)
        except Exception as error:  # noqa: BLE001 (a track that fails in a way nobody thought of costs itself alone)
            failed.append(error)
            read.append(Reading("", 0.0, "", (), problem=f"{type(error).__name__}: {error}"))
    if len(failed) == len(chunk) > 1:  # that is the reader's fault, not the tracks'
        raise failed[0]
    return read


def _kept(item: Item, reading: Reading, hashed: str) -> TrackReading:
    return TrackReading(
        item.name,
        item.track_id,
        reading.text,
        round(reading.confidence, 6),
        reading.layout,
        tuple(round(character.confidence, 6) for character in reading.characters),
        reading.skipped,
        reading.problem,
        hashed,
        reading.missing,
    )


def frames_hash(frames: Path | Sequence[Path], modalities: Sequence[Modality] = ()) -> str:
    """SHA-256 of a track's frames, as ``cat FRAMES | sha256sum`` has it: the files in the order in which they are read.

    modalities: which a folder's frames are read with; their files come after those of light, modality by modality. What
    cannot be opened is left out; "" where nothing can.
    """
    digest, opened = hashlib.sha256(), False
    try:
        files = _with_modalities(frames, modalities) if isinstance(frames, Path) else frames
    except FrameError:
        return ""
    for file in files:
        try:
            digest.update(file.read_bytes())
            opened = True
        except OSError:
            continue
    return digest.hexdigest() if opened else ""


def _with_modalities(folder: Path, modalities: Sequence[Modality]) -> list[Path]:
    files = frame_files(folder)
    names, there = (
        [file.name for file in files],
        [path.name for path in folder.iterdir()] if modalities else [],
    )
    return files + [folder / name for one in modalities for name in beside(names, there, one) if name]


class _Workers:
    """Processes that read, and are replaced where one dies."""

    def __init__(self, workers: int, spec: ReaderSpec) -> None:
        self.workers, self.spec = workers, spec
        self.pool = self._started()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown(wait=True, cancel_futures=True)

    def read(self, chunks: Iterable[list[Item]]) -> Iterator[list[TrackReading]]:
        """Readings, chunk by chunk, in their order."""
        waiting: deque[tuple[list[Item], Future]] = deque()
        for chunk in chunks:
            waiting.append((chunk, self.pool.submit(_work, chunk)))
            if len(waiting) >= AHEAD * self.workers:
                yield self._next(waiting)
        while waiting:
            yield self._next(waiting)

    def _next(self, waiting: deque[tuple[list[Item], Future]]) -> list[TrackReading]:
        chunk, future = waiting.popleft()
        try:
            return future.result()
        except BrokenProcessPool:
            self.pool = self._started()
            read = self._carefully(chunk)
            for _ in range(len(waiting)):  # a dead process takes along all that was under way
                other, _ = waiting.popleft()
                waiting.append((other, self.pool.submit(_work, other)))
            return read

    def _carefully(self, chunk: list[Item]) -> list[TrackReading]:
        """Read a chunk with nothing else under way, and find the track that kills its process by halving."""
        try:
            return self.pool.submit(_work, chunk).result()
        except BrokenProcessPool:
            self.pool = self._started()
        if len(chunk) == 1:
            return [TrackReading(chunk[0].name, chunk[0].track_id, problem=DIED)]
        middle = len(chunk) // 2
        return self._carefully(chunk[:middle]) + self._carefully(chunk[middle:])

    def _started(self) -> Any:
        pool = process_pool(self.workers, _load, self.spec)
        try:
            pool.submit(_is_ready).result()
        except BrokenProcessPool as error:
            raise RuntimeError(
                f"no process could load the reader; it says why above. If memory ran out, use fewer than {self.workers}"
            ) from error
        return pool


_loaded: dict[str, Any] = {}
"""In a process that reads: its reader."""


def _load(spec: ReaderSpec) -> None:
    os.environ["OMP_NUM_THREADS"] = "1"  # which the session of an ONNX file goes by
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)
    _loaded.update(reader=spec.load(), spec=spec)


def _is_ready() -> bool:
    return "reader" in _loaded


def _work(chunk: list[Item]) -> list[TrackReading]:
    return read_chunk(chunk, _loaded["reader"], _loaded["spec"])
