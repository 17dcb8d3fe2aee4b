"""What reads fastest on this CPU: onnxruntime, or torch in float32 or bf16; measured once, and remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import torch

from lpr_helpers.inference.members import JoinedFormat
from lpr_helpers.inference.network_slots import TORCH, NetworkSlots
from lpr_helpers.inference.onnx_member import OnnxMember, OnnxSlots, load_onnx
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.shipped_files import ONNX_FILE, CheckpointError
from lpr_helpers.utils.devices import multiplies_in_bf16
from lpr_helpers.utils.images import SIZES
from lpr_helpers.utils.measured import Choice, fastest, timed_in_turns
from lpr_helpers.utils.regular import read_regular

PRECISIONS = {TORCH.format("float32"): "no", TORCH.format("bf16"): "bf16"}
"""Torch's ways to read on a CPU; the first is the plain one."""
BATCH, FRAMES = 8, 5
"""Tracks, and frames of each, that are read together for a measurement, besides one that is read alone."""
BUDGET = 0.6
"""Seconds after which no further round is measured."""
Slots = Callable[[np.ndarray, np.ndarray], object]


@dataclass(frozen=True)
class Engine:
    """The members that read, in a precision (None for ONNX files, which have one), and why these."""

    members: Sequence[Recogniser] | Sequence[OnnxMember]
    precision: str | None
    choice: Choice


def fastest_engine(members: Sequence[Recogniser], folders: Sequence[Path], tta: int = 1) -> Engine:
    """The fastest way on this CPU to read with some recognisers.

    members: of one ensemble. folders: those that they were loaded from, where each may hold an ONNX file; it is used if
    it holds these very weights (the digest says so), reads the same plates and frames, and no member is read in several
    poses (``tta``). Measured once for networks of a kind, with their arguments, threads and versions.
    """
    files = _files(members, folders) if tta == 1 else []
    ways = list(PRECISIONS)[: 1 + multiplies_in_bf16()] + [OnnxSlots.engine] * bool(files)
    choice = fastest(
        ways,
        lambda: _measured(members, files, ways),
        work="reading",
        networks=[[member.kind, member.network] for member in members],
        threads=torch.get_num_threads(),
        torch=torch.__version__,
        onnxruntime=_version() if files else None,
    )
    if choice.name in PRECISIONS:
        return Engine(members, PRECISIONS[choice.name], choice)
    exported = _exported(members, files)
    return Engine(exported, None, choice) if exported else fastest_engine(members, [], tta)


def _version() -> str:
    with suppress(PackageNotFoundError):  # it may have come under another name, such as onnxruntime-gpu
        return version("onnxruntime")
    return "unknown"


def _files(members: Sequence[Recogniser], folders: Sequence[Path]) -> list[Path]:
    """The members' ONNX files, if there is one of each that speaks of its weights: a look that costs 2 ms a file."""
    files = [folder / ONNX_FILE for folder in folders]
    with suppress(OSError):
        if len(files) == len(members) and all(
            one.digest.encode() in read_regular(file) for one, file in zip(members, files, strict=True)
        ):
            return files
    return []


def _exported(members: Sequence[Recogniser], files: Sequence[Path]) -> list[OnnxMember]:
    """What the files hold; none of them if one is damaged, or is not what its recogniser is."""
    if not files:
        return []
    try:
        found = [load_onnx(file, torch.get_num_threads()) for file in files]
    except (CheckpointError, ImportError):
        return []
    alike = [
        (one.digest, one.plate, one.frame_format) == (other.digest, other.plate, other.frame_format)
        for one, other in zip(members, found, strict=True)
    ]
    return found if all(alike) and len({one.frame_format for one in found}) == 1 else []


def _measured(members: Sequence[Recogniser], files: Sequence[Path], ways: Sequence[str]) -> dict[str, float]:
    """Seconds a track of each way, the mean of one alone and one in a batch; without ways that do not work here."""
    slots: dict[str, Slots] = {
        way: NetworkSlots(members, "cpu", precision=PRECISIONS[way]) for way in ways if way in PRECISIONS
    }
    if exported := _exported(members, files):
        slots[OnnxSlots.engine] = OnnxSlots(exported)
    channels = JoinedFormat.of([member.frame_format for member in members]).whole.channels
    noise = np.random.default_rng(0).integers(
        256, size=(BATCH, FRAMES, channels, *SIZES["lr"]), dtype=np.uint8
    )
    there = np.ones(noise.shape[:2], dtype=bool)
    passes = {
        (way, count): lambda read=read, count=count: read(noise[:count], there[:count])
        for way, read in slots.items()
        if _works(read, noise, there)
        for count in (1, BATCH)
    }
    taken = timed_in_turns(passes, BUDGET)
    return {way: (taken[way, 1] + taken[way, BATCH] / BATCH) / 2 for way, _ in taken}


def _works(read: Slots, noise: np.ndarray, there: np.ndarray) -> bool:
    try:
        read(noise[:1], there[:1])
    except RuntimeError:  # such as weights that are too large for bf16
        return False
    return True
