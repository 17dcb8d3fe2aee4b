"""One `fit` for every phase of training, on one device or on many."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

from lpr_helpers import optimisers, runs
from lpr_helpers.augment import Augment, fewer_frames
from lpr_helpers.batches import Batch, FrameBatches, FreshBatches, targets_of
from lpr_helpers.board import Board
from lpr_helpers.checkpoints import Recogniser, load_recogniser
from lpr_helpers.devices import best_device, fastest_precision, keep_freed_memory, peak_memory_mb
from lpr_helpers.keeping import Keeper, State, TrainingError
from lpr_helpers.parallel import agreed, gathered, shard, share_statistics
from lpr_helpers.phases import PHASE1, PHASE2, Phase
from lpr_helpers.progress import bar
from lpr_helpers.store import fits
from lpr_helpers.synthetic.fresh import FreshPool, FreshTracks
from lpr_helpers.validation import TrainingData, validate

__all__ = ["PHASE1", "PHASE2", "Phase", "TrainingData", "TrainingError", "fit", "validate"]


@dataclass
class _Training:
    """Everything that takes part in one call of `fit`."""

    recogniser: Recogniser
    data: TrainingData
    phase: Phase
    run: Path
    progress: bool
    accelerator: Accelerator
    model: nn.Module
    optimiser: torch.optim.Optimizer
    scheduler: ReduceLROnPlateau
    batches: FrameBatches | FreshBatches
    keeper: Keeper
    state: State


def fit(
    recogniser: Recogniser,
    data: TrainingData,
    phase: Phase,
    run: str | Path,
    *,
    fresh: FreshTracks | None = None,
    on_epoch: Callable[[pd.DataFrame], None] | None = None,
    progress: bool = True,
    save_every: float = 300,
) -> pd.DataFrame:
    """Train ``recogniser`` on ``data`` and keep everything in the folder ``run``; returns the history.

    ``run`` then holds ``config.json`` (phase, data, seeds, library versions, git revision), ``history.csv`` (one row
    an epoch), ``samples.csv`` (how a few validation tracks were read after each), ``best/`` (the checkpoint with the
    highest recognition rate on validation; ties by character accuracy, then by loss), ``last/`` (the state to continue
    from), ``tensorboard/`` and in the end ``finished.json``.
    ``recogniser`` ends as the best checkpoint. A finished run is not trained again; one that was cut short continues
    at the very batch of its last checkpoint, of which there is one after every epoch and one every ``save_every``
    seconds. On the CPU in float32 it ends with the weights, bit for bit, that it would have had without the cut.
    ``on_epoch`` gets the history after every epoch, and at once what an earlier call left of it. With ``fresh`` tracks,
    drawn while it trains, these take the place of the data's training tracks, and ``phase.scenarios`` and ``phase.hr``
    say nothing.

    In each of several processes that accelerate has started, `fit` takes its part of every batch; only the first
    writes, prints and calls ``on_epoch``, and all return the same (see `launch`).

    Raises TrainingError if the loss is no number, if there is nothing to train or validate on, if ``fresh`` tracks are
    unlike the data, if ``run`` holds a run with other settings, or if a checkpoint cannot be written.
    """
    with FreshPool(fresh) if fresh else nullcontext() as pool:
        t = _begin(recogniser, data, phase, Path(run), progress, pool, save_every)
        first, history = t.accelerator.is_main_process, t.state.history
        if on_epoch and first and history:
            on_epoch(pd.DataFrame(history))
        with Board(t.run / "tensorboard", history, first and not t.state.finished(phase)) as board:
            while not t.state.finished(phase):
                row = _epoch(t)
                board.add(row)
                if t.progress:
                    print(runs.line(row))
                if on_epoch and first:
                    on_epoch(pd.DataFrame(t.state.history))
    if first:
        runs.finish(t.run, pd.DataFrame(t.state.history))
    t.accelerator.wait_for_everyone()
    become(recogniser, load_recogniser(t.run / "best"))
    return pd.DataFrame(t.state.history)


def become(recogniser: Recogniser, other: Recogniser) -> None:
    """Give ``recogniser`` the weights of another of its kind, and what is known of them; ready to read."""
    recogniser.model.load_state_dict(other.model.state_dict())
    recogniser.model.eval()
    recogniser.about.clear()
    recogniser.about.update(other.about)


def _begin(
    recogniser, data, phase: Phase, run: Path, progress: bool, pool: FreshPool | None, save_every: float
) -> _Training:
    """Check that there is something to do, claim the run folder, and continue where it was."""
    train, val, fresh = data.rows("train", phase.scenarios), data.rows("val"), pool and pool.fresh
    if not (len(train) or fresh) or not len(val):
        raise TrainingError(
            f"{len(train)} training and {len(val)} validation tracks: both are needed. Check the split "
            "(notebook 01) and the problems it lists."
        )
    if fresh and (misfit := fresh.misfit(data.lr.images.shape[2:], data.plate)):
        raise TrainingError(misfit)
    precision = fastest_precision() if phase.precision == "auto" else phase.precision
    accelerator = Accelerator(cpu=best_device().type == "cpu", mixed_precision=precision)
    if accelerator.is_main_process:
        runs.claim(
            run, runs.describe(phase, data.table, data.plate, recogniser, accelerator, fresh), TrainingError
        )
    accelerator.wait_for_everyone()
    if accelerator.device.type == "cpu":
        keep_freed_memory()
    set_seed(phase.seed)
    share_statistics(recogniser.model)
    model = recogniser.model.to(accelerator.device, memory_format=torch.channels_last)
    optimiser = optimisers.chosen(phase.optimiser, model, phase.learning_rate, phase.weight_decay)
    scheduler = ReduceLROnPlateau(optimiser, mode="max", factor=phase.factor, patience=phase.patience)
    model, optimiser = accelerator.prepare(model, optimiser)
    # Only training runs in low precision: validation reads as later readings do, in float32.
    accelerator.unwrap_model(model, keep_fp32_wrapper=False)
    keeper = Keeper(run, recogniser, optimiser, scheduler, accelerator, save_every)
    state, progress = keeper.resumed(), progress and accelerator.is_main_process
    batches = _batches(data, train, phase, accelerator.device, pool, state, recogniser.reader.whole)
    if progress:
        print(_where(run, recogniser, state, phase, len(batches)))
    return _Training(
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
        keeper,
        state,
    )


def _batches(
    data, rows, phase: Phase, device, pool: FreshPool | None, state: State, whole: bool
) -> FrameBatches | FreshBatches:
    """The epoch's batches; whether frames are streamed, on which their order depends, is kept in the state."""
    options = phase.batch_size, phase.seed, device
    try:
        if pool:
            return FreshBatches(pool, *options, whole=whole, shard=shard())
        sources = [data.lr, data.hr] if phase.hr and data.hr is not None else [data.lr]
        if state.streamed is None:
            state.streamed = agreed(not fits([source.images for source in sources], device))
        targets = targets_of(data.table, data.plate)
        shared = {"whole": whole, "poor": phase.poor_hr, "shard": shard(), "streamed": state.streamed}
        return FrameBatches(sources, targets, rows, *options, **shared)
    except ValueError as error:
        raise TrainingError(str(error)) from error


def _where(run: Path, recogniser: Recogniser, state: State, phase: Phase, batches: int) -> str:
    """Where a run begins or goes on, for the one who started it, perhaps again."""
    if state.finished(phase):
        return (
            f"{run.name}: finished already, after epoch {state.epoch} of {phase.epochs}; nothing is trained again. "
            f"Delete {run} to train anew"
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


def _epoch(t: _Training) -> dict:
    """Train one epoch, or what is left of it, validate and keep it; returns its row of the history."""
    loss, seconds = _train(t, Augment(t.phase.augmentation))
    started = time.perf_counter()
    readings: list[pd.DataFrame] = []
    figures = validate(t.recogniser, t.data, t.data.rows("val"), t.accelerator.device, readings.append)
    learning_rate, whole = t.optimiser.param_groups[0]["lr"], t.recogniser.reader.whole
    if t.phase.schedule == "plateau":
        t.scheduler.step(figures["character_accuracy"])
    row = {
        "phase": t.phase.name,
        "epoch": t.state.epoch + 1,
        "loss": loss,
        **figures,
        "learning_rate": learning_rate,
        "tracks_per_s": len(t.batches) * t.phase.batch_size / seconds / (1 if whole else t.batches.frames),
        "seconds": seconds + time.perf_counter() - started,
        "peak_memory_mb": peak_memory_mb(t.accelerator.device),
    }
    score, state = [row["recognition_rate"], row["character_accuracy"], -row["val_loss"]], t.state
    t.state = State(
        row["epoch"],
        best=state.best,
        best_epoch=state.best_epoch,
        history=[*state.history, row],
        samples=[*state.samples, *(s for table in readings for s in runs.sampled(table, row["epoch"]))],
        streamed=state.streamed,
    )
    if not state.best or score > state.best:
        t.state.best, t.state.best_epoch = score, row["epoch"]
        t.keeper.keep_best(row)
    t.keeper.keep(t.state)
    return row


def _train(t: _Training, augment: Augment) -> tuple[float, float]:
    """One pass over the training frames, from the batch that the state says; returns mean loss and seconds."""
    t.model.train()
    t.batches.epoch, t.batches.start = t.state.epoch, t.state.batch
    set_seed(t.phase.seed + 1000 * (t.state.epoch + 1) + shard()[0])
    if t.state.batch:
        t.keeper.restore_generators()
    losses = t.state.losses = [torch.as_tensor(loss, device=t.accelerator.device) for loss in t.state.losses]
    title = f"{t.phase.name}, epoch {t.state.epoch + 1} of {t.phase.epochs}"
    shown = bar(
        t.batches, title, total=len(t.batches), initial=t.state.batch, disable=not t.progress, leave=False
    )
    before, started = t.state.seconds, time.perf_counter()
    for batch in shown:
        losses.append(_step(t, augment, batch))
        t.state.batch += 1
        if t.state.batch % 20 == 0:
            mean = _checked(losses[-20:], t.phase)
            shown.set_postfix(loss=f"{mean:.3f}")
        if t.state.batch < len(t.batches) and t.keeper.due(t.state.batch):
            _checked(losses[-20:], t.phase)
            t.state.seconds = before + time.perf_counter() - started
            t.keeper.keep(t.state)
    means = gathered(_checked(losses, t.phase))
    return float(np.mean(means)), before + time.perf_counter() - started


def _step(t: _Training, augment: Augment, batch: Batch) -> torch.Tensor:
    """Learn from one batch; returns its loss."""
    images, valid = augment(batch.images, batch.valid)
    if t.recogniser.reader.whole:
        valid = fewer_frames(valid)
    with t.accelerator.autocast():
        loss = t.recogniser.reader.loss(t.model, images, valid, batch.targets)
    if t.phase.schedule == "cosine":
        done = (t.state.epoch + t.state.batch / len(t.batches)) / t.phase.epochs
        for group in t.optimiser.param_groups:
            group["lr"] = t.phase.rate(done)
    t.optimiser.zero_grad(set_to_none=True)
    t.accelerator.backward(loss)
    norm = t.accelerator.clip_grad_norm_(t.model.parameters(), t.phase.clip)
    t.optimiser.step()
    # A gradient can be no number although its loss is one. In fp16 such a step is left out, and no harm is done.
    return loss.detach() if t.accelerator.scaler else loss.detach() + 0 * norm


def _checked(losses: list[torch.Tensor], phase: Phase) -> float:
    """The mean of losses, if it is a number."""
    mean = float(torch.stack(losses).mean())
    if not np.isfinite(mean):
        raise TrainingError(
            f"the loss of {phase.name} is {mean}. Try a lower learning rate (now {phase.learning_rate:g}), "
            f'precision="no" (now {phase.precision!r}), or look for damaged labels and frames in notebook 01. '
            "The last good checkpoint is untouched."
        )
    return mean
