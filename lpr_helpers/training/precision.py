"""The precision that a training runs in: as its phase says, as its run began, or the faster one on this machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch
from accelerate import PartialState
from torch import nn

from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.losses import track_loss
from lpr_helpers.training.phases import Phase
from lpr_helpers.utils.devices import best_device, fastest_precision, keep_freed_memory, multiplies_in_bf16
from lpr_helpers.utils.distributed import broadcast
from lpr_helpers.utils.measured import Choice, fastest, timed_in_turns

WAYS = {"float32": "no", "bf16": "bf16"}
"""A CPU's precisions as people and as accelerate name them; the first is the plain one."""
ITEMS, FRAMES = 16, 5
"""Frames, or tracks of so many frames, that are learnt for a measurement: smaller batches are unfair to bf16."""
BUDGET = 1.0
"""Seconds after which no further round is measured."""


def training_precision(phase: Phase, recogniser: Recogniser, run: Path) -> str:
    """Accelerate's name of the precision to train in: "no" (float32), "bf16" or "fp16"; the same in all processes.

    "auto" is, on a GPU, what it is known to be fast in; on a CPU what ``run`` was begun in, so that it ends as if it
    had not been cut short, and for a new run the faster one (`measured_precision`).
    """
    if phase.precision != "auto":
        return phase.precision
    if best_device().type != "cpu":
        return fastest_precision()
    first = PartialState(cpu=True).is_main_process  # the others are known from here on
    return broadcast((begun_precision(run) or WAYS[measured_precision(recogniser).name]) if first else "")


def begun_precision(run: Path) -> str | None:
    """What a run was begun in, if this CPU has it; None for a new one."""
    try:
        config = json.loads((run / "config.json").read_text(encoding="utf-8"))
        begun = config["circumstances"]["precision"]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # what is wrong with it, if anything, `claims` says
    return begun if begun == "no" or (begun == "bf16" and multiplies_in_bf16()) else None


def ways() -> list[str]:
    """The names of the precisions that this CPU has, the plain one first."""
    return list(WAYS)[: 1 + multiplies_in_bf16()]


def measured_precision(recogniser: Recogniser) -> Choice:
    """Whether this CPU trains such a network in float32, or clearly faster in bf16, where it has that.

    Measured once for each network and its arguments, and remembered (`utils.measured`); weights have no say.
    """
    return fastest(
        ways(),
        lambda: _measured(recogniser),
        work="training",
        kind=recogniser.kind,
        network=recogniser.network,
        threads=torch.get_num_threads(),
        torch=torch.__version__,
    )


def a_pass(recogniser: Recogniser, model: nn.Module, way: str, items: int) -> Callable[[], None]:
    """A forward and backward pass of a recogniser's model on so many frames, or tracks, of noise."""
    frames = FRAMES if recogniser.architecture.multi_frame else 1
    images = torch.rand(items, frames, recogniser.network["channels"], 32, 128)
    valid, plate = torch.ones(items, frames, dtype=torch.bool), recogniser.plate
    targets = torch.randint(len(plate.alphabet), (items, plate.length))

    def learn() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=way != "float32"):
            loss = track_loss(recogniser.architecture.forward(model, images, valid), valid, targets)
        model.zero_grad(set_to_none=True)
        loss.backward()

    return learn


def _measured(recogniser: Recogniser) -> dict[str, float]:
    """Seconds of a forward and backward pass in each precision, of a fresh network of the same kind."""
    kind, made_of = recogniser.kind, recogniser.made_of
    with torch.random.fork_rng(devices=[]):
        twin = Recogniser.new(recogniser.plate, kind=kind, frame_format=made_of, **recogniser.network)
        keep_freed_memory()
        # torch's own annotations do not know the memory format
        model = twin.model.train().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return timed_in_turns({way: a_pass(twin, model, way, ITEMS) for way in WAYS}, BUDGET)
