"""Runs the five notebooks one after another: the demo, or one's own data."""

from __future__ import annotations

import os
import re
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpr_helpers.evaluation.bootstrap import bootstrap_estimate
from lpr_helpers.evaluation.metrics import recognition_rate
from lpr_helpers.inference.results import load_results
from lpr_helpers.notebook import finished
from lpr_helpers.notebook.pairs import notebook_pairs
from lpr_helpers.notebook.report import write_report
from lpr_helpers.notebook.settings import read_settings
from lpr_helpers.submission.validator import validate_submission

if TYPE_CHECKING:
    from nbformat import NotebookNode

REPORT = "report.html"
PATHS = ("LPR_DATA", "LPR_ARTIFACTS")


def run_own(folder: Path, fresh: bool = False) -> int:
    """Run the notebooks on what the environment names (`settings`), and write one HTML page of them all.

    A notebook that ran to its end with the same settings, sources and data is not run again, unless ``fresh``, or one
    before it was. Returns 0, or 1 where there is no such data set; exits with a message at the first cell that fails.
    """
    _require("nbclient", "ipykernel", "nbconvert")
    try:
        settings = read_settings()
        digest = "" if fresh else finished.fingerprint(settings)
    except ValueError as error:  # DataSetError is one
        print(error, file=sys.stderr)
        return 1
    what = settings.data or "the demo's synthetic plates, since LPR_DATA is not set"
    print(f"data: {what}\nprofile: {settings.profile.name}\nresults: {settings.artifacts}", flush=True)
    executed = run_all(folder, settings.profile.name, digest)
    names = [executed / file.with_suffix(".ipynb").name for file in notebook_pairs(folder)]
    print(f"\nexecuted notebooks: {executed}\nreport: {write_report(names, executed / REPORT)}")
    return 0


def run_all(folder: Path, profile: str, digest: str = "") -> Path:
    """Run the notebooks in order, showing their output as it comes; returns the folder of the executed copies.

    digest: of what they depend on (`finished.fingerprint`): those that ran to their end with it are left as they are,
    up to the first that did not. Exits with a message at the first cell that fails; what ran is kept all the same.
    """
    import nbformat

    os.environ |= {"LPR_PROFILE": profile, "LPR_PROGRESS": "text"}
    settings = read_settings()
    # Kernels run where the notebooks are, and would look for relative paths there.
    os.environ |= {
        name: str(Path(os.environ[name]).expanduser().resolve()) for name in PATHS if os.environ.get(name)
    }
    executed = settings.artifacts.resolve() / "notebooks"
    executed.mkdir(parents=True, exist_ok=True)
    stands, pairs = bool(digest), notebook_pairs(folder)
    if not pairs:
        sys.exit(
            f"There are no notebooks in {folder / 'notebooks'}: run this in a checkout of the repository"
        )
    for file in pairs:
        file = file.with_suffix(".ipynb")
        notebook = nbformat.read(file, as_version=4)
        digest = finished.with_text(digest or finished.fingerprint(settings), notebook)
        if stands := stands and finished.is_finished(executed / file.name, digest):
            print(f"══ {file.stem} stands as it is (--fresh runs it again)", flush=True)
        else:
            _run(notebook, file, executed / file.name, digest)
    return executed


def _require(*modules: str) -> None:
    """Exit with a message where the tools to run notebooks are not installed."""
    if lacking := [name for name in modules if find_spec(name) is None]:
        sys.exit(
            f"Running the notebooks takes {' and '.join(lacking)}: {sys.executable} -m pip install {' '.join(lacking)} "
            "(this package's extra dev brings all that it takes)"
        )


def _run(notebook: NotebookNode, file: Path, copy: Path, digest: str) -> None:
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

    started = time.perf_counter()
    print(f"\n══ {file.stem}", flush=True)
    folder = {"metadata": {"path": str(file.parent)}}
    client = Client(notebook, timeout=None, kernel_name="python3", resources=folder, on_cell_start=announce)
    client.extra_arguments = ["--log-level=ERROR"]
    try:
        client.execute()
        finished.mark(notebook, digest)
    except nbclient.exceptions.CellExecutionError as error:
        sys.exit(f"\n{file.stem} stopped: {error.ename}: {error.evalue}\nSee {copy}")
    except nbclient.exceptions.DeadKernelError:
        sys.exit(f"\n{file.stem} stopped: its kernel died, as when memory runs out\nSee {copy}")
    except AssertionError as error:  # nbclient takes Ctrl-C for itself, ends the kernel, and then misses it
        raise KeyboardInterrupt(f"the same command goes on with {file.stem}") from error
    finally:
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = [output for output in cell.outputs if not _is_progress(output)]
        nbformat.write(notebook, copy)
    print(f"══ {file.stem} took {time.perf_counter() - started:.0f} s", flush=True)


def _is_progress(output: NotebookNode) -> bool:
    """Whether an output is a progress bar meant for the terminal, which in the record would be noise."""
    if output.get("name") != "stderr":
        return False
    return not output.text.strip() or bool(re.search(r"\[\d\d:\d\d[,<]", output.text))


def demo(folder: Path, profile: str = "demo") -> int:
    """Run all notebooks and print the submission's path and the recognition rate on the validation tracks."""
    _require("nbclient", "ipykernel")
    started = time.perf_counter()
    if own := os.environ.pop("LPR_DATA", None):
        print(
            f"LPR_DATA is {own}, but the demo draws its own plates, the same for everyone. For yours: "
            "lpr-helpers notebooks run",
            flush=True,
        )
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
