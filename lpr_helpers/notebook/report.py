"""One HTML page of the executed notebooks, to read without Jupyter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lpr_helpers.utils.files import write_whole

if TYPE_CHECKING:
    from nbformat import NotebookNode

LEFT_OUT = {"setup", "drive"}
"""Tags of the cells that are about the machine, not about plates."""
_WIDGETS = "application/vnd.jupyter.widget-state+json"


def write_report(executed: Sequence[Path], target: Path, title: str = "Licence plates") -> Path:
    """Join executed notebooks, in this order, into the HTML page ``target``; returns it. Needs nbconvert."""
    import nbformat
    from nbconvert import HTMLExporter

    joined = _joined([nbformat.read(file, as_version=4) for file in executed])
    page, _ = HTMLExporter().from_notebook_node(joined, resources={"metadata": {"name": title}})
    return write_whole(target, page)


def _joined(notebooks: Sequence[NotebookNode]) -> NotebookNode:
    """One notebook with the cells and the widgets of all."""
    import nbformat

    joined = nbformat.v4.new_notebook(metadata=dict(notebooks[0].metadata))
    widgets: dict = {}
    for notebook in notebooks:
        joined.cells += [cell for cell in notebook.cells if not LEFT_OUT & set(cell.metadata.get("tags", []))]
        widgets |= notebook.metadata.get("widgets", {}).get(_WIDGETS, {}).get("state", {})
    for number, cell in enumerate(joined.cells):
        cell.id = f"cell-{number}"  # notebooks that were made from one another share theirs
    if widgets:
        state = {"state": widgets, "version_major": 2, "version_minor": 0}
        joined.metadata["widgets"] = nbformat.from_dict({_WIDGETS: state})
    return joined
