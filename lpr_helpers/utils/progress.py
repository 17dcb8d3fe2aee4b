"""Progress bars: widgets in a notebook, text in a terminal."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import tqdm.auto
import tqdm.std


def bar(iterable: Iterable | None = None, description: str = "", **options: Any) -> tqdm.std.tqdm:
    """A tqdm bar over ``iterable``; text if the environment says ``LPR_PROGRESS=text``, as `make demo` does."""
    if os.environ.get("LPR_PROGRESS") == "text":
        return tqdm.std.tqdm(iterable, desc=description, mininterval=1, **options)
    return tqdm.auto.tqdm(iterable, desc=description, **options)
