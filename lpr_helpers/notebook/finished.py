"""Whether an executed notebook still stands: it ran to its end with these settings, sources and data."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from lpr_helpers.data.folders import find_folders
from lpr_helpers.notebook.settings import Settings
from lpr_helpers.utils.files import PACKAGE

if TYPE_CHECKING:
    from nbformat import NotebookNode

_KEY = "lpr"


def fingerprint(settings: Settings) -> str:
    """A digest of all that notebooks depend on but their own text: settings, this package, the data set's files.

    Files are told by name, size and time; none is opened. Raises DataSetError where there is no data set.
    """
    digest = hashlib.sha256(json.dumps(asdict(settings), default=str, sort_keys=True).encode())
    for file in sorted(PACKAGE.rglob("*.py")):
        digest.update(file.read_bytes())
    if settings.data:
        for folder in find_folders(settings.data, progress=False):
            digest.update(repr(folder).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def with_text(fingerprint: str, notebook: NotebookNode) -> str:
    """``fingerprint`` and a notebook's own text in one digest."""
    text = json.dumps([[cell.cell_type, cell.source] for cell in notebook.cells])
    return hashlib.sha256(f"{fingerprint}{text}".encode()).hexdigest()


def mark(notebook: NotebookNode, digest: str) -> None:
    """Write into an executed notebook that it ran to its end, and with what."""
    notebook.metadata[_KEY] = {"finished": digest}


def is_finished(file: Path, digest: str) -> bool:
    """Whether the executed notebook ``file`` ran to its end with what ``digest`` stands for."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))["metadata"][_KEY]["finished"] == digest
    except (OSError, ValueError, LookupError, TypeError):
        return False
