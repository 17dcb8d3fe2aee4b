"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
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
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield partial
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
            target.replace(old / "it")
            partial.replace(target)
            shutil.rmtree(old)
        else:
            partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_whole(target: Path, content: str | bytes) -> Path:
    """Write ``content`` to ``target`` through a temporary file beside it; returns ``target``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content.encode("utf-8") if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return target


def write_json(target: Path, content: object) -> Path:
    """Write ``content`` as indented JSON, whole or not at all; returns ``target``."""
    return write_whole(target, json.dumps(content, indent=1, ensure_ascii=False, default=str) + "\n")
