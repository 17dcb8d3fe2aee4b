"""One `fit` for every phase of training."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau

from lpr_helpers import evaluation, runs
from lpr_helpers.augment import Augment
from lpr_helpers.batches import FrameBatches, FreshBatches, TrackBatches, targets_of
from lpr_helpers.checkpoints import Recogniser, load_recogniser, load_state, save_recogniser, save_state
from lpr_helpers.devices import fastest_precision, peak_memory_mb
from lpr_helpers.files import standing
from lpr_helpers.frames import Packed
from lpr_helpers.fusion import fuse
from lpr_helpers.models import ctc_loss
from lpr_helpers.plates import PlateFormat
from lpr_helpers.progress import bar
from lpr_helpers.reading import concatenate, frame_logits, read_batch, results_table
from lpr_helpers.synthetic.fresh import FreshPool, FreshTracks


class TrainingError(RuntimeError):
    """Training cannot go on; the message says what to try."""


@dataclass(frozen=True)
class Phase:
    """How one phase of training goes; the defaults are the report's Phase 1 (4.4, 6.1).

    scenarios: those trained on; data without any of them are used whole. hr: train on high-resolution frames too,
    as the report's 200,000 images include them; validation never does.
    augmentation: "none", "light" or "aggressive". batch_size: frames. clip: largest gradient norm.
    factor, patience: of ReduceLROnPlateau, on the character accuracy of the validation tracks.
    early_stopping: epochs without a better checkpoint before training ends; None trains all epochs.
    precision: "no" (float32), "bf16", "fp16", or "auto" for the fastest that the device has.
    """

    name: str = "phase1"
    epochs: int = 25
    batch_size: int = 64
    learning_rate: float = 1e-3
    weight_decay: float = 1e-5
    clip: float = 5.0
    factor: float = 0.5
    patience: int = 3
    early_stopping: int | None = None
    augmentation: str = "aggressive"
    scenarios: tuple[str, ...] = ("A", "B")
    hr: bool = True
    precision: str = "auto"
    seed: int = 2026


PHASE1 = Phase()
PHASE2 = Phase("phase2", epochs=10, learning_rate=1e-4, augmentation="light", scenarios=("B",))


@dataclass(frozen=True)
class TrainingData:
    """A table with its split, and the packed frames of all its tracks, row for row."""

    table: pd.DataFrame
    plate: PlateFormat
    lr: Packed
    hr: Packed | None = None

    def rows(self, split: str, scenarios: tuple[str, ...] = ()) -> np.ndarray:
        """Positions of the trainable tracks of a split, of ``scenarios`` if the data know any of them."""
        chosen = (self.table["split"] == split) & self.table["trainable"]
        if scenarios and self.table["scenario"].isin(scenarios).any():
            chosen &= self.table["scenario"].isin(scenarios)
        return np.flatnonzero(chosen)


@dataclass
class _State:
    """How far a run is."""

    epoch: int = 0
    best: list[float] = field(default_factory=list)  # the best epoch's figures, compared in order
    best_epoch: int = 0
    history: list[dict] = field(default_factory=list)

    def finished(self, phase: Phase) -> bool:
        waited = self.epoch - self.best_epoch
        return self.epoch >= phase.epochs or (
            phase.early_stopping is not None and waited >= phase.early_stopping
        )


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
    state: _State = field(default_factory=_State)


def fit(
    recogniser: Recogniser,
    data: TrainingData,
    phase: Phase,
    run: str | Path,
    *,
    fresh: FreshTracks | None = None,
    on_epoch: Callable[[pd.DataFrame], None] | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Train ``recogniser`` on ``data`` and keep everything in the folder ``run``; returns the history.

    ``run`` then holds ``config.json`` (phase, data, seeds, library versions, git revision), ``history.csv`` (one row
    an epoch), ``best/`` (the checkpoint with the highest recognition rate on validation; ties by character accuracy,
    then by loss), ``last/`` (the state to continue from) and in the end ``finished.json``. ``recogniser`` ends as the
    best checkpoint. A finished run is not trained again; one that was cut short continues after its last whole epoch.
    ``on_epoch`` gets the history after every epoch, and at once what an earlier call left of it. With ``fresh`` tracks,
    drawn while it trains, these take the place of the data's training tracks, and ``phase.scenarios`` and ``phase.hr``
    say nothing.

    Raises TrainingError if the loss is no number, if there is nothing to train or validate on, if ``fresh`` tracks are
    unlike the data, or if ``run`` holds a run with other settings.
    """
    with FreshPool(fresh) if fresh else nullcontext() as pool:
        t = _begin(recogniser, data, phase, Path(run), progress, pool)
        if on_epoch and t.state.history:
            on_epoch(pd.DataFrame(t.state.history))
        while not t.state.finished(phase):
            row = _epoch(t)
            _keep(t, row)
            if progress:
                print(runs.line(row))
            if on_epoch:
                on_epoch(pd.DataFrame(t.state.history))
    runs.finish(t.run)
    recogniser.model.load_state_dict(load_recogniser(t.run / "best").model.state_dict())
    recogniser.model.eval()
    return pd.DataFrame(t.state.history)


def _begin(recogniser, data, phase: Phase, run: Path, progress: bool, pool: FreshPool | None) -> _Training:
    """Check that there is something to do, claim the run folder, and continue where it was."""
    train, val, fresh = data.rows("train", phase.scenarios), data.rows("val"), pool and pool.fresh
    if not (len(train) or fresh) or not len(val):
        raise TrainingError(
            f"{len(train)} training and {len(val)} validation tracks: both are needed. Check the split "
            "(notebook 01) and the problems it lists."
        )
    if fresh and (misfit := fresh.misfit(data.lr.images.shape[2:], data.plate)):
        raise TrainingError(misfit)
    accelerator = Accelerator(
        mixed_precision=fastest_precision() if phase.precision == "auto" else phase.precision
    )
    config = runs.describe(phase, data.table, data.plate, recogniser, accelerator, fresh)
    runs.claim(run, config, TrainingError)
    set_seed(phase.seed)
    model = recogniser.model.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), lr=phase.learning_rate, weight_decay=phase.weight_decay)
    scheduler = ReduceLROnPlateau(optimiser, mode="max", factor=phase.factor, patience=phase.patience)
    model, optimiser = accelerator.prepare(model, optimiser)
    # Only training runs in low precision: validation reads as later readings do, in float32.
    accelerator.unwrap_model(model, keep_fp32_wrapper=False)
    options = phase.batch_size, phase.seed, accelerator.device
    if pool:
        batches = FreshBatches(pool, *options)
    else:
        sources = [data.lr, data.hr] if phase.hr and data.hr is not None else [data.lr]
        batches = FrameBatches(sources, targets_of(data.table, data.plate), train, *options)
    t = _Training(recogniser, data, phase, run, progress, accelerator, model, optimiser, scheduler, batches)
    if standing(run / "last"):
        _resume(t)
    return t


def _epoch(t: _Training) -> dict:
    """Train one epoch and validate; returns its row of the history."""
    started = time.perf_counter()
    t.batches.epoch = t.state.epoch
    set_seed(t.phase.seed + 1000 * (t.state.epoch + 1))
    loss = _train(t, Augment(t.phase.augmentation))
    trained = time.perf_counter() - started
    figures = validate(t.recogniser, t.data, t.data.rows("val"), t.accelerator.device)
    learning_rate = t.optimiser.param_groups[0]["lr"]
    t.scheduler.step(figures["character_accuracy"])
    return {
        "phase": t.phase.name,
        "epoch": t.state.epoch + 1,
        "loss": loss,
        **figures,
        "learning_rate": learning_rate,
        "tracks_per_s": len(t.batches) * t.phase.batch_size / t.batches.frames / trained,
        "seconds": time.perf_counter() - started,
        "peak_memory_mb": peak_memory_mb(t.accelerator.device),
    }


def _train(t: _Training, augment: Augment) -> float:
    """One pass over the training frames; returns the mean loss."""
    t.model.train()
    title, losses = f"{t.phase.name}, epoch {t.state.epoch + 1} of {t.phase.epochs}", []
    shown = bar(t.batches, title, disable=not t.progress, leave=False)
    for batch in shown:
        images, _ = augment(batch.images, batch.valid)
        with t.accelerator.autocast():
            logits = t.model(images.flatten(0, 1).to(memory_format=torch.channels_last))
        loss = ctc_loss(logits, batch.targets)
        t.optimiser.zero_grad(set_to_none=True)
        t.accelerator.backward(loss)
        t.accelerator.clip_grad_norm_(t.model.parameters(), t.phase.clip)
        t.optimiser.step()
        losses.append(loss.detach())
        if len(losses) % 20 == 0:
            shown.set_postfix(loss=f"{_checked(losses[-20:], t.phase):.3f}")
    return _checked(losses, t.phase)


def validate(recogniser: Recogniser, data: TrainingData, rows: np.ndarray, device) -> dict[str, float]:
    """Figures of the validation tracks: no augmentation, no high-resolution frame, the layout not given away."""
    batches = TrackBatches(data.lr, targets_of(data.table, data.plate), rows, 32, device)
    parts, losses = [], []
    for batch, logits in frame_logits(recogniser, batches):
        valid = batch.valid.flatten()
        targets = batch.targets.repeat_interleave(batch.valid.shape[1], 0)
        losses += [float(ctc_loss(logits[:, valid], targets[valid]))] * int(valid.sum())
        parts.append(read_batch(recogniser, data.lr, batch, logits))
    frames = concatenate(parts)
    results = results_table(data.table.iloc[rows], frames, fuse(frames, plate=data.plate, layouts="any"))
    single = [
        text == truth
        for texts, truth in zip(results.frame_readings, results.text, strict=True)
        for text in texts
    ]
    return {
        "val_loss": float(np.mean(losses)),
        "recognition_rate": evaluation.recognition_rate(results),
        "character_accuracy": evaluation.character_accuracy(results),
        "single_frame_rate": float(np.mean(single)),
    }


def _checked(losses: list[torch.Tensor], phase: Phase) -> float:
    mean = float(torch.stack(losses).mean())
    if not np.isfinite(mean):
        raise TrainingError(
            f"the loss of {phase.name} is {mean}. Try a lower learning rate (now {phase.learning_rate:g}), "
            f'precision="no" (now {phase.precision!r}), or look for damaged labels and frames in notebook 01. '
            "The last good checkpoint is untouched."
        )
    return mean


def _keep(t: _Training, row: dict) -> None:
    """Put an epoch into the history and on disk, as the best one too where it is."""
    state = t.state
    state.epoch, state.history = row["epoch"], [*state.history, row]
    score = [row["recognition_rate"], row["character_accuracy"], -row["val_loss"]]
    if not state.best or score > state.best:
        state.best, state.best_epoch = score, state.epoch
        save_recogniser(t.recogniser, t.run / "best", row)
    saved = {
        **vars(state),
        "optimiser": t.optimiser.state_dict(),
        "scheduler": t.scheduler.state_dict(),
        "scaler": t.accelerator.scaler.state_dict() if t.accelerator.scaler else {},
    }
    save_state(t.recogniser, t.run / "last", saved)
    runs.write_history(t.run, pd.DataFrame(state.history))


def _resume(t: _Training) -> None:
    saved = load_state(t.run / "last")
    t.recogniser.model.load_state_dict(load_recogniser(t.run / "last").model.state_dict())
    t.optimiser.load_state_dict(saved.pop("optimiser"))
    t.scheduler.load_state_dict(saved.pop("scheduler"))
    if (scaler := saved.pop("scaler")) and t.accelerator.scaler:
        t.accelerator.scaler.load_state_dict(scaler)
    t.state = _State(**saved)
    if t.progress:
        how = "complete after" if t.state.finished(t.phase) else "continuing after"
        print(f"{t.run.name}: {how} epoch {t.state.epoch}, as kept in {t.run}")
