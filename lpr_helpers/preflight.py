"""One glance before work starts: data, device, disk, versions, seed and where results go."""

from __future__ import annotations

import html
import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from lpr_helpers.devices import best_device, fastest_precision, gpus
from lpr_helpers.runs import versions
from lpr_helpers.settings import Settings

LITTLE_DISK_GB = 5


@dataclass(frozen=True)
class Preflight:
    """What a notebook found. lines: (topic, finding, is it fine); shows itself as a table in a notebook."""

    lines: tuple[tuple[str, str, bool], ...]

    def __str__(self) -> str:
        return "\n".join(
            f"{'✓' if fine else '!'} {topic:<9} {finding}" for topic, finding, fine in self.lines
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td style="text-align:left">{"✓" if fine else "⚠"} <b>{html.escape(topic)}</b></td>'
            f'<td style="text-align:left">{html.escape(finding)}</td></tr>'
            for topic, finding, fine in self.lines
        )
        return f"<table>{rows}</table>"


def preflight(settings: Settings) -> Preflight:
    """Look at data, device, disk, versions and output folder; changes nothing."""
    return Preflight(
        (
            _profile(settings),
            _data(settings),
            _device(settings),
            _disk(settings),
            _versions(),
            _output(settings),
        )
    )


def _profile(settings: Settings) -> tuple[str, str, bool]:
    profile = settings.profile
    return (
        "profile",
        f"{profile.name}: {profile.phase1.epochs} + {profile.phase2.epochs} epochs, batches of "
        f"{profile.phase1.batch_size} frames, seed {profile.phase1.seed}",
        True,
    )


def _data(settings: Settings) -> tuple[str, str, bool]:
    if settings.data:
        return "data", str(settings.root), True
    count = sum(settings.profile.demo_tracks)
    state = "made earlier" if settings.root.exists() else "to be drawn on first use"
    return (
        "data",
        f"{count:,} synthetic tracks, {state}: {settings.root} (set LPR_DATA to use your own)",
        True,
    )


def _device(settings: Settings) -> tuple[str, str, bool]:
    device, precision = best_device(), {"no": "float32"}.get(fastest_precision(), fastest_precision())
    if found := gpus():
        many = f"{len(found)} × " if len(found) > 1 else ""
        return "device", f"{many}{found[0].name}, {found[0].memory_gb:.0f} GB, {precision}", True
    slow = settings.profile.name == "full"
    advice = ": the report's training takes many hours here; use a GPU, or LPR_PROFILE=demo" if slow else ""
    return "device", f"{device.type}, {os.cpu_count()} cores, {precision}{advice}", not slow


def _disk(settings: Settings) -> tuple[str, str, bool]:
    free = shutil.disk_usage(_existing(settings.artifacts)).free / 2**30
    enough = free > LITTLE_DISK_GB
    return "free disk", f"{free:.0f} GB" + ("" if enough else ": little"), enough


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def _versions() -> tuple[str, str, bool]:
    found = versions()
    shown = ", ".join(
        f"{name} {found[name]}" for name in ("torch", "numpy", "pandas", "lpr-helpers") if name in found
    )
    return "versions", f"Python {platform.python_version()}, {shown}", True


def _output(settings: Settings) -> tuple[str, str, bool]:
    if not os.access(_existing(settings.artifacts), os.W_OK):
        return "results", f"{settings.artifacts}: not writable; set LPR_ARTIFACTS to another folder", False
    colab, drive = Path("/content"), Path("/content/drive")
    if colab.is_dir() and drive not in settings.artifacts.parents:
        return (
            "results",
            f"{settings.artifacts}: lost with this session; set LPR_ARTIFACTS to a Drive folder",
            False,
        )
    return "results", str(settings.artifacts), True
