"""One call of `fit`: all that takes part in it, and where it begins or goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import set_seed
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

from lpr_helpers.data.batches import FrameBatches
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.synthetic.fresh import FreshPool, FreshTracks
from lpr_helpers.training.adaptation import ScenarioTransfer, scenario_transfer
from lpr_helpers.training.checkpointing import Checkpointer
from lpr_helpers.training.consistency import Consistency
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.fresh_batches import FreshBatches
from lpr_helpers.training.graphs import Graphed
from lpr_helpers.training.optimisers import make_optimiser
from lpr_helpers.training.phases import Phase
from lpr_helpers.training.precision import training_precision
from lpr_helpers.training.state import TrainingState
from lpr_helpers.training.teachers import Teachers
from lpr_helpers.training.unlabelled import Unlabelled
from lpr_helpers.transforms.degradation import degrade
from lpr_helpers.utils.devices import best_device, fastest_precision, keep_freed_memory
from lpr_helpers.utils.distributed import shard, sync_batch_norm


@dataclass
class Session:
    """Everything that takes part in one call of `fit`."""

    recogniser: Recogniser
    data: TrackData
    phase: Phase
    run: Path
    progress: bool
    accelerator: Accelerator
    model: nn.Module
    optimiser: torch.optim.Optimizer
    scheduler: ReduceLROnPlateau
    batches: FrameBatches | FreshBatches
    checkpointer: Checkpointer
    state: TrainingState
    transfer: ScenarioTransfer | None = None
    """Makes some tracks of a scenario look like another's."""
    parts: int = 1
    """In how many parts a batch is learnt, so that it fits the memory."""
    teachers: Teachers | None = None
    consistency: Consistency | None = None

    def __post_init__(self) -> None:
        self.forward = Graphed(
            self.recogniser.architecture, self.model, wanted=self.accelerator.num_processes == 1
        )


def make_accelerator(phase: Phase, recogniser: Recogniser, run: Path) -> Accelerator:
    """The device and the precision that ``phase`` is trained with here, and the processes that share the work."""
    precision = training_precision(phase, recogniser, run)
    if AcceleratorState._shared_state.get("_mixed_precision", precision) != precision:  # noqa: SLF001
        # accelerate would not let a second phase have a precision of its own
        AcceleratorState._reset_state()  # noqa: SLF001
    return Accelerator(cpu=best_device().type == "cpu", mixed_precision=precision)


def begin(
    recogniser: Recogniser,
    data: TrackData,
    phase: Phase,
    run: Path,
    accelerator: Accelerator,
    *,
    pool: FreshPool | None,
    progress: bool,
    save_every: float,
    teachers: Sequence[Recogniser] = (),
    unlabelled: Unlabelled | None = None,
) -> Session:
    """Continue a claimed run where it was, or begin it.

    Arguments as in `fit`; pool: draws the fresh tracks, if there are any. Raises TrainingError as `fit` does.
    """
    train = data.rows("train", scenarios=phase.scenarios)
    if accelerator.device.type == "cpu":
        keep_freed_memory()
    set_seed(phase.seed)
    sync_batch_norm(recogniser.model)
    # torch's own annotations do not know the memory format
    model = recogniser.model.to(accelerator.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    precision, rates = accelerator.mixed_precision, (phase.learning_rate, phase.weight_decay)
    half = "bf16" in (precision, fastest_precision(accelerator.device))
    optimiser = make_optimiser(phase.optimiser, model, *rates, half=half)
    scheduler = ReduceLROnPlateau(optimiser, mode="max", factor=phase.factor, patience=phase.patience)
    groups = recogniser.frame_format.groups
    consistency = Consistency.of(unlabelled, model, groups) if unlabelled else None
    model, optimiser = accelerator.prepare(model, optimiser)
    # Only training runs in low precision: validation reads as later readings do, in float32.
    accelerator.unwrap_model(model, keep_fp32_wrapper=False)
    teacher = consistency.teacher if consistency else None
    checkpointer = Checkpointer(run, recogniser, optimiser, scheduler, accelerator, save_every, teacher)
    state, progress = checkpointer.resumed(), progress and accelerator.is_main_process
    whole = recogniser.architecture.multi_frame
    batches = _batches(data, train, phase, accelerator.device, state.streamed, whole, pool)
    if isinstance(batches, FrameBatches):
        state.streamed = batches.store.streamed
    if progress:
        print(_where(run, recogniser, state, phase, len(batches)))
    return Session(
        recogniser,
        data,
        phase,
        run,
        progress,
        accelerator,
        model,
        optimiser,
        scheduler,
        batches,
        checkpointer,
        state,
        teachers=Teachers(teachers, data.plate, accelerator.device, recogniser.frame_format, half=half)
        if teachers
        else None,
        transfer=None if pool else scenario_transfer(data, phase.transfer, phase.seed, accelerator.device),
        consistency=consistency,
    )


def check(
    recogniser: Recogniser,
    data: TrackData,
    phase: Phase,
    fresh: FreshTracks | None,
    unlabelled: Unlabelled | None,
) -> None:
    """Raise TrainingError if there is nothing to train or validate on, or if other tracks are unlike the data, or these
    unlike what the network reads.
    """
    train, val = data.rows("train", scenarios=phase.scenarios), data.rows("val")
    if not (len(train) or fresh) or not len(val):
        raise TrainingError(
            f"{len(train)} training and {len(val)} validation tracks: both are needed. Check the split "
            "(notebook 01) and the problems it lists."
        )
    packed = [data.lr, data.hr] if data.hr is not None else [data.lr]
    for misfit in (one.misfit(recogniser.frame_format) for one in packed):
        if misfit:
            raise TrainingError(misfit)
    if (
        fresh
        and fresh.made_of.as_packed != recogniser.frame_format.as_packed
        and not recogniser.frame_format.plain
    ):
        raise TrainingError(
            f"fresh frames are made of {fresh.made_of}, but the network reads {recogniser.frame_format}: set "
            "FreshTracks(frame_format=…)"
        )
    if fresh and (misfit := fresh.misfit(data.lr.images.shape[2:], data.plate)):
        raise TrainingError(misfit)
    if unlabelled:
        unlabelled.check(data)


def _batches(
    data: TrackData,
    rows: np.ndarray,
    phase: Phase,
    device: torch.device,
    streamed: bool | None,
    whole: bool,
    pool: FreshPool | None,
) -> FrameBatches | FreshBatches:
    """The epoch's batches. The order of frames depends on whether they are ``streamed``; None leaves that to them."""
    try:
        if pool:
            return FreshBatches(pool, phase.batch_size, phase.seed, device, whole=whole, shard=shard())
        return FrameBatches(
            [data.lr, data.hr] if phase.hr and data.hr is not None else [data.lr],
            data.targets,
            rows,
            phase.batch_size,
            phase.seed,
            device,
            whole=whole,
            weights=_weights(data, phase),
            hr_transform=degrade if phase.degrade_hr else None,
            shard=shard(),
            streamed=streamed,
        )
    except ValueError as error:
        raise TrainingError(str(error)) from error


def _weights(data: TrackData, phase: Phase) -> np.ndarray | None:
    """How often each track is drawn, float64 [N]; None where all are drawn alike."""
    known = dict(phase.scenario_weights)
    return data.table["scenario"].map(lambda name: known.get(name, 1.0)).to_numpy(float) if known else None


def _where(run: Path, recogniser: Recogniser, state: TrainingState, phase: Phase, batches: int) -> str:
    """Where a run begins or goes on, for the one who started it, perhaps again."""
    if state.finished(phase):
        return (
            f"{run.name}: finished already, after epoch {state.epoch} of {phase.epochs}; nothing is trained again. "
            f"To train anew, choose a folder other than {run}"
        )
    if not (state.epoch or state.batch):
        return f"{run.name}: begins at epoch 1 of {phase.epochs}, {_origin(recogniser.about)}; kept in {run}"
    inside = f", {state.batch} of {batches} batches into it" if state.batch else ""
    return f"{run.name}: goes on at epoch {state.epoch + 1} of {phase.epochs}{inside}, as kept in {run}"


def _origin(about: dict) -> str:
    """What is known of the weights that a run begins with."""
    if not about:
        return "from fresh weights"
    if "phase" in about and "epoch" in about:
        return f"from trained weights ({about['phase']}, epoch {about['epoch']})"
    return "from trained weights"
