"""Notebooks run on the fixture in the tiny profile; after one fails, those that build on it are not tried."""

import os
import tempfile
from pathlib import Path

import pytest

FIXTURE = Path(__file__).parent / "tests" / "fixture"


def pytest_configure(config):
    # Kernels inherit the environment, not pytest's fixtures.
    os.environ.setdefault(
        "LPR_MEASURE", "no"
    )  # else what is computed would depend on the machine and its load
    os.environ.setdefault("LPR_PROFILE", "tiny")
    os.environ.setdefault("LPR_DATA", str(FIXTURE))
    if "LPR_ARTIFACTS" not in os.environ:
        config.lpr_artifacts = tempfile.TemporaryDirectory(prefix="lpr-")
        os.environ["LPR_ARTIFACTS"] = config.lpr_artifacts.name


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """With ``-n`` one process runs all notebooks: each builds on what the one before it wrote."""
    if not config.getoption("nbmake", False):
        return None
    from xdist.scheduler import LoadScopeScheduling

    class NotebooksTogether(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return "notebooks" if nodeid.partition("::")[0].endswith(".ipynb") else nodeid

    return NotebooksTogether(config, log)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    if item.path.suffix == ".ipynb" and outcome.get_result().failed:
        item.session.failed_notebook = item.path.name


def pytest_runtest_setup(item):
    failed = getattr(item.session, "failed_notebook", None)
    if item.path.suffix == ".ipynb" and failed:
        pytest.skip(f"{failed} failed, and {item.path.name} builds on it")
