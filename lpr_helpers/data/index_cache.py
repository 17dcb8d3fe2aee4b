"""The file that remembers every track's check, so that only what changed is opened again."""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path

from lpr_helpers.data.checks import CheckedTrack
from lpr_helpers.data.folders import FoundTrack
from lpr_helpers.data.labels import Problem
from lpr_helpers.utils.files import write_whole
from lpr_helpers.utils.regular import read_regular

CACHE_VERSION = 2


def stamp(found: FoundTrack) -> str:
    """What tells whether a track's files have changed: a digest of their names, sizes and times."""
    return hashlib.blake2b(repr(found).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def load_cache(file: Path, header: dict) -> dict[str, tuple[str, CheckedTrack]]:
    """Stamp and check by folder; {} where the file is missing, damaged or about another data set."""
    try:
        first, *lines = read_regular(file).decode("utf-8").splitlines() or [""]
        if json.loads(first) != header:
            return {}
        records = map(json.loads, lines)
        return {r["folder"]: (r["stamp"], _restore(r["track"])) for r in records}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _restore(record: dict) -> CheckedTrack:
    sizes = {key: [(w, h) for w, h in record[key]] for key in ("lr_sizes", "hr_sizes")}
    return CheckedTrack(**record | sizes | {"problems": [Problem(**p) for p in record["problems"]]})


def save_cache(file: Path, header: dict, stamps: dict[str, str], checked: dict[str, CheckedTrack]) -> None:
    """Write stamp and check of every folder, below a header that says which data set they are of.

    A cache is a convenience: where it cannot be written, a warning says so, and all goes on without it.
    """
    lines = [json.dumps(header)]
    for folder, track in checked.items():
        record = vars(track) | {"problems": [vars(p) for p in track.problems]}
        lines.append(json.dumps({"folder": folder, "stamp": stamps[folder], "track": record}))
    try:
        write_whole(file, "\n".join(lines) + "\n")
    except (OSError, ValueError) as error:
        message = f"{file} cannot be written ({error}): the next check has to open every file again"
        warnings.warn(message, RuntimeWarning, stacklevel=2)
