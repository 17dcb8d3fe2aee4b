"""Runs the five notebooks one after another, as `make demo` does."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpr_helpers.evaluation.bootstrap import bootstrap_estimate
from lpr_helpers.evaluation.metrics import recognition_rate
from lpr_helpers.inference.results import load_results
from lpr_helpers.notebook.pairs import notebook_pairs
from lpr_helpers.notebook.settings import read_settings
from lpr_helpers.submission.validator import validate_submission

if TYPE_CHECKING:
    from nbformat import NotebookNode


def run_all(folder: Path, profile: str) -> Path:
    """Run the notebooks in order, showing their output as it comes; returns the folder of the executed copies.

    Exits with a message at the first cell that fails; what ran is kept all the same.
    """
    os.environ |= {"LPR_PROFILE": profile, "LPR_PROGRESS": "text"}
    executed = read_settings().artifacts / "notebooks"
    executed.mkdir(parents=True, exist_ok=True)
    for file in notebook_pairs(folder):
        _run(file.with_suffix(".ipynb"), executed)
    return executed


def _run(file: Path, executed: Path) -> None:
    import nbclient
    import nbformat

    class Client(nbclient.NotebookClient):
        """A client that shows what the notebook prints, as it prints it."""

        def process_message(self, msg: dict, cell: NotebookNode, cell_index: int) -> Any:
            if msg["msg_type"] == "stream":
                sys.stdout.write(msg["content"]["text"])
                sys.stdout.flush()
            return super().process_message(msg, cell, cell_index)

    def announce(cell: NotebookNode, cell_index: int) -> None:  # noqa: ARG001 (nbclient passes both by name)
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


def _is_progress(output: NotebookNode) -> bool:
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
    rate = bootstrap_estimate(load_results(settings.validation), recognition_rate)
    print(f"\nexecuted notebooks: {executed}")
    print(f"submission: {settings.submission / 'submission.zip'} ({report.lines} tracks, valid: {report.ok})")
    print(
        f"recognition rate on {rate.n} validation plates of the synthetic demo data: {rate.value:.1%} "
        f"(95 % interval {rate.low:.1%} to {rate.high:.1%}); {(time.perf_counter() - started) / 60:.1f} minutes"
    )
    return 0 if report.ok else 1
