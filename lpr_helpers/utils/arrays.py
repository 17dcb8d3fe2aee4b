"""Arrays on disk that are filled piece by piece."""

from __future__ import annotations

import errno
import math
import os
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from lpr_helpers.utils.files import FULL, DiskFullError


def new_array(file: Path, dtype: DTypeLike, shape: tuple[int, ...]) -> np.memmap:
    """A writable memory map of a new file ``.npy``, all 0, whose room on the disk is set aside.

    Raises DiskFullError where that room is not there. Without it a process that runs out of disk while it fills the
    map is killed, and cannot say why.
    """
    try:
        made = np.lib.format.open_memmap(file, mode="w+", dtype=dtype, shape=shape)
        _set_aside(file)
    except OSError as error:
        if error.errno not in FULL:
            raise
        size = math.prod(shape) * np.dtype(dtype).itemsize
        raise DiskFullError.of(error, file.parent, f"an array of {size / 1e6:,.1f} MB") from error
    return made


def _set_aside(file: Path) -> None:
    if not hasattr(os, "posix_fallocate"):  # macOS and Windows
        return
    with file.open("r+b") as stream:
        try:
            os.posix_fallocate(stream.fileno(), 0, file.stat().st_size)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):  # some file systems cannot
                raise
