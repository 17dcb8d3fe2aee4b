"""Unpacking an archive that somebody else made: whole or not at all, and never more than the disk holds."""

from __future__ import annotations

import errno
import lzma
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from lpr_helpers.utils.progress import bar

SPARE = 256 * 2**20
"""Bytes of the disk that are left free."""
BLOCK = 4096
"""Bytes that a file takes at least."""
ENCRYPTED = 0x1
BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, EOFError),
    *(struct.error, ValueError, LookupError, OverflowError),
)
"""What the standard library raises for damaged archives."""
ITS_OWN = (
    *(None, errno.EINVAL, errno.ENAMETOOLONG),
    *(errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOENT),
)
"""Errors of the system for which an archive, not the disk, is to blame; None is a decompressor's."""


class NoRoomError(OSError):
    """The disk is too small."""


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a zip or a tar, as its content and not its name says, into a new ``folder``; after an error there is none.

    Links and owners of a tar are those that the standard library's filter "data" lets through.

    Raises
    ------
    ValueError: it cannot be unpacked; the message says why, and what to do.
    OSError: it does not fit on the disk, or the disk fails.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        _extract(archive, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _extract(archive: Path, folder: Path) -> None:
    whole = "put it on your Drive again, whole"
    try:
        if tarfile.is_tarfile(archive):
            return _extract_tar(archive, folder)
        if zipfile.is_zipfile(archive):
            return _extract_zip(archive, folder)
    except RuntimeError as error:  # NotImplementedError is one
        raise ValueError(
            f"it is packed in a way that Python cannot unpack ({error}), so pack it anew, as an ordinary zip or tar"
        ) from error
    except BROKEN as error:
        raise ValueError(f"it is damaged ({error}), so {whole}") from error
    except OSError as error:
        if error.errno in ITS_OWN and not isinstance(error, NoRoomError):
            raise ValueError(f"it is damaged ({error}), so {whole}") from error
        raise
    raise ValueError(f"it is neither a zip nor a tar, whatever its name says, so {whole}")


def _extract_zip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as zipped:
        members = zipped.infolist()
        if any(member.flag_bits & ENCRYPTED for member in members):
            raise RuntimeError("it wants a password")
        check_room(folder, (member.file_size for member in members))
        for member in bar(members, "Unpacking", unit=" files"):
            zipped.extract(member, folder)


def _extract_tar(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as tarred:
        check_room(folder, (member.size for member in tarred))
        for member in bar(tarred.getmembers(), "Unpacking", unit=" files"):
            tarred.extract(member, folder, filter="data")


def check_room(folder: Path, sizes: Iterable[int]) -> None:
    """Raise NoRoomError where files of these sizes, in bytes, do not fit on the disk of ``folder``."""
    free, needed = shutil.disk_usage(folder).free, 0
    for size in sizes:
        needed += max(size, BLOCK)
        if needed > free - SPARE:
            raise NoRoomError(f"it takes more than the {free / 1e9:.1f} GB that are free here")
