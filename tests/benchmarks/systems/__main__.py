"""Every system that the report names, at one budget, in one table.

    python -m tests.benchmarks.systems [--only NAMES] [--seeds 1,2,3] [--looks 25000] [--tracks 25000]
        [--real [NAME=]FOLDER …] [--processes N] [--timings] [--out systems.csv] [--render docs/systems.md]

Each system learns from the same synthetic tracks, sees as many, and reads synthetic tracks of both scenarios and the
real ones of --real. What --work holds already is not made again; several calls, also at the same time, fill the same
table: --processes starts so many of them here. A system that fails is listed with its error, and --retry tries it
again. --timings measures one core, after all else: do that on a quiet machine; with --no-rows it does nothing else.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

# What draws tracks imports this file in every process: nothing here may load torch.
from tests.benchmarks.systems.tracks import Sizes

PACKAGE = "tests.benchmarks.systems"


def all_systems():
    """The systems of all modules of this package, the networks first."""
    package = importlib.import_module(PACKAGE)
    names = [module.name for module in pkgutil.iter_modules(package.__path__) if module.name != "__main__"]
    modules = [importlib.import_module(f"{PACKAGE}.{name}") for name in names]
    found = [getattr(module, "SYSTEMS", ()) for module in modules]
    systems = [system for some in found for system in some]
    if twice := {system.name for system in systems if [s.name for s in systems].count(system.name) > 1}:
        raise SystemExit(
            f"several systems are called {', '.join(sorted(twice))}: each line needs its own name"
        )
    first = ("networks", "decoding")
    rank = {part: place for place, part in enumerate(first)}
    return sorted(systems, key=lambda system: rank.get(system.part, len(first)))


def chosen(systems, only: str | None):
    """Those named, by whole names or the beginning of one, separated by semicolons; all where none is."""
    if not only:
        return systems
    wanted = [name.strip() for name in only.split(";") if name.strip()]
    names = [system.name for system in systems]
    if unknown := [name for name in wanted if not any(each.startswith(name) for each in names)]:
        raise SystemExit(f"no such system: {'; '.join(unknown)}; choose of {'; '.join(names)}")
    exact = {name for name in wanted if name in names}
    return [
        system
        for system in systems
        if system.name in exact or any(system.name.startswith(name) for name in wanted if name not in exact)
    ]


def make_rows(options: argparse.Namespace) -> None:
    """Make the rows that are wanted, in this process."""
    from tests.benchmarks.systems.rows import make_rows

    systems, seeds = chosen(all_systems(), options.only), [int(seed) for seed in options.seeds.split(",")]
    for row in make_rows(options.bench, systems, seeds, retry=options.retry):
        told = row.error or f"{row.tracks_per_s:,.0f} tracks/s of training"
        print(f"{row.system}, seed {row.seed}: {row.seconds:.0f} s, {told}", flush=True)


def make_timings(options: argparse.Namespace) -> None:
    """Measure one core, in this process."""
    from tests.benchmarks.systems.timings import make_timings

    for timing in make_timings(chosen(all_systems(), options.only), options.work):
        print(f"{timing.system}: {timing.ms:.2f} ms a track, {timing.ratio:.2f} × our reader", flush=True)


def start(part: str, **environment: str) -> subprocess.Popen:
    """Run this very command in another process, which does one part of it: "rows" or "timings"."""
    command = [sys.executable, "-m", PACKAGE, *sys.argv[1:], "--part", part]
    return subprocess.Popen(command, env=environment | os.environ | environment)


def make_all(options: argparse.Namespace) -> None:
    """Make the rows, in as many processes as are wanted, and then measure one core, without a GPU."""
    from lpr_helpers.utils.cores import usable_cores

    if options.rows:
        draw(options)
        threads = str(max(1, usable_cores() // options.processes))
        running = [start("rows", OMP_NUM_THREADS=threads) for _ in range(options.processes)]
        for one in running:
            one.wait()
    if options.timings:
        start("timings", OMP_NUM_THREADS="1", CUDA_VISIBLE_DEVICES="").wait()


def main() -> None:
    """Read the command line, make what is missing, and write the table."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {PACKAGE}", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", help="names of systems, or how they begin, separated by semicolons")
    parser.add_argument("--seeds", default="1", help="such as 1,2,3 (default 1)")
    parser.add_argument(
        "--looks", type=int, default=25_000, help="at tracks, of every system (default 25,000)"
    )
    parser.add_argument("--tracks", type=int, default=Sizes.train, help="to learn from (default 25,000)")
    parser.add_argument(
        "--validation", type=int, default=Sizes.validation, help="tracks that choose a checkpoint"
    )
    parser.add_argument(
        "--test", type=int, default=Sizes.test, help="synthetic tracks of each scenario to read"
    )
    parser.add_argument("--real", nargs="+", default=[], metavar="[NAME=]FOLDER", help="real tracks to read")
    parser.add_argument("--work", type=Path, default=Path("artifacts/systems"), help="folder for all of it")
    parser.add_argument("--processes", type=int, default=1, help="that work side by side here")
    parser.add_argument("--retry", action="store_true", help="make what failed again")
    parser.add_argument("--timings", action="store_true", help="measure one core, after all else")
    parser.add_argument(
        "--no-rows",
        dest="rows",
        action="store_false",
        help="train and read nothing: only --timings, and the table",
    )
    parser.add_argument(
        "--part", choices=("rows", "timings", "tracks"), help="do this alone, and write no table"
    )
    parser.add_argument("--out", type=Path, help="the table as CSV (default: systems.csv in --work)")
    parser.add_argument("--render", type=Path, help="write this page too, such as docs/systems.md")
    parser.add_argument("--list", action="store_true", help="say which systems there are")
    options = parser.parse_args()
    if options.list:
        print("\n".join(f"{system.part}: {system.name}" for system in all_systems()))
        return
    from tests.benchmarks.systems.rows import Bench

    sizes = Sizes(options.tracks, options.validation, options.test)
    options.bench = Bench(options.work, options.looks, sizes, tuple(options.real))
    parts = {"rows": make_rows, "timings": make_timings, "tracks": draw}
    if options.part:
        parts[options.part](options)
    else:
        make_all(options)
        write_table(options)


def draw(options: argparse.Namespace) -> None:
    """Draw and pack all tracks, so that the processes need not wait for one another."""
    from tests.benchmarks.systems.tracks import tracks_to_read, training_tracks

    tracks_to_read(options.bench.sizes, options.work, options.bench.real)
    if any(system.trained for system in chosen(all_systems(), options.only)):
        training_tracks(options.bench.sizes, options.work)


def write_table(options: argparse.Namespace) -> None:
    """Put all rows together, print what they say, and write the table and the page."""
    from lpr_helpers.evaluation.systems import read_systems, systems_table
    from lpr_helpers.utils.tables import write_csv
    from tests.benchmarks.systems.page import write_page
    from tests.benchmarks.systems.rows import read_rows
    from tests.benchmarks.systems.table import together
    from tests.benchmarks.systems.timings import read_timings

    rows, truth = read_rows(options.bench)
    table = together(all_systems(), rows, truth, read_timings(options.work))
    if table.empty:
        print(f"no row in {options.bench.folder} yet")
        return
    out = write_csv(table, options.out or options.work / "systems.csv")
    print(systems_table(read_systems(out)).to_string())
    if options.render:
        print(write_page(read_systems(out), options.render))


if __name__ == "__main__":
    main()
