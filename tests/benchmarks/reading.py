"""How fast ``lpr-helpers read`` is, and how much memory it takes, for few tracks and for many.

    python -m tests.benchmarks.reading [--tracks 2000 10000] [--workers 1 2] [--unreadable 100000]
        [--folder FOLDER] [--device cpu] [--bare]

Draws a data set of each size (kept in FOLDER), reads it by the command as anybody would, to a CSV file, and prints a
table: tracks per second; processor time of all processes in milliseconds a track, start included, which a machine that
others use too hardly changes; the highest memory of the main process and of the largest worker (resident set). Each
process has one thread. With --unreadable also so many tracks of one file that is no image, which shows what the way
itself takes for very many. With --bare the command finds none of the extras' packages, so that the ONNX file is read.
The last row is the bare model: the same reader, given arrays in batches of 64 tracks.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from lpr_helpers import load_reader
from lpr_helpers.models.shipped_files import ONNX_FILE, SHIPPED
from lpr_helpers.synthetic import write_dataset
from tests.support import ROOT, bare as without

BATCH = 64
MEASURE = """
import resource, sys
from lpr_helpers.cli import main
if __name__ == "__main__":
    code = main(sys.argv[1:])
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(kind) for kind in kinds]
    seconds = sum(one.ru_utime + one.ru_stime for one in used)
    print(seconds, *(one.ru_maxrss / 1024 for one in used), file=sys.stderr)
    sys.exit(code)
"""


def by_command(
    root: Path, out: Path, workers: int, device: str, around: Mapping[str, str]
) -> dict[str, float]:
    """Read a data set by the command; its speed and memory."""
    script = out.with_name("measure.py")
    script.write_text(MEASURE, encoding="utf-8")
    arguments = ["read", str(root), "--out", str(out), "--workers", str(workers), "--device", device]
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(script), *arguments, "--fresh", "--json"],
        check=False,  # 1 where a track could not be read
        capture_output=True,
        text=True,
        env={**around, "OMP_NUM_THREADS": "1"},
    )
    told, cpu, own, workers_mb = json.loads(done.stdout), *map(float, done.stderr.split()[-3:])
    return {
        "tracks/s": told["tracks"] / told["seconds"],
        "seconds in all": time.perf_counter() - started,
        "CPU ms/track": 1000 * cpu / told["tracks"],
        "main MB": own,
        "worker MB": workers_mb if workers > 1 else np.nan,
    }


def unreadable(root: Path, tracks: int) -> Path:
    """Tracks that nobody can read."""
    for number in range(tracks):
        folder = root / f"track_{number:06d}"
        folder.mkdir(parents=True)
        (folder / "lr-001.png").write_bytes(b"no image")
    return root


def model_alone(device: str, file: Path | None, seconds: float = 15.0) -> dict[str, float]:
    """The reader alone, given arrays of frames."""
    torch.set_num_threads(1)
    reader = load_reader(file, device=device)
    rng = np.random.default_rng(0)
    tracks = [rng.integers(0, 255, (5, 1, 32, 128), dtype=np.uint8) for _ in range(BATCH)]
    list(reader.read_iter(tracks))
    count, started, busy = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - started < seconds:
        count += len(list(reader.read_iter(tracks)))
    taken = time.perf_counter() - started, time.process_time() - busy
    return {"tracks/s": count / taken[0], "CPU ms/track": 1000 * taken[1] / count}


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.reading",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tracks", type=int, nargs="*", default=[2000, 10_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--unreadable", type=int, default=0, metavar="TRACKS")
    parser.add_argument("--folder", type=Path, help="where data sets are kept (default: nowhere)")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bare", action="store_true", help="as if only the bare wheel were installed")
    options = parser.parse_args()
    rows = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        home = Path(scratch)
        around = without.environment(home) if options.bare else os.environ | {"PYTHONPATH": str(ROOT)}
        for tracks in options.tracks:
            root = folder / f"tracks-{tracks}"
            if not root.exists():
                write_dataset(root, train=(0, 0), test=tracks, seed=4)
            for workers in options.workers:
                rows[f"{tracks:,} tracks, {workers} processes"] = by_command(
                    root, Path(scratch) / "readings.csv", workers, options.device, around
                )
        if options.unreadable:
            root = unreadable(Path(scratch) / "unreadable", options.unreadable)
            out = Path(scratch) / "readings.csv"
            rows[f"{options.unreadable:,} unreadable tracks"] = by_command(
                root, out, 1, options.device, around
            )
    rows["the bare model"] = model_alone(options.device, SHIPPED / ONNX_FILE if options.bare else None)
    print(pd.DataFrame.from_dict(rows, orient="index").round(1).to_string())


if __name__ == "__main__":
    main()
