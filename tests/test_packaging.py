"""Dependencies stand in one place, with lower bounds; CI's exact versions in another."""

import importlib
import re
import tomllib

import yaml
from packaging.requirements import Requirement

from tests.support import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIREMENTS = [
    Requirement(line) for line in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
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


def test_opencv_comes_once_and_the_one_without_windows_is_an_extra():
    assert [line for line in PROJECT["dependencies"] if "opencv" in line] == ["opencv-python>=4.9"]
    assert PROJECT["optional-dependencies"]["headless"] == ["opencv-python-headless>=4.9"]


def test_ci_installs_the_libraries_that_opencv_wants():
    for workflow in (ROOT / ".github/workflows").glob("*.yml"):
        for job in yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values():
            commands = [step["run"] for step in job["steps"] if "run" in step]
            assert commands[0] == ".ci/libraries" or "make" not in " ".join(commands), workflow.name
    assert "\n.ci/libraries\n" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_ci_calls_make_test_and_nothing_else():
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert commands == [".ci/libraries", "make test"]
    script = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert [line for line in script if line.startswith(("make", "pip", "python", "pytest"))] == ["make test"]
