"""What is fastest on this machine, by a short measurement that is remembered: flags do not say how fast a processor is.

What was measured stands in ``measured.json`` in the user's cache folder (`cache_folder`); to measure anew, delete it.
With ``LPR_MEASURE=no`` nothing is measured, and the first, plain way is taken.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock

from lpr_helpers.utils.files import write_json
from lpr_helpers.utils.regular import read_regular

SWITCH = "LPR_MEASURE"
"""The environment variable that forbids measuring, if it is "no"."""
GAIN = 0.05
"""Another way than the plain one is taken where it saves at least this share of the time."""
MOST_KEPT = 500
"""Choices in the file; the oldest are forgotten."""
PATIENCE = 30.0
"""Seconds that a process waits for another one's measurement, before it measures beside it."""


Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Choice:
    """What was taken, and why. seconds: what each way took; empty where there was one way, or nothing was measured."""

    name: str
    seconds: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        if not self.seconds:
            return self.name
        told = "; ".join(f"{name} {1000 * seconds:.1f} ms" for name, seconds in self.seconds.items())
        return f"{self.name} (measured: {told})"


def fastest(names: Sequence[str], measure: Callable[[], Mapping[str, float]], **what: Any) -> Choice:
    """The fastest of several ways to do the same, measured once on this machine and remembered.

    names: of the ways; the first is plain, and taken where no other is clearly faster (`decided`). measure: gives the
    seconds of each, without those that do not work here. what: all else that the speed depends on, such as threads and
    versions; whatever JSON can hold. Processes that ask for the same at once wait for the first, and all take the same.
    A file that is damaged or cannot be written costs a new measurement in each process, and nothing else.
    """
    if len(names) == 1 or os.environ.get(SWITCH) == "no":
        return Choice(names[0])
    file = cache_folder() / "measured.json"
    key = json.dumps({"ways": list(names), "processor": processor(), **what}, sort_keys=True, default=str)
    if known := _known(file, key, names):
        return known
    with _alone(file):
        known = _known(file, key, names)
        if not known:
            seconds = dict(measure())
            known = _here[key] = Choice(decided(seconds, names[0]), seconds)
            _keep(file, key, known)
    return known


def decided(seconds: Mapping[str, float], plain: str, gain: float = GAIN) -> str:
    """The fastest way, if it saves the share ``gain`` of the ``plain`` one's time, or if that one does not work."""
    if not seconds:
        return plain
    best = min(seconds, key=lambda name: seconds[name])
    return plain if plain in seconds and seconds[best] > (1 - gain) * seconds[plain] else best


def timed_in_turns(
    works: Mapping[Name, Callable[[], object]], budget: float, most: int = 15
) -> dict[Name, float]:
    """Median seconds of each piece of work, done in turns, so that a busy machine disturbs all alike.

    The first round warms up and does not count; after ``budget`` seconds, or ``most`` rounds, none begins any more.
    """
    taken: dict[Name, list[float]] = {name: [] for name in works}
    end = time.perf_counter() + budget
    for number in range(most + 1):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            taken[name].append(time.perf_counter() - started)
        if number and time.perf_counter() > end:
            break
    return {name: statistics.median(seconds[1:]) for name, seconds in taken.items()}


@cache
def processor() -> str:
    """The processor's name with the numbers that tell its generation, as far as the system says them."""
    told: dict[str, str] = {}
    with suppress(OSError, ValueError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            told.setdefault(name.strip(), value.strip())
    known = [
        told[name] for name in ("model name", "cpu family", "model", "stepping", "CPU part") if name in told
    ]
    return " ".join(known) or f"{platform.processor()} {platform.machine()}".strip()


def cache_folder() -> Path:
    """Where the user keeps what can be made again, of this package."""
    if home := os.environ.get("XDG_CACHE_HOME"):
        return Path(home) / "lpr-helpers"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "lpr-helpers"
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "lpr-helpers"


_here: dict[str, Choice] = {}
"""What this process has measured, for where no file can be written."""


def _known(file: Path, key: str, names: Sequence[str]) -> Choice | None:
    """What was measured before, where that can be believed."""
    with suppress(KeyError, ValueError, TypeError, AttributeError):
        entry = _kept(file)[key]
        choice = Choice(entry["name"], {name: float(seconds) for name, seconds in entry["seconds"].items()})
        if choice.name in names:
            return choice
    return _here.get(key)


def _kept(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_regular(file))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep(file: Path, key: str, choice: Choice) -> None:
    entry = asdict(choice) | {"measured": time.strftime("%Y-%m-%d")}
    others = list({name: kept for name, kept in _kept(file).items() if name != key}.items())
    with suppress(OSError, ValueError):
        write_json(file, dict([*others[1 - MOST_KEPT :], (key, entry)]))


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Measure while no other process does, where the file system knows locks: two at once would disturb each other."""
    lock = FileLock(file.with_suffix(".lock"))
    with suppress(OSError, NotImplementedError):  # a timeout is an OSError too
        file.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        with suppress(OSError):
            lock.release()
