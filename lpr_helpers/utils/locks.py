"""One writer a folder: whoever comes second is told who was first."""

from __future__ import annotations

import errno
import inspect
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from lpr_helpers.utils.files import write_json

POLL = 0.2
"""Seconds between two looks whether it is one's turn."""
UNLOCKABLE = {errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK}
"""What file systems answer that know no locks."""


class FolderInUseError(RuntimeError):
    """Another process writes this folder; the message says which one, where, and since when."""


@contextmanager
def sole_writer(folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Keep all others who ask from writing ``folder`` while the block runs.

    The lock is the system's, on the file ``.NAME.lock`` beside the folder: it ends with its process, however that
    ends. ``.NAME.owner.json`` tells the others about it. Both are gone afterwards. With ``wait`` others wait for their
    turn, and say so; a file system without locks locks nobody out.

    Raises FolderInUseError if another process is writing there and ``wait`` is False.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    owner, lock = _owner(folder), _lock(folder.with_name(f".{folder.name}.lock"))
    if not _acquired(lock, 0):
        if not wait:
            raise FolderInUseError(f"{_told(folder)}. Let it end, or end it, then run this again.")
        print(f"{_told(folder)}; waiting for it", flush=True)
        _acquired(lock, -1)
    try:
        since = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(owner, {"host": platform.node(), "pid": os.getpid(), "since": since})
        yield
    finally:
        with suppress(OSError):  # the folder may be gone, and then that is not what matters
            owner.unlink(missing_ok=True)
            Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def _lock(file: Path) -> FileLock:
    # Newer versions put a file in the lock's place where there are no locks, and that outlives a machine that is gone.
    options: dict[str, Any] = {"thread_local": False}
    if "fallback_to_soft" in inspect.signature(FileLock.__init__).parameters:
        options["fallback_to_soft"] = False
    return FileLock(file, **options)


def _acquired(lock: FileLock, timeout: float) -> bool:
    """Whether ``lock`` could be had in so many seconds (-1: in any time), or is not to be had from this file system."""
    try:
        lock.acquire(timeout=timeout, poll_interval=POLL)
        while not Path(
            lock.lock_file
        ).exists():  # its last owner deleted the file under our hands: it locks nothing
            lock.release()
            lock.acquire(timeout=timeout, poll_interval=POLL)
    except Timeout:
        return False
    except NotImplementedError:
        return True
    except OSError as error:
        if error.errno not in UNLOCKABLE:
            raise
    return True


def _owner(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.owner.json")


def _told(folder: Path) -> str:
    """Who writes ``folder``, as far as that is known."""
    try:
        who = json.loads(_owner(folder).read_text(encoding="utf-8"))
        began = datetime.fromisoformat(who["since"]).astimezone()
        return f"{folder} is being written by process {who['pid']} on {who['host']}, since {began:%Y-%m-%d %H:%M:%S}"
    except (OSError, ValueError, KeyError, TypeError):
        return f"{folder} is being written by another process"
