"""Who read what, when, and with what: an append-only log, each line of which vouches for the one before it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lpr_helpers.inference.journal import TrackReading
from lpr_helpers.utils.installed import versions

START = "0" * 64
"""What the first line has in place of the line before it."""


class AuditError(ValueError):
    """A log whose lines do not follow from one another: the message names the first that does not."""


class AuditLog:
    """Adds lines to a log, JSON one a track; one process at a time (`locks.sole_writer`).

    A line holds the track, the hash of its frames (`inference.frames_hash`), reading, confidence, layout, the
    characters' confidences, problem, the readers' digests, the package's version, the time (UTC), and ``previous``:
    SHA-256 of the line before. So a line that somebody changes or takes out shows, unless all later ones are written
    anew: keep the last hash elsewhere, too.

    file: begun where it is missing. readers: digests of the networks. settings: all else that readings depend on. A
    line that a kill tore is cut off. Raises AuditError where the file is no log.
    """

    def __init__(self, file: Path, readers: Sequence[str], settings: dict[str, Any] | None = None) -> None:
        self.file = file
        self.same: dict[str, Any] = {"readers": list(readers), "version": versions().get("lpr-helpers", "")}
        self.same["settings"] = settings or {}
        file.parent.mkdir(parents=True, exist_ok=True)
        self.last = _last_hash(file)

    def append(self, readings: Iterable[TrackReading]) -> None:
        """Log readings; once this returns they are on the disk."""
        time, lines = datetime.now(UTC).isoformat(timespec="milliseconds"), []
        for reading in readings:
            told = vars(reading) | self.same | {"time": time, "previous": self.last}
            line = json.dumps(told) + "\n"
            self.last = _hash(line.encode())
            lines.append(line)
        with self.file.open("ab") as stream:
            stream.write("".join(lines).encode())
            stream.flush()
            os.fsync(stream.fileno())


def read_audit(file: Path) -> Iterator[dict[str, Any]]:
    """The lines of a log, one at a time, each checked against the one before.

    Raises AuditError at the first line that was changed, or before which something is missing.
    """
    previous = START
    with file.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                told = json.loads(line)
                follows = told["previous"] == previous
            except (ValueError, KeyError, TypeError):
                follows = False
            if not follows:
                raise AuditError(
                    f"{file}, line {number}: it, or what stood before it, is not what was logged"
                )
            previous = _hash(line)
            yield told


def check_audit(file: Path) -> tuple[int, str]:
    """How many lines a log holds, and the hash of its last one; raises AuditError as `read_audit` does."""
    lines = sum(1 for _ in read_audit(file))
    return lines, _last_hash(file)


def _last_hash(file: Path) -> str:
    """The hash of the last whole line; what stands behind it is cut off."""
    if not file.exists() or not file.stat().st_size:
        return START
    whole, last = 0, b""
    with file.open("rb") as stream:
        for line in stream:
            if line.endswith(b"\n"):
                whole, last = whole + len(line), line
    if last and not last.startswith(b'{"name": '):
        raise AuditError(f"{file} is no log of readings; name another file")
    if whole < file.stat().st_size:
        if not last:
            raise AuditError(f"{file} is no log of readings; name another file")
        os.truncate(file, whole)
    return _hash(last)


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
