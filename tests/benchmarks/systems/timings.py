"""How long systems take on one core: to read a track, beside our reader in turns, and to learn from one.

What is timed has learned next to nothing, which is the same work.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from lpr_helpers.utils.files import write_json
from tests.benchmarks.systems.rows import pace, precision_of, slug
from tests.benchmarks.systems.system import Budget, System
from tests.benchmarks.systems.tracks import Sizes

TRAINED, READ, ROUNDS = 256, 32, 7
"""Tracks that are learnt from, tracks that are read at a time, and how often."""


@dataclass(frozen=True)
class Timing:
    """A system on one core. ms: milliseconds a track, in batches. ratio: of that to what our reader takes in the same
    run. core_tracks_per_s: of training, NaN where there is none.
    """

    system: str
    ms: float
    ratio: float
    core_tracks_per_s: float
    precision: str
    machine: str


def make_timings(systems: Sequence[System], work: Path, tracks: int = TRAINED) -> Iterator[Timing]:
    """The timings that are not there yet, one after another: on a quiet machine, without a GPU."""
    import torch

    from tests.benchmarks.systems.networks import as_it_comes
    from tests.benchmarks.systems.tracks import tracks_to_read, training_tracks

    torch.set_num_threads(1)
    missing = [system for system in systems if not _file(work, system.name).exists()]
    if not missing:
        return
    sizes = Sizes(tracks, READ, READ)
    data = next(iter(tracks_to_read(sizes, work).values()))
    budget = Budget(training_tracks(sizes, work), tracks, work / "timings" / "runs")
    ours = as_it_comes(budget)
    for system in missing:
        own = replace(budget, run=budget.run / slug(system.name))
        try:
            read = system.make(own)
            ms, ratio = in_turns(lambda read=read: read(data), lambda: ours(data))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - one system's fault is no other's
            print(f"{system.name}: not timed ({type(error).__name__}: {error})", flush=True)
            continue
        speed, precision = pace(read, own.run), precision_of(own.run)
        timing = Timing(system.name, ms / READ, ratio, speed, precision, cpu())
        write_json(_file(work, system.name), asdict(timing))
        yield timing


def in_turns(work: Callable, other: Callable, rounds: int = ROUNDS) -> tuple[float, float]:
    """Median milliseconds of a work, and the median of its ratios to another that takes turns with it."""
    taken = [(_seconds(work), _seconds(other)) for _ in range(rounds + 1)][1:]
    return 1000 * statistics.median(one for one, _ in taken), statistics.median(
        one / two for one, two in taken
    )


def read_timings(work: Path) -> dict[str, Timing]:
    """All timings that are there, by system."""
    files = sorted((work / "timings").glob("*.json"))
    timings = [Timing(**json.loads(file.read_text(encoding="utf-8"))) for file in files]
    return {timing.system: timing for timing in timings}


def cpu() -> str:
    """What the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def _seconds(work: Callable) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _file(work: Path, system: str) -> Path:
    return work / "timings" / f"{slug(system)}.json"
