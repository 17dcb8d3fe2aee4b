"""Progress bars: widgets in a notebook, text in a terminal."""

from __future__ import annotations

import os

import tqdm.auto
import tqdm.std


def bar(iterable=None, description: str = "", **options):
    """A tqdm bar over ``iterable``; text if the environment says ``LPR_PROGRESS=text``, as `make demo` does."""
    kind = tqdm.std.tqdm if os.environ.get("LPR_PROGRESS") == "text" else tqdm.auto.tqdm
    return kind(iterable, desc=description, **options)
