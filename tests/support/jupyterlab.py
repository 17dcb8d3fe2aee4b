"""A JupyterLab of its own for a test, and the Chromium to look at it with."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.support import ROOT

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = {"fetchNews": "false", "checkForUpdates": False}


def chromium(playwright):
    """The path of a Chromium: the system's, or the one that ``playwright install chromium`` left; None without one."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else None)


@contextmanager
def jupyterlab(folder, log):
    """JupyterLab serving ``folder`` on a free port, with nobody's settings; yields a function from file to address."""
    settings = log.parent / "settings"
    news = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    news.parent.mkdir(parents=True)
    news.write_text(json.dumps(QUIET))
    own = {"JUPYTERLAB_SETTINGS_DIR": settings}
    for name in (
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR",
        "JUPYTER_RUNTIME_DIR",
        "JUPYTERLAB_WORKSPACES_DIR",
    ):
        own[name] = log.parent / name.lower()
    environment = os.environ | {name: str(path) for name, path in own.items()} | {"PYTHONPATH": str(ROOT)}
    port, token = _free_port(), "fixture"
    options = ["--no-browser", "--allow-root", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    options += [
        "--ServerApp.ip=127.0.0.1",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={folder}",
    ]
    with log.open("w") as lines:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env=environment,
            stdout=lines,
            stderr=lines,
            cwd=folder,
        )
    try:
        _wait(f"http://127.0.0.1:{port}/api/status?token={token}", server, log)
        yield lambda file: f"http://127.0.0.1:{port}/doc/tree/{file}?token={token}"
    finally:
        server.terminate()  # which ends its kernels too
        server.wait(timeout=30)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(address, server, log, seconds=240):
    for _ in range(seconds * 4):
        try:
            with urlopen(address, timeout=5):
                return
        except (URLError, ConnectionError):
            assert server.poll() is None, f"JupyterLab ended: {log.read_text()[-2000:]}"
            time.sleep(0.25)
    raise TimeoutError(
        f"JupyterLab did not answer in {seconds} s: {re.sub('token=.*', '', log.read_text())[-2000:]}"
    )
