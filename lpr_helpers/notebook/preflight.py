"""One glance before work starts: data, device, disk, versions, seed, where results go and which are there already."""

from __future__ import annotations

import json
import os
import platform
import shutil
from dataclasses import asdict
from pathlib import Path

from lpr_helpers.data.folders import DataSetError
from lpr_helpers.models.checkpoints import kind_of
from lpr_helpers.models.registry import ARCHITECTURES
from lpr_helpers.notebook.datasets import frame_format
from lpr_helpers.notebook.findings import Preflight
from lpr_helpers.notebook.input_choice import GREY
from lpr_helpers.notebook.settings import Settings, is_ephemeral, on_drive
from lpr_helpers.notebook.speed import engines
from lpr_helpers.training.phases import Phase
from lpr_helpers.training.runs import compare_runs
from lpr_helpers.training.state import TrainingState
from lpr_helpers.utils.cores import usable_cores
from lpr_helpers.utils.devices import best_device, fastest_precision, gpus
from lpr_helpers.utils.installed import versions

LITTLE_DISK_GB, LITTLE_DRIVE_GB = 5, 1


def preflight_check(settings: Settings) -> Preflight:
    """Look at data, device, disk, versions, output folders and earlier results; changes nothing."""
    return Preflight(
        (
            _profile(settings),
            _data(settings),
            *_frames(settings),
            _device(settings),
            *_engines(settings),
            _disk(settings),
            _versions(),
            _output(settings),
            *_scratch(settings),
            _kept(settings),
        )
    )


def _profile(settings: Settings) -> tuple[str, str, bool]:
    profile, architecture = settings.profile, ARCHITECTURES[kind_of(settings.start)]
    weights = "from the weights in the package" if settings.start == "ours" else "from scratch"
    what = "tracks" if architecture.multi_frame else "frames"
    first, second = profile.phase1, profile.phase2
    return (
        "profile",
        (
            f"{profile.name}: {architecture.title}, {weights}, {first.epochs} + {second.epochs} epochs, "
            f"batches of {first.batch_size} {what}, seed {first.seed}"
        ),
        True,
    )


def _data(settings: Settings) -> tuple[str, str, bool]:
    if settings.data and on_drive(settings.data):
        advice = "slow, file by file; keep one archive on the Drive and unpack it on this machine"
        return "data", f"{settings.root}: {advice}", False
    if settings.data:
        return "data", str(settings.root), True
    count = sum(settings.profile.demo_tracks)
    state = "made earlier" if settings.root.exists() else "to be drawn on first use"
    return (
        "data",
        f"{count:,} synthetic tracks, {state}: {settings.root} (set LPR_DATA to use your own)",
        True,
    )


def _frames(settings: Settings) -> list[tuple[str, str, bool]]:
    """What frames are made of, where it is more than grey light as it is."""
    if settings.input == GREY:
        return []
    try:
        return [("frames", str(frame_format(settings)), True)]
    except DataSetError as error:
        return [("frames", str(error), False)]


def _device(settings: Settings) -> tuple[str, str, bool]:
    device = best_device()
    if found := gpus():
        many = f"{len(found)} × " if len(found) > 1 else ""
        return "device", f"{many}{found[0].name}, {found[0].memory_gb:.0f} GB, {fastest_precision()}", True
    slow = settings.profile.name == "full"
    advice = ": the report's training takes many hours here; use a GPU, or LPR_PROFILE=demo" if slow else ""
    return "device", f"{device.type}, {usable_cores()} cores{advice}", not slow


def _engines(settings: Settings) -> list[tuple[str, str, bool]]:
    """What a CPU computes with, which nobody knows before it is measured."""
    return [("engine", engines(settings), True)] if best_device().type == "cpu" else []


def _disk(settings: Settings) -> tuple[str, str, bool]:
    free, enough = _free(settings.scratch, LITTLE_DISK_GB)
    if settings.scratch == settings.artifacts:
        return "free disk", free, enough
    precious, suffices = _free(settings.artifacts, LITTLE_DRIVE_GB)
    return "free disk", f"{free}; on the Drive {precious}", enough and suffices


def _free(folder: Path, little: int) -> tuple[str, bool]:
    """What is free where ``folder`` is, or will be, and whether it is more than ``little`` GB."""
    free = shutil.disk_usage(_existing(folder)).free / 2**30
    return f"{free:.0f} GB" + ("" if free > little else ": little"), free > little


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
    if not os.access(there := _existing(settings.artifacts), os.W_OK) or not there.is_dir():
        return "results", f"{settings.artifacts}: no folder that can be written; set LPR_ARTIFACTS", False
    if is_ephemeral(settings.artifacts):
        return (
            "results",
            f"{settings.artifacts}: lost with this session; set LPR_ARTIFACTS to a Drive folder",
            False,
        )
    return "results", str(settings.artifacts), True


def _scratch(settings: Settings) -> list[tuple[str, str, bool]]:
    """The other place, where there is one."""
    if settings.scratch == settings.artifacts:
        return []
    made = "packed frames and index" + ("" if settings.data else ", demo data")
    return [("scratch", f"{settings.scratch}: {made}; a new session makes them again", True)]


def _kept(settings: Settings) -> tuple[str, str, bool]:
    """What earlier work left, and whether training can go on from it."""
    pairs = (settings.phase1, settings.profile.phase1), (settings.phase2, settings.profile.phase2)
    trials = len(list(settings.tuning.glob("trial-*")))
    found = [
        "the split" if settings.split.exists() else "",
        *(_training(run, phase) for run, phase in pairs),
        f"tuning: {_counted(trials, 'trial')}" if trials else "",
        "readings" if settings.validation.exists() else "",
        "a submission" if settings.submission.exists() else "",
    ]
    return "kept", "; ".join(filter(None, found)) or "nothing yet", all(_alike(*pair) for pair in pairs)


def _training(run: Path, phase: Phase) -> str:
    """How far a run is; empty if it has not begun."""
    for row in compare_runs(run).itertuples():
        done = _counted(row.epochs, "epoch") + " kept"
        if not _alike(run, phase):
            return f"{run.name}: {done}, with other settings than this profile's"
        ended = row.epochs and TrainingState(row.epochs, best_epoch=row.best_epoch).finished(phase)
        return f"{run.name}: {done}, {'complete' if ended else 'continues'}"
    return ""


def _alike(run: Path, phase: Phase) -> bool:
    """Whether a run was begun with the settings of ``phase``; so is one that was not begun, or cannot be read."""
    try:
        kept = json.loads((run / "config.json").read_text(encoding="utf-8"))["identity"]["phase"]
    except (OSError, ValueError, KeyError):
        return True
    wanted = json.loads(json.dumps(asdict(phase)))
    return all(wanted.get(name) == value for name, value in kept.items())


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")
