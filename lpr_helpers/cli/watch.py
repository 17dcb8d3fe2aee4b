"""What ``read`` does besides, where it is asked to: a log of all readings, and a queue of those for people."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpr_helpers.cli.outcome import UsageError

if TYPE_CHECKING:
    from lpr_helpers.inference import Journal, PlateReader, TrackSources


@dataclass(frozen=True)
class Watch:
    """audit: the log's file. review: the queue's. below: the confidence from which on no human is asked."""

    audit: Path | None = None
    review: Path | None = None
    below: float | None = None

    def check(self, out: Path, fresh: bool) -> None:
        """Refuse files that are folders, or one another, or an earlier queue."""
        from lpr_helpers.inference import journal_of

        named = {"--out": out, "--audit": self.audit, "--review": self.review}
        seen: dict[Path, str] = {}
        for option, file in named.items():
            if file is None:
                continue
            if file.is_dir():
                raise UsageError(f"{option} {file} is a folder; name a file in it")
            if (other := seen.setdefault(file.resolve(), option)) != option:
                raise UsageError(f"{other} and {option} are both {file}; name two files")
        if self.review and self.review.exists() and not fresh and not journal_of(out).exists():
            raise UsageError(
                f"{self.review} is there already, and people may not be through with it: name another file, or "
                "replace it with --fresh"
            )

    def threshold(self, reader: PlateReader) -> float:
        """The confidence below which tracks go to the queue; NaN where there is none."""
        if not self.review:
            return math.nan
        found = reader.calibration.threshold if self.below is None else self.below
        if not 0 <= found <= 1:
            given = (
                "the reader's calibration has no threshold" if self.below is None else f"{self.below} is none"
            )
            raise UsageError(f"--review takes a confidence from 0 to 1 ({given}): give one by --review-below")
        return found

    @contextmanager
    def log(self, header: dict[str, Any]) -> Iterator[list[Callable]]:
        """What is to be called with the readings of each chunk."""
        if not self.audit:
            yield []
            return
        from lpr_helpers.monitoring import AuditError, AuditLog
        from lpr_helpers.utils import sole_writer

        settings = {name: value for name, value in header.items() if name != "reader"}
        with sole_writer(self.audit):
            try:
                log = AuditLog(self.audit, header["reader"], settings)
            except AuditError as error:
                raise UsageError(str(error)) from error
            yield [log.append]

    def queue(self, journal: Journal, sources: TrackSources, threshold: float) -> list[str]:
        """Write the queue; what there is to say of it."""
        if not self.review:
            return []
        from lpr_helpers.monitoring import doubtful, write_queue

        found = doubtful(journal, threshold)
        write_queue(found, sources, self.review)
        return [f"{self.review}: {len(found):,} tracks below {threshold:.4g} for people to read"]


UNWATCHED = Watch()
