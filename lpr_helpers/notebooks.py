"""Keep the five notebooks in step with their ``.py`` pairs and with the repository's address, and run them.

``python -m lpr_helpers.notebooks sync`` renders badges and set-up cells and writes the ``.ipynb`` of every pair;
``python -m lpr_helpers.notebooks demo`` runs all five in the demo profile, as `make demo` does.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
import tomllib
from pathlib import Path

from lpr_helpers.bootstrap import bootstrap
from lpr_helpers.evaluation import recognition_rate
from lpr_helpers.reading import load_results
from lpr_helpers.settings import checkout, read_settings
from lpr_helpers.validator import validate_submission

COLAB = "https://colab.research.google.com/github/"
SETUP = """\
# In Colab: clone the repository and install what is missing, never torch. Elsewhere: nothing.
import importlib
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

if "google.colab" in sys.modules and find_spec("lpr_helpers") is None:
    repository, folder = "{repository}", "/content/lpr"
    if not Path(folder).exists():
        subprocess.run(["git", "clone", "--depth", "1", repository, folder], check=True)
    torch = f"torch=={{version('torch')}}"
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", folder, torch], check=True)
    importlib.invalidate_caches()"""
DRIVE = """\
# In Colab: keep results and checkpoints on your Drive, and copy a data set from it to this machine. Elsewhere: nothing.
from lpr_helpers.colab import use_drive

DRIVE = False  # @param {"type": "boolean"}
RESULTS = "lpr"  # @param {"type": "string"}
DATA = ""  # @param {"type": "string", "placeholder": "such as LRLPR-26.zip; empty for the demo"}
use_drive(DRIVE, RESULTS, DATA)"""


def repository(folder: Path) -> str:
    """The repository's address, from ``[project.urls]`` in pyproject.toml, its only place."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["urls"]["Repository"].removesuffix("/")


def pairs(folder: Path) -> list[Path]:
    """The ``.py`` of every notebook, in the order in which they are to be run."""
    return sorted((folder / "notebooks").glob("[0-9][0-9]_*.py"))


def render(text: str, address: str) -> str:
    """``text`` of a notebook's ``.py`` or of README with the badges and the first cells of this repository."""
    owner = address.removeprefix("https://github.com/")
    text = re.sub(re.escape(COLAB) + r"[^/\s]+/[^/\s]+/", f"{COLAB}{owner}/", text)
    text = re.sub(r"https://github\.com/[^/\s]+/[^/\s)]+/actions/", f"{address}/actions/", text)
    for tag, code in (("setup", SETUP.format(repository=address)), ("drive", DRIVE)):
        cell = f'# %% tags=["{tag}"]\n{code}\n\n# %%'
        text = re.sub(rf'# %% tags=\["{tag}"\]\n.*?\n# %%', lambda _, cell=cell: cell, text, flags=re.DOTALL)
    return text


def sync(folder: Path) -> None:
    """Render every ``.py`` and README, and write the ``.ipynb`` pairs without outputs."""
    import jupytext

    address = repository(folder)
    for file in [*pairs(folder), folder / "README.md"]:
        file.write_text(render(file.read_text(encoding="utf-8"), address), encoding="utf-8")
    for file in pairs(folder):
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


def run_all(folder: Path, profile: str) -> Path:
    """Run the notebooks in order, showing their output as it comes; returns the folder of the executed copies.

    Exits with a message at the first cell that fails; what ran is kept all the same.
    """
    os.environ |= {"LPR_PROFILE": profile, "LPR_PROGRESS": "text"}
    executed = read_settings().artifacts / "notebooks"
    executed.mkdir(parents=True, exist_ok=True)
    for file in pairs(folder):
        _run(file.with_suffix(".ipynb"), executed)
    return executed


def _run(file: Path, executed: Path) -> None:
    import nbclient
    import nbformat

    class Client(nbclient.NotebookClient):
        """A client that shows what the notebook prints, as it prints it."""

        def process_message(self, msg, cell, cell_index):
            if msg["msg_type"] == "stream":
                sys.stdout.write(msg["content"]["text"])
                sys.stdout.flush()
            return super().process_message(msg, cell, cell_index)

    def announce(cell, cell_index):  # noqa: ARG001 (nbclient passes both by name)
        heading = next((c for c in reversed(notebook.cells[:cell_index]) if c.cell_type == "markdown"), None)
        title = heading and re.match(r"#+ .*", heading.source)
        if title and notebook.cells[cell_index - 1] is heading:
            print(f"   {title.group()}", flush=True)

    notebook = nbformat.read(file, as_version=4)
    started = time.perf_counter()
    print(f"\n══ {file.stem}", flush=True)
    folder = {"metadata": {"path": str(file.parent)}}
    client = Client(notebook, timeout=None, kernel_name="python3", resources=folder, on_cell_start=announce)
    client.extra_arguments = ["--log-level=ERROR"]
    try:
        client.execute()
    except nbclient.exceptions.CellExecutionError as error:
        sys.exit(f"\n{file.stem} stopped: {error.ename}: {error.evalue}\nSee {executed / file.name}")
    finally:
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = [output for output in cell.outputs if not _is_progress(output)]
        nbformat.write(notebook, executed / file.name)
    print(f"══ {file.stem} took {time.perf_counter() - started:.0f} s", flush=True)


def _is_progress(output) -> bool:
    """Whether an output is a progress bar meant for the terminal, which in the record would be noise."""
    if output.get("name") != "stderr":
        return False
    return not output.text.strip() or bool(re.search(r"\[\d\d:\d\d[,<]", output.text))


def demo(folder: Path, profile: str = "demo") -> int:
    """Run all notebooks and print the submission's path and the recognition rate on the validation tracks."""
    started = time.perf_counter()
    os.environ.pop("LPR_DATA", None)  # a demo is the same for everyone
    executed = run_all(folder, profile)
    settings = read_settings()
    report = validate_submission(settings.submission / "submission.zip", settings.root / "test")
    rate = bootstrap(load_results(settings.validation), recognition_rate)
    print(f"\nexecuted notebooks: {executed}")
    print(f"submission: {settings.submission / 'submission.zip'} ({report.lines} tracks, valid: {report.ok})")
    print(
        f"recognition rate on {rate.n} validation plates of the synthetic demo data: {rate.value:.1%} "
        f"(95 % interval {rate.low:.1%} to {rate.high:.1%}); {(time.perf_counter() - started) / 60:.1f} minutes"
    )
    return 0 if report.ok else 1


def main() -> int:
    """The command: ``sync`` or ``demo``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("sync", "demo"))
    what = parser.parse_args().what
    return sync(checkout()) or 0 if what == "sync" else demo(checkout())


if __name__ == "__main__":
    sys.exit(main())
