"""How far a training is, and keeping it: nothing is lost but the minutes since the last checkpoint."""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd
import torch
from accelerate import Accelerator
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lpr_helpers.models.checkpoints import Recogniser, load_recogniser, save_recogniser
from lpr_helpers.training import runs
from lpr_helpers.training.disk import writing
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.state import TrainingState, load_state, save_state
from lpr_helpers.utils.distributed import all_gather, broadcast, shard
from lpr_helpers.utils.files import cleared


@dataclass
class Checkpointer:
    """Writes and reads the checkpoints of one run.

    every: seconds between two checkpoints inside an epoch. teacher: of a run that learns from unlabelled tracks.
    """

    run: Path
    recogniser: Recogniser
    optimiser: Optimizer
    scheduler: LRScheduler
    accelerator: Accelerator
    every: float
    teacher: nn.Module | None = None
    _kept: float = field(default_factory=time.monotonic)

    def due(self, batch: int) -> bool:
        """Whether it is time for a checkpoint after this batch of the epoch; the same in every process."""
        late = time.monotonic() - self._kept >= self.every
        # Asking the others costs a round trip: not after every batch.
        return late if shard()[1] == 1 else batch % 20 == 0 and bool(broadcast(late))

    def keep(self, state: TrainingState) -> None:
        """Write ``last/`` and the history; all processes have to call this."""
        generators = all_gather(_generators(self.accelerator.device))
        if self.accelerator.is_main_process:
            saved = {
                **asdict(state),
                "losses": [float(loss) for loss in state.losses],
                "trusted": [float(share) for share in state.trusted],
                "generators": generators,
                "optimiser": self.optimiser.state_dict(),
                "scheduler": self.scheduler.state_dict(),
                "scaler": self.accelerator.scaler.state_dict() if self.accelerator.scaler else {},
                "teacher": self.teacher.state_dict() if self.teacher else {},
            }
            with self._writing():
                save_state(self.recogniser, self.run / "last", saved)
                if state.history:
                    runs.write_history(self.run, pd.DataFrame(state.history))
                    runs.write_samples(self.run, state.samples)
        self._kept = time.monotonic()

    def keep_best(self, about: dict) -> None:
        """Write ``best/``, where this is the main process."""
        if self.accelerator.is_main_process:
            with self._writing():
                save_recogniser(self.recogniser, self.run / "best", about)

    def resumed(self) -> TrainingState:
        """Continue from ``last/``: everything gets its state of then back. A new run is kept there as it begins, since
        whoever continues it may bring weights that it has changed meanwhile.
        """
        if not broadcast(self.accelerator.is_main_process and self._cleared()):
            self.keep(state := TrainingState())
            return state
        saved = load_state(self.run / "last")
        self.recogniser.model.load_state_dict(load_recogniser(self.run / "last").model.state_dict())
        try:
            self.optimiser.load_state_dict(saved.pop("optimiser"))
        except ValueError as error:
            raise TrainingError(
                f"{self.run} was begun by another release, whose optimiser was another one: finish it there, or delete "
                "the folder to begin anew"
            ) from error
        _lay_out(self.optimiser)
        self.scheduler.load_state_dict(saved.pop("scheduler"))
        if (scaler := saved.pop("scaler")) and self.accelerator.scaler:
            self.accelerator.scaler.load_state_dict(scaler)
        taught = saved.pop("teacher", {})  # which a run of an earlier release has not
        if self.teacher:
            self.teacher.load_state_dict(taught)
        self._generators, state = saved.pop("generators"), TrainingState(**saved)
        if (
            len(self._generators) != shard()[1]
        ):  # another number of processes: the epoch's order is another one
            state.batch, state.losses, state.trusted, state.seconds, state.streamed = 0, [], [], 0.0, None
        return state

    def restore_generators(self) -> None:
        """Random numbers go on as after the batch that `resumed` went back to."""
        _set_generators(self._generators[shard()[0]], self.accelerator.device)

    def _cleared(self) -> bool:
        """Whether ``last/`` is there, after clearing up what a kill has left."""
        cleared(self.run / "best")
        return cleared(self.run / "last")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """`disk.writing`, where the folder is still there: one that has vanished is not made anew."""
        with writing(self.run):
            if not (self.run / "config.json").exists():
                raise FileNotFoundError(errno.ENOENT, "the folder has vanished")
            yield


def _lay_out(optimiser: Optimizer) -> None:
    """Give moments the memory layout of their weights: fused optimisers pair them by place in memory, unchecked."""
    for weight, kept in optimiser.state.items():
        for name, value in kept.items():
            if value.shape == weight.shape:
                kept[name] = torch.empty_like(weight, requires_grad=False).copy_(value)


def _generators(device: torch.device) -> dict[str, torch.Tensor]:
    """The states of torch's random numbers that training draws on."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def _set_generators(states: dict[str, torch.Tensor], device: torch.device) -> None:
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
