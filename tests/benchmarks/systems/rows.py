"""One small file for each line of the table and each seed, so that several processes can make them side by side."""

from __future__ import annotations

import json
import re
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from lpr_helpers.utils.files import write_json
from lpr_helpers.utils.locks import FolderInUseError, sole_writer
from tests.benchmarks.systems.system import Budget, Read, System
from tests.benchmarks.systems.tracks import Sizes


@dataclass(frozen=True)
class Row:
    """What one system read after one seed, and what it took; or why it came to nothing (``error``).

    readings: by the name of what it was tried on, a text a track. seconds: of all of it. tracks_per_s: of training,
    NaN where nothing was trained.
    """

    system: str
    seed: int
    looks: int
    tracks: int
    device: str
    precision: str
    parameters: int = 0
    tracks_per_s: float = float("nan")
    seconds: float = 0.0
    readings: dict[str, list[str]] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class Bench:
    """Where rows come from and go to. work: a folder for all of it. real: as in `tracks.tracks_to_read`."""

    work: Path
    looks: int = 25_000
    sizes: Sizes = field(default_factory=Sizes)
    real: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """For all that depends on the budget."""
        return self.work / f"{self.looks}-looks-{self.sizes.train}-tracks"

    def file(self, system: str, seed: int) -> Path:
        """Of a row."""
        return self.folder / "rows" / f"{slug(system)}-{seed}.json"


def slug(name: str) -> str:
    """A name as part of a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def in_order(systems: Sequence[System]) -> list[System]:
    """Each system after the one that it is compared with, and otherwise as they are."""
    named = {system.name: system for system in systems}

    def depth(system: System, seen: tuple[str, ...] = ()) -> int:
        if system.beside not in named or system.beside in seen:
            return 0
        return 1 + depth(named[system.beside], (*seen, system.name))

    return sorted(systems, key=depth)


def make_rows(
    bench: Bench, systems: Sequence[System], seeds: Sequence[int], *, retry: bool = False
) -> Iterator[Row]:
    """The rows that are not there yet and that no other process makes, one after another.

    A row that fails is written down with its error, and only ``retry`` makes it again.
    """
    from tests.benchmarks.systems.tracks import tracks_to_read, training_tracks

    wanted = [
        (system, seed) for seed in seeds for system in in_order(systems) if system.trained or seed == seeds[0]
    ]
    missing = [(system, seed) for system, seed in wanted if not is_made(bench.file(system.name, seed), retry)]
    if not missing:
        return
    tests = tracks_to_read(bench.sizes, bench.work, bench.real)
    write_truth(bench, {name: data.table for name, data in tests.items()})
    learns = any(system.trained for system, _ in missing)
    data = training_tracks(bench.sizes, bench.work) if learns else next(iter(tests.values()))
    budget = Budget(data, bench.looks, bench.folder / "runs")
    started = time.time()
    for system, seed in missing:
        file = bench.file(system.name, seed)
        try:
            with sole_writer(bench.folder / "claims" / file.stem):
                if is_made(file, retry and not (file.exists() and file.stat().st_mtime > started)):
                    continue
                own = replace(budget, seed=seed, run=budget.run / file.stem)
                row = replace(made(system, own, tests), tracks=bench.sizes.train)
                write_json(file, asdict(row))
        except FolderInUseError:
            continue
        yield row


def is_made(file: Path, retry: bool = False) -> bool:
    """Whether a row is there; one that failed is not, where it is to be tried again."""
    return file.exists() and not (retry and read_row(file).error)


def made(system: System, budget: Budget, tests: dict) -> Row:
    """A system made and tried: a row, whatever happens."""
    from lpr_helpers.utils.devices import best_device, gpus

    device = best_device()
    named = gpus()[0].name if device.type == "cuda" else device.type
    row = Row(system.name, budget.seed, budget.looks, 0, named, "no")
    started = time.perf_counter()
    try:
        read = system.make(replace(budget, device=str(device)))
        row = replace(
            row, parameters=int(getattr(read, "parameters", 0)), tracks_per_s=pace(read, budget.run)
        )
        found = {name: texts_of(read, data) for name, data in tests.items()}
        row = replace(row, readings={name: texts for name, texts in found.items() if texts is not None})
    except (Exception, SystemExit) as error:  # noqa: BLE001 - one system's fault is no other's
        traceback.print_exc()
        row = replace(row, error=f"{type(error).__name__}: {error}".splitlines()[0][:300], readings={})
    return replace(row, precision=precision_of(budget.run), seconds=time.perf_counter() - started)


def texts_of(read: Read, data) -> list[str] | None:
    """What a system reads of some tracks, whose layouts it is told where they are known; None where it sees none."""
    import torch

    from lpr_helpers.decoding.slot_reading import read_slots

    found = read(data)
    if not isinstance(found, list):
        slots = torch.as_tensor(np.asarray(found))
        if len(slots) and slots.isnan().all():
            return None
        found = read_slots(slots, data.table["layout"].tolist(), data.plate).texts
    if len(found) != len(data.table):
        raise ValueError(f"{len(found)} readings of {len(data.table)} tracks")
    return found


def pace(read: Read, run: Path) -> float:
    """Tracks a second of training: what the reader says of it, or else the mean over the epochs of all its runs."""
    if told := getattr(read, "tracks_per_s", None):
        return float(told)
    paces = [
        number
        for file in sorted(Path(getattr(read, "run", None) or run).rglob("history.csv"))
        for number in pd.read_csv(file)["tracks_per_s"]
    ]
    return len(paces) / sum(1 / number for number in paces) if paces else float("nan")


def precision_of(run: Path) -> str:
    """What the runs of a system were trained in, as they say; what a GPU would be, where nothing was trained."""
    from lpr_helpers.utils.devices import fastest_precision

    configs = (json.loads(file.read_text(encoding="utf-8")) for file in sorted(run.rglob("config.json")))
    return next((config["circumstances"]["precision"] for config in configs), fastest_precision())


def write_truth(bench: Bench, tables: dict[str, pd.DataFrame]) -> None:
    """Keep what the tracks say, so that rows can be put together where no track is. SystemExit if rows that are there
    were tried on others.
    """
    file = bench.folder / "truth.json"
    truth = {name: table["text"].tolist() for name, table in tables.items()}
    if file.exists() and (kept := json.loads(file.read_text(encoding="utf-8"))) != truth:
        others = ", ".join(sorted(set(kept) ^ set(truth))) or "as they are called alike"
        raise SystemExit(
            f"the rows in {bench.folder} were tried on other tracks ({others}): give the same --real, or another --work"
        )
    if not file.exists():
        write_json(file, truth)


def read_rows(bench: Bench) -> tuple[list[Row], dict[str, list[str]]]:
    """All rows that are there, and the truth of what they were tried on."""
    rows = [read_row(file) for file in sorted((bench.folder / "rows").glob("*.json"))]
    truth = bench.folder / "truth.json"
    return rows, json.loads(truth.read_text(encoding="utf-8")) if truth.exists() else {}


def read_row(file: Path) -> Row:
    """A row from its file."""
    return Row(**json.loads(file.read_text(encoding="utf-8")))
