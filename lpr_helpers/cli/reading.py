"""What ``read`` and ``submit`` share: which tracks, which reader, and the way through them that a kill cannot undo."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpr_helpers.cli.outcome import FINDINGS, FINE, Outcome, UsageError

if TYPE_CHECKING:
    from lpr_helpers.inference import Journal, PlateReader, ReaderSpec, TrackReading, TrackSources


@dataclass
class Counts:
    """How a reading of many tracks went. before: tracks that an earlier call had read; unread: of all."""

    tracks: int
    before: int
    unread: int = 0
    seconds: float = 0.0

    def outcome(self, out: Path, more: dict[str, Any] | None = None, told: Iterable[str] = ()) -> Outcome:
        """The outcome of a command that wrote ``out``."""
        now = self.tracks - self.before
        speed = f", {now / self.seconds:,.0f} tracks/s" if now and self.seconds else ""
        lines = [f"{out}: {self.tracks:,} tracks, {now:,} of them read now in {self.seconds:.1f} s{speed}"]
        if self.unread:
            lines.append(f"{self.unread:,} could not be read; each says why")
        data = {"out": str(out), **vars(self)} | (more or {})
        return Outcome("\n".join([*lines, *told]), data, FINDINGS if self.unread else FINE)


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """The options that say which reader reads, and how."""
    reader = "folder of a checkpoint, such as phase1/best, or pair, for both readers in the package (default: one of "
    reader += "them); several are an ensemble"
    parser.add_argument("--reader", nargs="+", default=[], metavar="FOLDER", help=reader)
    parser.add_argument(
        "--layout", default="any", metavar="NAME", help="any (default), none, or a layout's name"
    )
    parser.add_argument("--prior", metavar="FILE", help="text prior that save_prior wrote")
    parser.add_argument(
        "--tta", type=int, default=1, metavar="TIMES", help="read each so often, slightly moved"
    )
    parser.add_argument("--device", help="cpu, cuda or mps (default: the best at hand)")
    parser.add_argument("--precision", choices=("no", "bf16", "fp16"), help="default: the device's fastest")
    workers = "processes; 1 (default) is this one with all its threads; more have one thread each"
    parser.add_argument("--workers", type=int, default=1, metavar="N", help=workers)
    chunk = "tracks that are read, and kept, together (128)"
    parser.add_argument("--chunk", type=int, default=128, metavar="N", help=chunk)
    anew = "begin anew: forget what a stopped reading left, and replace the file"
    parser.add_argument("--fresh", action="store_true", help=anew)


def check_out(out: Path, fresh: bool) -> None:
    """Refuse to write over a finished file, or where nothing can be written."""
    from lpr_helpers.inference import journal_of, needs_pyarrow

    if out.is_dir():
        raise UsageError(f"{out} is a folder; name a file in it")
    if out.exists() and not fresh and not journal_of(out).exists():
        raise UsageError(f"{out} is there already; name another file, or replace it with --fresh")
    try:
        needs_pyarrow(out)
    except ImportError as error:
        raise UsageError(str(error)) from error


def specified(options: argparse.Namespace, root: Path, *, hashes: bool = False) -> ReaderSpec:
    """The reader that the options ask for, with the layouts of the folder's ``plates.toml`` where it has one."""
    from lpr_helpers.data.folders import plates_home
    from lpr_helpers.inference import ReaderSpec
    from lpr_helpers.plates import PLATE_FILE, PlateFormat

    if options.workers < 1:
        raise UsageError(f"--workers {options.workers}: 1 or more")
    if options.chunk < 1:
        raise UsageError(f"--chunk {options.chunk}: 1 or more")
    home = plates_home(root)
    plate = PlateFormat.of(home) if (home / PLATE_FILE).exists() else None
    layout = None if options.layout == "none" else options.layout
    return ReaderSpec(
        tuple(options.reader),
        options.device,
        options.tta,
        options.precision,
        plate,
        options.prior,
        layout,
        hashes,
    )


def loaded(spec: ReaderSpec) -> PlateReader:
    """The reader, or a message that says why there is none."""
    from lpr_helpers.models import CheckpointError

    try:
        reader = spec.load()
    except (CheckpointError, ValueError, OSError) as error:
        raise UsageError(str(error)) from error
    if reader.frame_format.preprocessing.rectify and not find_spec("jsonschema"):
        raise UsageError(
            "this reader straightens plates by the corners in their annotations, which takes jsonschema: "
            'pip install "lpr-helpers[train]"'
        )
    known = [*reader.plate.layouts, "any"]
    if spec.layout is not None and spec.layout not in known:
        raise UsageError(f"--layout {spec.layout}: choose any, none or {', '.join(reader.plate.layouts)}")
    return reader


def header_of(
    sources: TrackSources, spec: ReaderSpec, reader: PlateReader, pattern: str | None
) -> dict[str, Any]:
    """All that the readings depend on, so that a journal is gone on with in the same way or not at all."""
    return {
        "root": str(sources.root),
        "pattern": pattern,
        "reader": [member.digest for member in reader.members],
        "weights": None if reader.weights is None else list(map(float, reader.weights)),
        "input": list(reader.frame_format.names),
        "tta": spec.tta,
        "precision": spec.precision,
        "layout": spec.layout,
        "layouts": dict(reader.plate.layouts),
        "prior": reader.prior.digest if reader.prior else "",
        "hashes": spec.hashes,
    }


def read_all(
    sources: TrackSources,
    spec: ReaderSpec,
    reader: PlateReader,
    journal: Journal,
    options: argparse.Namespace,
    listeners: Iterable[Any] = (),
) -> Counts:
    """Read what the journal lacks into it; ``listeners`` are called with the readings of each chunk before that."""
    from lpr_helpers.inference import chunks_of, read_chunks
    from lpr_helpers.utils import bar

    before = sum(name in journal.finished for name in sources.names)
    counts, started = Counts(len(sources.names), before), time.perf_counter()
    chunks = chunks_of(sources, journal.finished, options.chunk)
    with bar(None, "Reading", total=counts.tracks, initial=before, unit=" tracks") as progress:
        for readings in read_chunks(chunks, spec, reader, options.workers):
            for listener in listeners:
                listener(readings)
            journal.append(readings)
            progress.update(len(readings))
    counts.seconds = round(time.perf_counter() - started, 3)
    return counts


def readings_of(sources: TrackSources, journal: Journal, counts: Counts) -> Iterable[TrackReading]:
    """The journal's readings of these tracks, one at a time; those that say why nothing was read are counted."""
    wanted = frozenset(sources.names)
    for reading in journal:
        if reading.name in wanted:
            counts.unread += bool(reading.problem)
            yield reading
