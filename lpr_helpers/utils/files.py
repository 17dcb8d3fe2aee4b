"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import errno
import glob
import json
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Self

PACKAGE = Path(__file__).resolve().parents[1]
"""The folder of this package."""
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""What the system answers where there is no room left."""
MANY = 1000
"""Above so many files a folder is written out at once: one by one, tens of thousands take minutes on a busy disk."""


class DiskFullError(OSError):
    """There is no room left; the message says for what, where, and what to do."""

    @classmethod
    def of(cls, error: OSError, place: Path, what: str = "it") -> Self:
        """The same as ``error``, met while ``what`` was written to ``place``, in a sentence."""
        told = f"no room for {what} ({error.strerror}): make room on that disk, then run this again"
        return cls(error.errno, told, str(place))


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``target`` that takes its place when the block ends without an error.

    An older ``target`` is replaced. After an error nothing is left and the older one is untouched. A process that is
    killed in the middle may leave a hidden folder behind, as may a network drive where somebody still has a file of
    it open: the next call, or `cleared`, clears it up. The older ``target`` is found again whatever the moment, by
    `recovered`. Readers need not keep away; one writer at a time (see `locks.sole_writer`).

    Raises DiskFullError where there is no room for it.
    """
    cleared(target)
    partial = _passing(target)
    try:
        with _room(target):
            partial.mkdir(parents=True)
            yield partial
            _all_to_disk(partial)
            _replace(target, partial)
            _to_disk(target.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if target.exists():
            _discard_older(target)


def recovered(target: Path) -> bool:
    """Whether the folder ``target`` is there; a `whole_folder` that runs meanwhile is not disturbed.

    Between the two renames of `whole_folder` a kill leaves only the older folder, under another name: it gets its own
    name back.
    """
    if not target.exists() and _older(target).exists():
        with suppress(FileNotFoundError):  # somebody else was faster
            _older(target).replace(target)
    return target.exists()


def cleared(target: Path) -> bool:
    """`recovered`, and what a killed `whole_folder` left beside ``target`` is deleted. For its one writer only."""
    if recovered(target):
        _discard_older(target)
    for partial in target.parent.glob(f".{glob.escape(target.name)}.new-*"):
        shutil.rmtree(partial, ignore_errors=True)
    return target.exists()


@contextmanager
def whole_file(target: Path) -> Iterator[BinaryIO]:
    """Yield a stream whose file takes the place of ``target`` when the block ends without an error.

    For content that does not fit memory; `write_whole` is shorter for the rest. Raises DiskFullError where there is no
    room for it.
    """
    partial = _beside(target)
    try:
        with _room(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def write_whole(target: Path, content: str | bytes) -> Path:
    """Write ``content`` to ``target`` through a temporary file beside it; returns ``target``.

    Raises DiskFullError where there is no room for it.
    """
    with whole_file(target) as stream:
        stream.write(content.encode("utf-8") if isinstance(content, str) else content)
    return target


def write_json(target: Path, content: object) -> Path:
    """Write ``content`` as indented JSON, whole or not at all; returns ``target``."""
    return write_whole(target, json.dumps(content, indent=1, ensure_ascii=False, default=str) + "\n")


@contextmanager
def _room(target: Path) -> Iterator[None]:
    """Say where there was no room."""
    try:
        yield
    except DiskFullError:
        raise
    except OSError as error:
        if error.errno in FULL:
            raise DiskFullError.of(error, target) from error
        raise


def _older(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")


def _passing(target: Path) -> Path:
    """A new name for a folder that is not ``target`` yet, or no longer."""
    return target.with_name(f".{target.name}.new-{uuid.uuid4().hex[:8]}")


def _replace(target: Path, partial: Path) -> None:
    """Give ``partial`` the name of ``target``, even where a reader's `recovered` brings the older one back."""
    for attempt in range(3):
        if target.exists():
            target.replace(_older(target))
        try:
            partial.replace(target)
        except OSError:
            if attempt == 2 or not target.exists():
                raise
        else:
            return


def _discard_older(target: Path) -> None:
    """Delete what ``target`` replaced, or leave it to `cleared` where a file of it is in use.

    It loses its name first, so that `recovered` never brings half of it back.
    """
    passing = _passing(target)
    with suppress(OSError):
        _older(target).replace(passing)
        shutil.rmtree(passing, ignore_errors=True)


def _all_to_disk(folder: Path) -> None:
    """`_to_disk` for all that a folder holds."""
    inside = list(folder.rglob("*"))
    if len(inside) > MANY and sys.platform == "linux":  # elsewhere `sync` does not wait
        os.sync()
        return
    for path in inside:
        _to_disk(path)


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
