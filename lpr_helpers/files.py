"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class MissingStepError(RuntimeError):
    """A notebook needs a file that an earlier one makes."""

    def _render_traceback_(self) -> list[str]:
        # IPython calls this: a reader who skipped a notebook needs the one sentence, not the stack.
        return [f"⏸  {self}"]


def needed(path: Path, notebook: str) -> Path:
    """``path``, if it exists; otherwise raises MissingStepError, which names the ``notebook`` that makes it."""
    if not path.exists():
        raise MissingStepError(f"Run {notebook} first: it makes {path}.")
    return path


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``target`` that takes its place when the block ends without an error.

    An older ``target`` is replaced. After an error nothing is left and the older one is untouched.
    """
    partial, old = _beside(target), _beside(target)
    partial.mkdir(parents=True)
    try:
        yield partial
        if target.exists():
            target.replace(old)
        partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def write_whole(target: Path, content: str | bytes) -> Path:
    """Write ``content`` to ``target`` through a temporary file beside it; returns ``target``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = _beside(target)
    try:
        with partial.open("wb") as stream:
            stream.write(content.encode("utf-8") if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def write_json(target: Path, content: object) -> Path:
    """Write ``content`` as indented JSON, whole or not at all; returns ``target``."""
    return write_whole(target, json.dumps(content, indent=1, ensure_ascii=False, default=str) + "\n")


def _beside(target: Path) -> Path:
    """A new name in the same folder, so that a rename never crosses file systems."""
    return target.with_name(f".{target.name}-{uuid.uuid4().hex[:8]}")
