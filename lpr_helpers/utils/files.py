"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
"""The folder of this package."""


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``target`` that takes its place when the block ends without an error.

    An older ``target`` is replaced. After an error nothing is left and the older one is untouched. A process that is
    killed in the middle may leave a hidden folder behind; the next call, or `recovered`, clears it up, and the older
    ``target`` is found again whatever the moment. One writer at a time.
    """
    recovered(target)
    partial, old = target.with_name(f".{target.name}.new-{uuid.uuid4().hex[:8]}"), _older(target)
    partial.mkdir(parents=True)
    try:
        yield partial
        for file in partial.rglob("*"):
            _to_disk(file)
        if target.exists():
            target.replace(old)
        partial.replace(target)
        _to_disk(target.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)


def recovered(target: Path) -> bool:
    """Whether the folder ``target`` is there, after clearing up what a killed `whole_folder` left beside it.

    Between its two renames a kill leaves only the older folder, under another name: it gets its own name back.
    """
    old = _older(target)
    if old.exists():
        shutil.rmtree(old) if target.exists() else old.replace(target)
    for partial in target.parent.glob(f".{target.name}.new-*"):
        shutil.rmtree(partial, ignore_errors=True)
    return target.exists()


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


def _older(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


def _to_disk(path: Path) -> None:
    """Have the system write out a file, or a folder's list of names where the system knows how to."""
    try:
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    except OSError:
        return  # Windows opens no folders
    try:
        os.fsync(handle)
    except OSError:
        if not path.is_dir():  # some network drives cannot synchronise folders
            raise
    finally:
        os.close(handle)


def _beside(target: Path) -> Path:
    """A new name in the same folder, so that a rename never crosses file systems."""
    return target.with_name(f".{target.name}-{uuid.uuid4().hex[:8]}")


def checkout() -> Path:
    """The checkout this package runs from, or the current folder where it was installed without one."""
    folder = PACKAGE.parent
    return folder if (folder / "pyproject.toml").exists() else Path.cwd()
