"""The wheel in an environment that has nothing else: ``python -m tests.support.wheel FOLDER -c constraints.txt``.

Needs no package, so that any Python can try it; options of pip follow the folder.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from tests.support import FIXTURE, ROOT

MOST_BYTES = 15e6
READINGS = FIXTURE.with_name("fixture-readings.csv")
"""What the reader in the package reads of the fixture, in float32."""
READ = """
import importlib.metadata, pathlib, sys, time
started = time.perf_counter()
import lpr_helpers
reader = lpr_helpers.load_reader()
reading = reader.read(sys.argv[1])
print(f"first reading after {time.perf_counter() - started:.2f} s", file=sys.stderr)
assert pathlib.Path(lpr_helpers.__file__).is_relative_to(sys.prefix), lpr_helpers.__file__
assert lpr_helpers.__version__ == importlib.metadata.version("lpr-helpers")
assert reading.calibrated
assert not {"torch", "pandas", "scipy"} & set(sys.modules)
print(reading.text)
"""


def build(folder: Path) -> Path:
    """The wheel, built into ``folder``. Raises CalledProcessError, with what pip says in ``stderr``."""
    _run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT])
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path, *options: str) -> Path:
    """A new environment in ``folder`` with the wheel and what it needs, without even a pip; returns its Python."""
    venv.create(folder, clear=True, symlinks=True)
    python = folder / "bin" / "python"
    _run([sys.executable, "-m", "pip", "--python", python, "install", "--quiet", *options, wheel])
    return python


def try_it(python: Path, folder: Path) -> str:
    """The command's help, a folder that it reads, a track read from Python, and what wants an extra; returns its text.

    folder: to be in meanwhile. Raises CalledProcessError or AssertionError where something is not as it should be.
    """
    track = min((FIXTURE / "train").rglob("track_*"))
    command = python.with_name("lpr-helpers")
    assert "usage: lpr-helpers" in _run([command, "--help"], folder).stdout
    assert "✓ reader" in _run([command, "doctor"], folder).stdout
    refused = _run([command, "check-data", FIXTURE], folder, code=2)
    assert 'pip install "lpr-helpers[train]"' in refused.stderr, refused.stderr
    _run([command, "read", FIXTURE, "--out", folder / "readings.csv", "--workers", "2"], folder)
    check_readings(folder / "readings.csv")
    done = _run([python, "-c", READ, track], folder)
    print(done.stderr.strip())
    return done.stdout.strip()


def check_readings(file: Path) -> None:
    """Raise AssertionError where a CSV file of the fixture's readings holds others than are expected."""
    expected, found = _rows(READINGS), _rows(file)
    assert [row["folder"] for row in found] == [row["folder"] for row in expected]
    for row, wanted in zip(found, expected, strict=True):
        assert (row["reading"], row["problem"]) == (wanted["text"], ""), row
        assert abs(float(row["confidence"]) - float(wanted["confidence"])) < 1e-3, row


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _run(command: list[str | Path], folder: Path = ROOT, code: int = 0) -> subprocess.CompletedProcess[str]:
    # Neither the checkout nor somebody's PYTHONPATH may stand in for the wheel.
    around = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=folder, env=around, check=False, capture_output=True, text=True, timeout=600
    )
    if done.returncode != code:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return done


def main(folder: Path, *options: str) -> None:
    """Build, install and try the wheel in ``folder``, and say how it went."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        wheel = build(folder)
        read = try_it(install(wheel, folder / "environment", *options), folder)
    except subprocess.CalledProcessError as error:
        sys.exit(f"{' '.join(map(str, error.cmd))}\n{error.stdout}{error.stderr}")
    size = wheel.stat().st_size
    assert size < MOST_BYTES, f"{wheel.name} has {size:,} bytes"
    python = ".".join(map(str, sys.version_info[:3]))
    print(f"{wheel.name} ({size / 1e6:.1f} MB) on Python {python}: reads {read}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), *sys.argv[2:])
