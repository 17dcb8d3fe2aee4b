"""Colab: the set-up cell on a machine made to look like it, and the versions that it ships."""

import json
import os
import shutil
import subprocess
import tomllib
import venv
from pathlib import Path

import lazy_loader
import nbformat
import pytest
import yaml
from packaging.requirements import Requirement

from lpr_helpers.notebook.pairs import DRIVE, notebook_pairs, repository
from tests.support import ROOT
from tests.support.robustness import Area

given = Area("Installations")
NOTEBOOKS = [source.with_suffix(".ipynb") for source in notebook_pairs(ROOT)]
TORCH = "2.11.0+cu128"

# What `pip install FOLDER` does to this package, written down instead of asked from the network.
PIP = """\
import json, shutil, sys
from pathlib import Path
here = Path(__file__).parent.parent
with (here / "calls.txt").open("a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
if (here / "offline").exists():
    sys.exit("no network")
shutil.copytree(Path(sys.argv[3].removesuffix("[notebooks]")) / "lpr_helpers", here / "lpr_helpers")
"""

# In Colab google.colab is imported before the first cell.
KERNEL = """\
import sys
from importlib.util import find_spec
from pathlib import Path
if find_spec("google"):
    import google.colab
exec(Path(sys.argv[1]).read_text())
assert "torch" not in sys.modules
import lpr_helpers
print(lpr_helpers.__file__, lpr_helpers.__version__)
"""


def cell(notebook, tag):
    """The code of a notebook's one cell of this tag."""
    cells = nbformat.read(notebook, as_version=4).cells
    (found,) = (cell.source for cell in cells if tag in cell.metadata.get("tags", []))
    return found


class Machine:
    """A machine with Python, git, torch and lazy_loader, but without this package; in Colab with ``google.colab``.

    The set-up cell's ``/content`` is a folder of its own, and what it clones is a repository on this disk.
    """

    def __init__(self, folder, colab=True):
        self.content, home = folder / "content", folder / "home"
        self.content.mkdir()
        home.mkdir()
        self.python = folder / "python" / "bin" / "python"
        venv.create(folder / "python", symlinks=True)
        (self.packages,) = (folder / "python").glob("lib/python*/site-packages")
        self.put("pip/__init__.py", "")
        self.put("pip/__main__.py", PIP)
        self.put("torch/__init__.py", "raise ImportError('the set-up cell has no business with torch')")
        shutil.copytree(Path(lazy_loader.__file__).parent, self.packages / "lazy_loader")
        self.put("torch.dist-info/METADATA", f"Metadata-Version: 2.1\nName: torch\nVersion: {TORCH}\n")
        if colab:
            self.put("google/colab/__init__.py", "")
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}
        self.environment |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_VALUE_0": repository(ROOT)}
        self.environment["GIT_CONFIG_KEY_0"] = f"url.{origin(folder).as_uri()}.insteadOf"

    def put(self, name, text):
        (self.packages / name).parent.mkdir(parents=True, exist_ok=True)
        (self.packages / name).write_text(text)

    def run(self, code):
        """Run a cell in a new process, then import the package; the finished process."""
        file = self.content / "cell.py"
        file.write_text(code.replace("/content", str(self.content)))
        kernel = [str(self.python), "-c", KERNEL, str(file)]
        return subprocess.run(
            kernel,
            cwd=self.content,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )

    @property
    def pip_calls(self):
        calls = self.packages / "calls.txt"
        return [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []


def origin(folder):
    """The package as it is now, in a git repository of two commits."""
    repository = folder / "origin"
    git = ["git", "-C", str(repository), "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    ignore = shutil.ignore_patterns("__pycache__", "shipped", "fonts")
    shutil.copytree(ROOT / "lpr_helpers", repository / "lpr_helpers", ignore=ignore)
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "Nothing yet"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "The package"], check=True)
    return repository


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_in_colab_the_set_up_cell_clones_and_installs_all_but_torch(machine):
    done = machine.run(cell(NOTEBOOKS[0], "setup"))
    assert done.returncode == 0, done.stderr
    assert str(machine.packages / "lpr_helpers") in done.stdout
    clone = machine.content / "lpr"
    assert machine.pip_calls == [["install", "-q", f"{clone}[notebooks]", f"torch=={TORCH}"]]
    log = subprocess.run(
        ["git", "-C", str(clone), "log", "--format=%s"], capture_output=True, text=True, check=True
    )
    assert log.stdout == "The package\n", "a shallow clone has the last commit alone"

    assert machine.run(cell(NOTEBOOKS[1], "setup")).returncode == 0
    assert len(machine.pip_calls) == 1, "the second notebook of a session finds everything there"


def test_in_colab_a_set_up_that_failed_goes_on_when_run_again(machine):
    machine.put("offline", "")
    failed = machine.run(cell(NOTEBOOKS[0], "setup"))
    assert failed.returncode != 0
    assert "CalledProcessError" in failed.stderr
    (machine.packages / "offline").unlink()
    done = machine.run(cell(NOTEBOOKS[0], "setup"))
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "lacking",
    [
        given("a kernel whose Python lacks the package", "the first cell names it", "lpr_helpers"),
        given("a kernel whose Python lacks torch", "the first cell names it", "torch"),
    ],
)
def test_elsewhere_the_set_up_cell_installs_nothing_but_says_which_python_lacks_what(tmp_path, lacking):
    machine = Machine(tmp_path, colab=False)
    shutil.rmtree(machine.packages / "torch")
    for name in {"lpr_helpers", "torch"} - {lacking}:
        machine.put(f"{name}/__init__.py", "")
    done = machine.run(cell(NOTEBOOKS[0], "setup"))
    assert done.returncode == 1
    assert done.stderr == (
        f"{machine.python}, this kernel's Python, lacks {lacking}: choose another (see README)\n"
    )
    assert not machine.pip_calls
    assert not (machine.content / "lpr").exists()


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda file: file.stem)
def test_the_first_cells_are_set_up_then_drive_then_parameters(notebook):
    cells = nbformat.read(notebook, as_version=4).cells
    assert [c.metadata["tags"] for c in cells if c.metadata.get("tags")] == [
        ["setup"],
        ["drive"],
        ["parameters"],
    ]
    assert cell(notebook, "drive") == DRIVE, "run `make sync`"


def shipped():
    """What Colab ships: name → version."""
    lines = (ROOT / ".github" / "colab-constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    return {pin.name.lower(): next(iter(pin.specifier)).version for pin in pins}


def test_what_colab_ships_is_new_enough_for_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras, missing = project["optional-dependencies"], []
    assert extras["notebooks"][0] == "lpr-helpers[train]"
    for requirement in map(
        Requirement, [*project["dependencies"], *extras["train"], *extras["notebooks"][1:]]
    ):
        if requirement.name in shipped():
            assert requirement.specifier.contains(shipped()[requirement.name]), requirement
        else:
            missing.append(requirement.name)
    assert missing == ["onnxruntime", "kornia", "onnx", "optuna", "rapidfuzz", "torchmetrics"], (
        "these Colab lacks, and the set-up cell brings them"
    )


def test_ci_runs_the_notebooks_on_what_colab_ships():
    workflow = yaml.safe_load((ROOT / ".github/workflows/colab.yml").read_text(encoding="utf-8"))
    (steps,) = (job["steps"] for job in workflow["jobs"].values())
    assert [step["run"] for step in steps if "run" in step] == ["make test-colab"]
    assert {"python-version": "3.13"} in [step.get("with") for step in steps]
    target = (ROOT / "Makefile").read_text(encoding="utf-8").split("\ntest-colab:")[1].split("\n\n")[0]
    assert "-c .github/colab-constraints.txt" in target
    assert "--nbmake notebooks/" in target
