"""Keeps the five notebooks in step with their ``.py`` pairs, with one another and with the repository's address."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

COLAB = "https://colab.research.google.com/github/"
SETUP = """\
# In Colab: clone the repository and install what is missing, never torch. Elsewhere: see that the package is there.
import subprocess
import sys
from importlib import invalidate_caches, metadata, util
from pathlib import Path

if "google.colab" in sys.modules and util.find_spec("lpr_helpers") is None:
    repository, folder = "{repository}", "/content/lpr"
    if not Path(folder).exists():
        subprocess.run(["git", "clone", "--depth", "1", repository, folder], check=True)
    torch = f"torch=={{metadata.version('torch')}}"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", f"{{folder}}[notebooks]", torch], check=True)
    invalidate_caches()
if lacking := " and ".join(name for name in ("lpr_helpers", "torch") if util.find_spec(name) is None):
    raise SystemExit(f"{{sys.executable}}, this kernel's Python, lacks {{lacking}}: choose another (see README)")"""
DRIVE = """\
# In Colab: keep results and checkpoints on your Drive, and copy a data set from it to this machine. Elsewhere: nothing.
from lpr_helpers.notebook import use_drive

DRIVE = False  # @param {"type": "boolean"}
RESULTS = "lpr"  # @param {"type": "string"}
DATA = ""  # @param {"type": "string", "placeholder": "such as LRLPR-26.zip; empty for the demo"}
use_drive(DRIVE, RESULTS, DATA)"""


def repository(folder: Path) -> str:
    """The repository's address, from ``[project.urls]`` in pyproject.toml, its only place."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["urls"]["Repository"].removesuffix("/")


def notebook_pairs(folder: Path) -> list[Path]:
    """The ``.py`` of every notebook, in the order in which they are to be run."""
    return sorted((folder / "notebooks").glob("[0-9][0-9]_*.py"))


def render(text: str, address: str) -> str:
    """``text`` of a notebook's ``.py`` or of README with the badges and the first cells of this repository."""
    owner = address.removeprefix("https://github.com/")
    text = re.sub(re.escape(COLAB) + r"[^/\s]+/[^/\s]+/", f"{COLAB}{owner}/", text)
    text = re.sub(r"https://github\.com/[^/\s]+/[^/\s)]+/actions/", f"{address}/actions/", text)
    for tag, code in (("setup", SETUP.format(repository=address)), ("drive", DRIVE)):
        cell = f'# %% tags=["{tag}"]\n{code}\n\n# %%'
        plain = cell.replace("\\", r"\\")
        text = re.sub(rf'# %% tags=\["{tag}"\]\n.*?\n# %%', plain, text, flags=re.DOTALL)
    return text


def sync(folder: Path) -> None:
    """Render every ``.py`` and README, and write the ``.ipynb`` pairs without outputs."""
    import jupytext

    address = repository(folder)
    for file in [*notebook_pairs(folder), folder / "README.md"]:
        file.write_text(render(file.read_text(encoding="utf-8"), address), encoding="utf-8")
    for file in notebook_pairs(folder):
        notebook, pair = jupytext.read(file), file.with_suffix(".ipynb")
        if pair.exists():  # keep the ids of unchanged cells, so that a diff shows changed cells only
            notebook = jupytext.combine.combine_inputs_with_outputs(
                notebook, jupytext.read(pair), fmt="py:percent"
            )
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        jupytext.write(notebook, pair)
        print(f"wrote {pair.relative_to(folder)}")
