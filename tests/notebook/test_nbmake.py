"""The notebooks under pytest: one after another, however many processes there are."""

import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest

from tests.support import ROOT
from tests.support.robustness import Area

given = Area("Running all notebooks")
CELLS = (
    "import os, time; time.sleep(1); open(os.environ['LPR_ARTIFACTS'] + '/split', 'w').close()",
    "import os; open(os.environ['LPR_ARTIFACTS'] + '/split').close()",
    "1 / 0",
    "print('not tried')",
)
given.note("`pytest --nbmake -n 2 notebooks/`", "one process runs them all, in their order")


@pytest.mark.slow
def test_several_processes_run_notebooks_in_their_order(tmp_path):
    shutil.copy(ROOT / "conftest.py", tmp_path)
    (tmp_path / "notebooks").mkdir()
    for number, source in enumerate(CELLS):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, tmp_path / "notebooks" / f"0{number}_step.ipynb")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LPR_")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-v",
        "-p",
        "no:cacheprovider",
        "--nbmake",
        "-n",
        "2",
        "notebooks",
    ]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True, timeout=300
    )
    found = re.findall(r"^\[(gw\d)\] \[ *\d+%\] (\w+) notebooks/(\d\d)", done.stdout, re.MULTILINE)
    assert [(result, number) for _, result, number in found] == [
        ("PASSED", "00"),
        ("PASSED", "01"),
        ("FAILED", "02"),
        ("SKIPPED", "03"),
    ], done.stdout + done.stderr
    assert len({process for process, _, _ in found}) == 1
