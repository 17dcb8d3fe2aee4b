"""Dependencies stand in one place, with lower bounds; CI's exact versions in another."""

import importlib
import re
import subprocess
import sys
import tomllib
import venv

import pytest
import yaml
from packaging.requirements import Requirement

from tests.support import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
READING = ["lazy-loader", "numpy", "onnxruntime", "opencv-python-headless", "pillow", "tqdm"]
"""All that it takes to read plates."""
REQUIREMENTS = [
    requirement
    for lines in (PROJECT["dependencies"], *(EXTRAS[name] for name in ("train", "notebooks", "dev")))
    for requirement in map(Requirement, lines)
    if requirement.name != "lpr-helpers"
]


def test_the_project_states_lower_bounds_only():
    for requirement in REQUIREMENTS:
        assert [bound.operator for bound in requirement.specifier] == [">="], requirement


def test_the_command_is_there_and_is_not_the_printers():
    (name, target) = next(iter(PROJECT["scripts"].items()))
    module, function = target.split(":")
    assert name == "lpr-helpers"
    assert callable(getattr(importlib.import_module(module), function))


def test_constraints_pin_every_dependency_exactly_and_within_the_bounds():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(
        re.fullmatch(r"([\w.-]+)==([\w.]+)", line).groups() for line in lines if not line.startswith("#")
    )
    pins = {name.lower().replace("_", "-"): version for name, version in pins.items()}
    assert pins["torch"] == "2.13.0"
    for requirement in REQUIREMENTS:
        assert requirement.specifier.contains(pins[requirement.name]), requirement


def test_nothing_needs_torchvision():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8") + (ROOT / "pyproject.toml").read_text(
        encoding="utf-8"
    )
    assert not re.search(r"torchvision|torchaudio|timm", text)


def test_conda_lists_no_second_set_of_packages():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, project = environment["dependencies"]
    assert python.startswith("python>=3.11")
    assert (pip, project) == ("pip", {"pip": ["-e .[dev]"]})


def test_reading_takes_few_packages_and_each_extra_holds_the_one_before():
    assert [Requirement(line).name for line in PROJECT["dependencies"]] == READING
    names = {name: [Requirement(line) for line in lines] for name, lines in EXTRAS.items()}
    assert "torch" in [requirement.name for requirement in names["train"]]
    assert names["notebooks"][0] == Requirement("lpr-helpers[train]")
    assert names["dev"][0] == Requirement("lpr-helpers[notebooks]")


def test_opencv_comes_once_and_opens_no_windows():
    opencv = [requirement.name for requirement in REQUIREMENTS if "opencv" in requirement.name]
    assert opencv == ["opencv-python-headless"]


def test_ci_calls_make_test_and_nothing_else():
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert commands == ["make test"]
    script = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert [line for line in script if line.startswith(("make", "pip", "python", "pytest"))] == ["make test"]


READ = """
import sys, time
started = time.perf_counter()
from lpr_helpers import load_reader
imported = time.perf_counter()
reading = load_reader().read(sys.argv[1])
print(reading.text, reading.calibrated, sorted({"torch", "pandas", "scipy"} & set(sys.modules)))
print(f"import {imported - started:.2f} s, first reading {time.perf_counter() - imported:.2f} s", file=sys.stderr)
"""


@pytest.mark.slow
def test_an_empty_environment_reads_a_plate_with_what_the_wheel_brings(tmp_path):
    """Without torch; how long it takes is printed, `pytest -s` shows it."""
    asked = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(tmp_path),
        str(ROOT),
    ]
    made = subprocess.run(asked, check=False, capture_output=True, text=True, timeout=600)
    if made.returncode and "No matching distribution" in made.stderr:
        pytest.skip("there is no package index to be reached")
    assert made.returncode == 0, made.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.stat().st_size < 15e6
    venv.create(tmp_path / "empty", with_pip=True, symlinks=True)
    python = tmp_path / "empty" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(wheel)], check=True, timeout=600)
    packages = subprocess.run(
        [python, "-m", "pip", "list"], check=True, capture_output=True, text=True
    ).stdout
    assert "torch" not in packages
    assert "pandas" not in packages
    track = next((ROOT / "tests" / "fixture" / "train").rglob("track_*"))
    done = subprocess.run(
        [python, "-c", READ, str(track)], cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60
    )
    print(done.stderr)
    assert re.fullmatch(r"[A-Z]{3}\d[A-Z\d]\d\d True \[\]\n", done.stdout)
