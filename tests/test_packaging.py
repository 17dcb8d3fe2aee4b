"""Dependencies stand in one place, with lower bounds; CI's exact versions in another."""

import importlib
import re
import subprocess
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement

from tests.support import ROOT, wheel

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
READING = ["filelock", "lazy-loader", "numpy", "onnxruntime", "opencv-python-headless", "pillow", "tqdm"]
"""All that it takes to read plates."""
REQUIREMENTS = [
    requirement
    for lines in (
        PROJECT["dependencies"],
        *(EXTRAS[name] for name in ("train", "notebooks", "dev", "docs", "release")),
    )
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


@pytest.mark.slow
def test_an_empty_environment_reads_a_plate_with_what_the_wheel_brings(tmp_path):
    """Without torch; how long it takes is printed, `pytest -s` shows it."""
    try:
        built = wheel.build(tmp_path)
    except subprocess.CalledProcessError as error:
        if "No matching distribution" in error.stderr:
            pytest.skip("there is no package index to be reached")
        raise
    assert built.stat().st_size < wheel.MOST_BYTES
    read = wheel.try_it(wheel.install(built, tmp_path / "empty"), tmp_path)
    assert re.fullmatch(r"[A-Z]{3}\d[A-Z\d]\d\d", read)
