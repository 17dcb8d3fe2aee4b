"""What was read so far, beside the file that it will become: lines that a kill cannot take back."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lpr_helpers.utils.files import FULL, DiskFullError, write_whole

ENDING = ".journal"


class JournalError(ValueError):
    """A journal that was begun in another way; the message says how, and what to do."""


@dataclass(frozen=True)
class TrackReading:
    """What was read of one track, as it is kept.

    name: the track's, unique in its folder. char_confidences: one a character, 0…1. skipped: frames that had no say,
    with reasons. problem: why nothing was read, usually "". frames_hash: `streams.frames_hash`, "" where nobody asked.
    missing: modalities that it had to do without.
    """

    name: str
    track_id: str
    reading: str = ""
    confidence: float = 0.0
    layout: str = ""
    char_confidences: tuple[float, ...] = ()
    skipped: tuple[str, ...] = ()
    problem: str = ""
    frames_hash: str = ""
    missing: tuple[str, ...] = ()


class Journal:
    """The lines of one reading of many tracks; one process at a time writes it (`locks.sole_writer`).

    file: ``NAME.journal``. header: what the readings depend on; a journal that was begun with another is refused.
    `finished` holds the names of the tracks that are in it.

    Raises JournalError where the file is of another reading, or none at all.
    """

    def __init__(self, file: Path, header: dict[str, Any]) -> None:
        self.file, self.finished = file, set[str]()
        header = json.loads(json.dumps(header))
        if not file.exists():
            write_whole(file, json.dumps(header) + "\n")
            return
        self._refuse_other(header)
        self._cut_torn_line()

    def append(self, readings: Iterable[TrackReading]) -> None:
        """Add readings; once this returns they are on the disk. Raises DiskFullError where that is full."""
        readings = list(readings)
        lines = "".join(json.dumps(vars(reading)) + "\n" for reading in readings)
        try:
            with self.file.open("ab") as stream:
                stream.write(lines.encode("ascii"))
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            if error.errno in FULL:
                raise DiskFullError.of(error, self.file, "more readings") from error
            raise
        self.finished.update(reading.name for reading in readings)

    def __iter__(self) -> Iterator[TrackReading]:
        """All readings, one at a time."""
        with self.file.open("rb") as stream:
            next(stream)
            for line in stream:
                told = json.loads(line)
                lists = {name: tuple(told[name]) for name in ("char_confidences", "skipped", "missing")}
                yield TrackReading(**told | lists)

    def _refuse_other(self, header: dict[str, Any]) -> None:
        with self.file.open("rb") as stream:
            begun = _parsed(next(stream, b""))
        if begun is None:
            raise JournalError(f"{self.file} is no journal of readings; move it away")
        other = [name for name in {**header, **begun} if header.get(name) != begun.get(name)]
        if other:
            told = "; ".join(f"{name}: {begun.get(name)!r}, now {header.get(name)!r}" for name in other)
            raise JournalError(
                f"{self.file} was begun in another way ({told}). Go on in the same way, or begin anew with --fresh"
            )

    def _cut_torn_line(self) -> None:
        """Note what is finished, and cut off what a kill left of a line that was being written."""
        whole = 0
        with self.file.open("rb") as stream:
            for number, line in enumerate(stream):
                told = _parsed(line)
                if told is None or (number and "name" not in told):
                    break
                whole += len(line)
                if number:
                    self.finished.add(told["name"])
        if whole < self.file.stat().st_size:
            os.truncate(self.file, whole)


def journal_of(out: Path) -> Path:
    """Where the journal of a file to be written is."""
    return out.with_name(out.name + ENDING)


def _parsed(line: bytes) -> dict[str, Any] | None:
    """A line's content; None where it is not whole."""
    if not line.endswith(b"\n"):
        return None
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None
