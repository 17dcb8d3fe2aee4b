"""Where the weights in the package are, for readers with torch and without."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

SHIPPED = Path(__file__).parent / "shipped"
"""The weights that come with the package, what they are (README.md), and what their confidences are worth."""
SECOND = Path(__file__).parent / "second"
"""Weights of another reader, which learnt from other tracks and is built a little differently."""
PAIR = "pair"
"""What both of them together are called: an ensemble that reads more plates, and takes twice as long."""
ONNX_FILE = "reader.onnx"
"""The name of a reader that needs no torch, beside the checkpoint that it was exported from."""


class CheckpointError(RuntimeError):
    """A folder or file that should hold a reader holds none, or a damaged one."""


def reader_folders(told: str | Path | Sequence[str | Path] | None) -> list[Path]:
    """The folders that are meant: of the reader in the package (None), of both in it ("pair"), or those told.

    A folder of that name comes first. Raises ValueError for an empty list.
    """
    if told is None:
        return [SHIPPED]
    names = [told] if isinstance(told, (str, Path)) else list(told)
    if not names:
        raise ValueError("an empty list of folders; leave it out for the reader in the package")
    both = [SHIPPED, SECOND]
    return [
        folder
        for name in names
        for folder in (both if name == PAIR and not Path(PAIR).exists() else [Path(name)])
    ]
