"""A data set copied from a Drive to the machine's own disk, unpacked where it is an archive."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lpr_helpers.data.folders import plates_home
from lpr_helpers.notebook import settings
from lpr_helpers.notebook.unpacking import check_room, unpack
from lpr_helpers.utils.progress import bar

CHUNK = 16 * 2**20
WORKERS = 16
"""A Drive answers slowly, but many at once."""
ENDINGS = tuple(ending for _, endings, _ in shutil.get_unpack_formats() for ending in endings)


def local_copy(source: Path) -> Path:
    """The root of a data set's copy on the machine's own disk, which is made unless it is there.

    source: an archive (.zip, .tar, .tar.gz and what else `shutil` unpacks), which is quick, or a folder, which is slow
    where files are many. The copy is there whole or not at all; the next call goes on where copying broke off.

    Raises
    ------
    ValueError: there is no such file or folder, or it is no archive that can be unpacked; nothing of it is left here.
    OSError: copying broke off, or there is too little disk.
    """
    if not source.exists():
        raise ValueError(
            f"there is no {source}: give the name of an archive or a folder that is on your Drive"
        )
    if source.is_file() and not source.name.lower().endswith(ENDINGS):
        raise ValueError(
            f"{source} is no archive that can be unpacked: give a folder, or one of {', '.join(ENDINGS)}"
        )
    stat = source.stat()
    digest = hashlib.sha256(f"{source} {stat.st_size} {stat.st_mtime_ns}".encode()).hexdigest()[:8]
    target = settings.DRIVE.with_name("lpr-data") / f"{source.name.split('.')[0]}-{digest}"
    if not target.is_dir():
        partial = target.with_name(f".{target.name}")
        partial.parent.mkdir(parents=True, exist_ok=True)
        _unpacked(source, partial) if source.is_file() else _copied(source, partial, _copy_folder)
        partial.rename(target)
    return _root(target)


def _unpacked(archive: Path, folder: Path) -> None:
    """Unpack an archive into ``folder``, through a copy of it: what a Drive does fast is to be read from end to end."""
    copy = folder.with_name(f"{folder.name}-{archive.name}")
    _copied(archive, copy, _copy_file)
    try:
        unpack(copy, folder)
    except (ValueError, OSError) as error:
        copy.unlink()
        kind = ValueError if isinstance(error, ValueError) else OSError
        raise kind(f"{archive} cannot be unpacked: {error}") from error
    copy.unlink()


def _copied(source: Path, target: Path, copy: Callable[[Path, Path], None]) -> None:
    """Copy a file or a folder; raises OSError that says how to go on."""
    try:
        copy(source, target)
    except OSError as error:
        again = "run this again, and it goes on from there"
        raise OSError(f"copying {source} to {target.parent} broke off ({error}): {again}") from error


def _copy_file(source: Path, target: Path) -> None:
    """Copy a file, beginning where an earlier call stopped."""
    there, size = target.stat().st_size if target.exists() else 0, source.stat().st_size
    check_room(target.parent, [size - there])
    done = bar(None, f"Copying {source.name}", total=size, initial=there, unit="B", unit_scale=True)
    with done, source.open("rb") as read, target.open("ab") as write:
        read.seek(there)
        while chunk := read.read(CHUNK):
            write.write(chunk)
            done.update(len(chunk))
    if (got := target.stat().st_size) != size:
        raise OSError(f"the Drive gave {got:,} of {size:,} bytes")


def _copy_folder(source: Path, target: Path) -> None:
    """Copy a folder's files, but those that an earlier call copied whole."""
    folders = bar(os.walk(source, onerror=_give_up), "Finding files", unit=" folders", leave=False)
    files = [Path(folder, name) for folder, _, names in folders for name in names]

    def copy(file: Path) -> None:
        to = target / file.relative_to(source)
        if not to.exists() or to.stat().st_size != file.stat().st_size:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, to)

    with ThreadPoolExecutor(WORKERS) as pool:
        try:
            for _ in bar(pool.map(copy, files), f"Copying {source.name}", total=len(files), unit=" files"):
                pass
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _give_up(error: OSError) -> None:
    raise error


def _root(folder: Path) -> Path:
    """The data set's root in an unpacked archive: many hold one folder, which is it, and not its train or test part."""
    there = [path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX"))]
    sole = there[0] if len(there) == 1 and there[0].is_dir() else folder
    return sole if plates_home(sole) == sole else folder
