"""Where the weights in the package are, for readers with torch and without."""

from __future__ import annotations

from pathlib import Path

SHIPPED = Path(__file__).parent / "shipped"
"""The weights that come with the package, what they are (README.md), and what their confidences are worth."""
ONNX_FILE = "reader.onnx"
"""The name of a reader that needs no torch, beside the checkpoint that it was exported from."""


class CheckpointError(RuntimeError):
    """A folder or file that should hold a reader holds none, or a damaged one."""
