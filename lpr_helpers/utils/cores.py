"""How many processor cores this process may use, which on shared machines are fewer than there are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

_GROUPS, _MOUNTS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def usable_cores() -> int:
    """Cores that this process may use, at least 1: by its affinity, and by the quota of its container (cgroups)."""
    try:
        count = len(os.sched_getaffinity(0))
    except (AttributeError, OSError):  # macOS and Windows do not tell
        count = os.cpu_count() or 1
    return max(1, min([count, *map(int, _quotas())]))


def _quotas() -> Iterator[float]:
    """The cores that each control group of this process allows, from its own up to the root, where one is limited."""
    try:
        groups = [line.split(":", 2) for line in _GROUPS.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError):  # no Linux
        return
    for _, controllers, path in (group for group in groups if len(group) == 3):
        if controllers and "cpu" not in controllers.split(","):
            continue
        folders = ("cpu", controllers) if controllers else ("", "unified")
        files = ("cpu.cfs_quota_us", "cpu.cfs_period_us") if controllers else ("cpu.max",)
        for home in (_MOUNTS / folder for folder in folders):
            folder = home / path.strip("/")
            # A container sees its own group as the root, whatever path it is told.
            for place in (folder, *folder.parents):
                yield from _quota(place, files)
                if place == home:
                    break


def _quota(folder: Path, files: Iterable[str]) -> Iterator[float]:
    try:
        numbers = " ".join((folder / file).read_text(encoding="utf-8") for file in files).split()
        quota, period = map(float, numbers)
    except (OSError, ValueError):  # no such group, or its quota is "max"
        return
    if quota > 0 and period > 0:
        yield quota / period
