"""Files from strangers: only regular ones are opened, and their names can always be printed and kept."""

from __future__ import annotations

import errno
import stat
from pathlib import Path


def read_regular(path: str | Path, most: int | None = None) -> bytes:
    """The content of a regular file, of a longer one the first ``most`` bytes.

    A link is followed. Raises OSError where the file cannot be read, also where it is a pipe, a device or a socket:
    to open one of these may wait for ever, and reading it may never end.
    """
    path = Path(path)
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file but a pipe, a device or a socket", str(path))
    with path.open("rb") as stream:
        return stream.read() if most is None else stream.read(min(most, status.st_size))


def printable(text: str) -> str:
    r"""``text`` with every character that cannot be printed or written as UTF-8 shown by its code, such as ``\xe9``.

    Nothing else changes. Names of files that are not UTF-8 reach Python with such characters, and so do the lone
    surrogates of JSON.
    """
    return "".join(c if c.isprintable() else _code(ord(c)) for c in text)


def is_utf8(text: str) -> bool:
    """Whether ``text`` can be written as UTF-8: it has no lone surrogates."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _code(point: int) -> str:
    if 0xDC80 <= point <= 0xDCFF:  # Python's stand-in for a byte that is no UTF-8
        point -= 0xDC00
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
