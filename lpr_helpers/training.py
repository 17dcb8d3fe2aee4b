"""One `fit` for every phase of training."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch.optim.lr_scheduler import ReduceLROnPlateau

from lpr_helpers import evaluation, runs
from lpr_helpers.augment import Augment
from lpr_helpers.batches import FrameBatches, TrackBatches, targets_of
from lpr_helpers.checkpoints import Recogniser, load_recogniser, load_state, save_recogniser, save_state
from lpr_helpers.frames import Packed
from lpr_helpers.fusion import fuse
from lpr_helpers.models import ctc_loss
from lpr_helpers.plates import PlateFormat
from lpr_helpers.progress import bar
from lpr_helpers.reading import concatenate, frame_logits, read_batch, results_table


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
    """What changes while training, and what a resumed run needs."""

    epoch: int = 0
    best: list[float] = field(default_factory=list)  # the best epoch's figures, compared in order
    best_epoch: int = 0
    history: list[dict] = field(default_factory=list)


def fit(
    recogniser: Recogniser,
    data: TrainingData,
    phase: Phase,
    run: str | Path,
    *,
    on_epoch: Callable[[pd.DataFrame], None] | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Train ``recogniser`` on ``data`` and keep everything in the folder ``run``; returns the history.

    ``run`` then holds ``config.json`` (phase, data, seeds, library versions, git revision), ``history.csv`` (one row
    an epoch), ``best/`` (the checkpoint with the highest recognition rate on validation; ties by character accuracy,
    then by loss) and ``last/`` (the state to continue from). A finished run is not trained again; one that was cut
    short continues after its last whole epoch. ``on_epoch`` gets the history after every epoch.

    Raises TrainingError if the loss is no number, if there is nothing to train or validate on, or if ``run`` holds a
    run with other settings.
    """
    run = Path(run)
    train_rows, val_rows = data.rows("train", phase.scenarios), data.rows("val")
    if not len(train_rows) or not len(val_rows):
        raise TrainingError(
            f"{len(train_rows)} training and {len(val_rows)} validation tracks: both are needed. Check the split "
            "(notebook 01) and the problems it lists."
        )
    accelerator = Accelerator(
        mixed_precision=fastest_precision() if phase.precision == "auto" else phase.precision
    )
    config = runs.describe(phase, data.table, data.plate, recogniser, accelerator)
    runs.claim(run, config, TrainingError)
    set_seed(phase.seed)
    model = recogniser.model.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), lr=phase.learning_rate, weight_decay=phase.weight_decay)
    scheduler = ReduceLROnPlateau(optimiser, mode="max", factor=phase.factor, patience=phase.patience)
    model, optimiser = accelerator.prepare(model, optimiser)
    # Only training runs in low precision: validation reads as later readings do, in float32.
    accelerator.unwrap_model(model, keep_fp32_wrapper=False)
    state = _resume(run, recogniser, optimiser, scheduler, accelerator)
    if progress and state.epoch:
        done = _finished(state, phase)
        print(
            f"{run.name}: {'complete after' if done else 'continuing after'} epoch {state.epoch}, as kept in {run}"
        )
    sources = [data.lr, data.hr] if phase.hr and data.hr is not None else [data.lr]
    targets = targets_of(data.table, data.plate)
    batches = FrameBatches(sources, targets, train_rows, phase.batch_size, phase.seed, accelerator.device)
    while not _finished(state, phase):
        started, batches.epoch = time.perf_counter(), state.epoch
        set_seed(phase.seed + 1000 * (state.epoch + 1))
        loss = _train_epoch(
            model, optimiser, batches, Augment(phase.augmentation), phase, accelerator, progress
        )
        seconds = time.perf_counter() - started
        figures = validate(recogniser, data, val_rows, accelerator.device)
        row = {
            "phase": phase.name,
            "epoch": state.epoch + 1,
            "loss": loss,
            **figures,
            "learning_rate": optimiser.param_groups[0]["lr"],
            "tracks_per_s": len(batches) * phase.batch_size / data.lr.valid.shape[1] / seconds,
            "seconds": time.perf_counter() - started,
            "peak_memory_mb": peak_memory_mb(accelerator.device),
        }
        scheduler.step(figures["character_accuracy"])
        _keep(run, recogniser, row, state, optimiser, scheduler, accelerator)
        history = pd.DataFrame(state.history)
        if on_epoch:
            on_epoch(history)
    runs.finish(run)
    recogniser.model.load_state_dict(load_recogniser(run / "best").model.state_dict())
    recogniser.model.eval()
    return pd.DataFrame(state.history)


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


def fastest_precision() -> str:
    """Accelerate's name of the fastest safe precision here: "bf16", "fp16" or "no" (float32).

    bf16 where the hardware multiplies in it (a CPU's AMX or AVX512-BF16, an Ampere GPU or newer), fp16 on older GPUs.
    """
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return "no"
    return "bf16" if "amx_bf16" in flags or "avx512_bf16" in flags else "no"


def peak_memory_mb(device: torch.device) -> float:
    """Most memory used so far, in MB: the GPU's where there is one, else this process's."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def _train_epoch(
    model, optimiser, batches, augment, phase: Phase, accelerator: Accelerator, progress: bool
) -> float:
    model.train()
    losses = []
    shown = bar(
        batches,
        f"{phase.name}, epoch {batches.epoch + 1} of {phase.epochs}",
        disable=not progress,
        leave=False,
    )
    for batch in shown:
        images, _ = augment(batch.images, batch.valid)
        with accelerator.autocast():
            logits = model(images.flatten(0, 1).to(memory_format=torch.channels_last))
        loss = ctc_loss(logits, batch.targets)
        optimiser.zero_grad(set_to_none=True)
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(model.parameters(), phase.clip)
        optimiser.step()
        losses.append(loss.detach())
        if len(losses) % 20 == 0:
            shown.set_postfix(loss=f"{_checked(losses[-20:], phase):.3f}")
    return _checked(losses, phase)


def _checked(losses: list[torch.Tensor], phase: Phase) -> float:
    mean = float(torch.stack(losses).mean())
    if not np.isfinite(mean):
        raise TrainingError(
            f"the loss of {phase.name} is {mean}. Try a lower learning rate (now {phase.learning_rate:g}), "
            f'precision="no" (now {phase.precision!r}), or look for damaged labels and frames in notebook 01. '
            "The last good checkpoint is untouched."
        )
    return mean


def _keep(
    run: Path, recogniser: Recogniser, row: dict, state: _State, optimiser, scheduler, accelerator
) -> None:
    state.epoch, state.history = row["epoch"], [*state.history, row]
    score = [row["recognition_rate"], row["character_accuracy"], -row["val_loss"]]
    if not state.best or score > state.best:
        state.best, state.best_epoch = score, state.epoch
        save_recogniser(recogniser, run / "best", row)
    saved = {
        **vars(state),
        "optimiser": optimiser.state_dict(),
        "scheduler": scheduler.state_dict(),
        "scaler": accelerator.scaler.state_dict() if accelerator.scaler else {},
    }
    save_state(recogniser, run / "last", saved)
    runs.write_history(run, pd.DataFrame(state.history))


def _resume(run: Path, recogniser: Recogniser, optimiser, scheduler, accelerator: Accelerator) -> _State:
    if not (run / "last").exists():
        return _State()
    saved = load_state(run / "last")
    recogniser.model.load_state_dict(load_recogniser(run / "last").model.state_dict())
    optimiser.load_state_dict(saved.pop("optimiser"))
    scheduler.load_state_dict(saved.pop("scheduler"))
    if (scaler := saved.pop("scaler")) and accelerator.scaler:
        accelerator.scaler.load_state_dict(scaler)
    return _State(**saved)


def _finished(state: _State, phase: Phase) -> bool:
    waited = state.epoch - state.best_epoch
    return state.epoch >= phase.epochs or (
        phase.early_stopping is not None and waited >= phase.early_stopping
    )
