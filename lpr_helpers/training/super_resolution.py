"""Super-resolution trained on pictures alone: HR frames come back that were made as poor as LR ones.

LR and HR frames of a track show other moments, so they are no pairs to learn from. Trained jointly with its reader, by
what is read of its pictures, a network is by `loop.fit`, from here or from fresh weights.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from accelerate.utils import set_seed
from torch.nn.functional import mse_loss

from lpr_helpers.data.batches import Batch
from lpr_helpers.data.frames import Packed
from lpr_helpers.data.track_data import TrackData
from lpr_helpers.evaluation.pictures import picture_quality
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.models.super_resolved import super_resolution_of
from lpr_helpers.synthetic.fresh import FreshTracks
from lpr_helpers.training import runs
from lpr_helpers.training.claims import claimed
from lpr_helpers.training.disk import writing
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.optimisers import set_rate
from lpr_helpers.training.phases import Phase
from lpr_helpers.training.pretraining import drawn_data
from lpr_helpers.training.provenance import describe_run
from lpr_helpers.training.session import Session, begin, check, make_accelerator
from lpr_helpers.training.state import TrainingState
from lpr_helpers.transforms.degradation import poor_frames
from lpr_helpers.transforms.frame_dropout import shorten_tracks
from lpr_helpers.utils.arrays import new_array
from lpr_helpers.utils.devices import peak_memory_mb
from lpr_helpers.utils.images import SIZES
from lpr_helpers.utils.progress import bar
from lpr_helpers.utils.resampling import resized_by_area

JUDGES = 100
"""Validation tracks, at most, whose pictures are measured after each epoch, evenly spread."""


def train_super_resolution(
    recogniser: Recogniser,
    data: TrackData,
    phase: Phase,
    run: str | Path,
    *,
    tracks: int | None = None,
    progress: bool = True,
    save_every: float = 300,
) -> pd.DataFrame:
    """Train the super-resolution of a reader on the HR frames of ``data``, and nothing else of it; returns the history.

    Frames are made poor anew each time, and the loss is the mean squared difference of a pixel, where white is 1.
    ``run`` holds what `fit` leaves in one, but for samples and curves; it is finished, resumed and refused as there.
    The best epoch is the one of the least loss on the HR frames of the validation tracks, of `JUDGES` at most. The
    history has ``psnr`` and ``ssim`` of these, and of their bicubic pictures; its recognition rate is not a number,
    since nothing is read. The ``augmentation`` and ``hr`` of the phase say nothing here.

    tracks: learn from so many of the training tracks, evenly spread over the table; None takes all.

    Raises TrainingError as `fit` does, where there are no HR frames, in several processes, and for a reader without
    super-resolution.
    """
    run = Path(run)
    sharp = _sharp(recogniser, data, phase, tracks)
    accelerator = make_accelerator(phase, recogniser, run)
    if accelerator.num_processes > 1:
        raise TrainingError(
            "super-resolution is trained by one process: call it before those of `fit_everywhere`"
        )
    told = partial(describe_run, phase, sharp.table, sharp.plate, recogniser, accelerator)
    with claimed(run, recogniser, told, True):
        t = begin(
            recogniser, sharp, phase, run, accelerator, pool=None, progress=progress, save_every=save_every
        )
        if not t.state.finished(phase):
            (run / "finished.json").unlink(missing_ok=True)
        while not t.state.finished(phase):
            row = _epoch(t)
            if progress:
                print(
                    f"{phase.name} epoch {row['epoch']:>2}: loss {row['loss']:.4f}; PSNR {row['psnr']:.2f} dB "
                    f"(bicubic {row['bicubic_psnr']:.2f}), SSIM {row['ssim']:.3f} ({row['bicubic_ssim']:.3f})"
                )
        history = pd.DataFrame(t.state.history)
        with writing(run):
            runs.finish_run(run, history)
        recogniser.load_weights(run / "best")
    return history


def drawn_pairs(train: FreshTracks, val: FreshTracks, folder: Path, progress: bool = True) -> TrackData:
    """Drawn tracks with HR frames, for training where no data set is at hand; drawn once into ``folder``.

    The sides of the split are the first epochs of two streams. Their frames are drawn in the size of HR ones; LR frames
    are brought back to 32 × 128 by area.
    """
    streams = {
        side: replace(stream, hr=True, size=SIZES["hr"])
        for side, stream in {"train": train, "val": val}.items()
    }
    drawn = drawn_data(streams, folder, progress)  # a track's LR row, then its HR row
    table, images = drawn.table.iloc[::2].reset_index(drop=True), drawn.lr.images
    file = Path(folder) / "lr.npy"
    if not file.exists():
        shape = (len(table), images.shape[1], images.shape[2], *SIZES["lr"])
        partial_file = file.with_suffix(".part.npy")
        small = new_array(partial_file, np.uint8, shape)
        for row in range(len(table)):
            frames = torch.from_numpy(images[2 * row].astype(np.float32))
            small[row] = resized_by_area(frames, SIZES["lr"]).round().byte().numpy()
        small.flush()
        partial_file.replace(file)
    valid = np.ones((len(table), images.shape[1]), dtype=bool)
    lr = Packed(np.load(file, mmap_mode="r"), valid)
    return TrackData(table, drawn.plate, lr, Packed(images[1::2], valid))


def _sharp(recogniser: Recogniser, data: TrackData, phase: Phase, tracks: int | None) -> TrackData:
    """The data with their HR frames for frames, without further modalities, where only tracks count that have some, and
    as many as are wanted.
    """
    try:
        super_resolution_of(recogniser.model)
    except ValueError as error:
        raise TrainingError(str(error)) from error
    if data.hr is None or not data.hr.valid.any():
        raise TrainingError(
            "the data have no high-resolution frames to learn pictures from: take `drawn_pairs`, or a data set with HR "
            "frames"
        )
    usable = data.table["trainable"].to_numpy(bool) & data.hr.valid.any(1)
    light = Packed(data.hr.images[:, :, : recogniser.network["channels"]], data.hr.valid)
    sharp = replace(data, table=data.table.assign(trainable=usable), lr=light, hr=None)
    chosen = np.zeros(len(usable), dtype=bool)
    chosen[_spread(sharp.rows("train", scenarios=phase.scenarios), tracks)] = True
    chosen[_spread(sharp.rows("val"), JUDGES)] = True
    sharp = replace(sharp, table=sharp.table.assign(trainable=usable & chosen))
    check(recogniser, sharp, phase, None, None)
    return sharp


def _spread(rows: np.ndarray, count: int | None) -> np.ndarray:
    """So many of the rows, evenly spread; all where there are fewer, or where ``count`` is None."""
    if count is None or len(rows) <= count:
        return rows
    return rows[np.linspace(0, len(rows) - 1, count).round().astype(int)]


def _epoch(t: Session) -> dict:
    """Train one epoch, or what is left of it, measure and keep it; returns its row of the history."""
    loss, seconds = _train(t)
    started = time.perf_counter()
    figures = picture_quality(t.recogniser, t.data.lr, t.data.rows("val"), device=t.accelerator.device)
    learning_rate = t.optimiser.param_groups[0]["lr"]
    if t.phase.schedule == "plateau":
        t.scheduler.step(-figures.loc["super-resolution", "mse"])
    row = {
        "phase": t.phase.name,
        "epoch": t.state.epoch + 1,
        "loss": loss,
        "val_loss": figures.loc["super-resolution", "mse"],
        "recognition_rate": np.nan,
        "character_accuracy": np.nan,
        **{name: figures.loc["super-resolution", name] for name in ("psnr", "ssim")},
        **{f"bicubic_{name}": figures.loc["bicubic", name] for name in ("psnr", "ssim")},
        "learning_rate": learning_rate,
        "tracks_per_s": len(t.batches) * t.phase.batch_size / seconds,
        "seconds": seconds + time.perf_counter() - started,
        "peak_memory_mb": peak_memory_mb(t.accelerator.device),
    }
    state, score = t.state, [-float(row["val_loss"])]
    t.state = TrainingState(
        row["epoch"],
        best=state.best,
        best_epoch=state.best_epoch,
        history=[*state.history, row],
        streamed=state.streamed,
    )
    if not state.best or score > state.best:
        t.state.best, t.state.best_epoch = score, row["epoch"]
        t.checkpointer.keep_best(row)
    t.checkpointer.keep(t.state)
    return row


def _train(t: Session) -> tuple[float, float]:
    """One pass over the training tracks, from the batch that the state says; returns mean loss and seconds."""
    network = super_resolution_of(t.recogniser.model).train()
    t.batches.epoch, t.batches.start = t.state.epoch, t.state.batch
    set_seed(t.phase.seed + 1000 * (t.state.epoch + 1))
    if t.state.batch:
        t.checkpointer.restore_generators()
    losses = t.state.losses = [torch.as_tensor(loss, device=t.accelerator.device) for loss in t.state.losses]
    title = f"{t.phase.name}, epoch {t.state.epoch + 1} of {t.phase.epochs}"
    before, started = t.state.seconds, time.perf_counter()
    for batch in bar(
        t.batches,
        title,
        total=len(t.batches),
        initial=t.state.batch,
        disable=not t.progress,
        leave=False,
    ):
        losses.append(_learn(t, network, batch))
        t.state.batch += 1
        if t.state.batch < len(t.batches) and t.checkpointer.due(t.state.batch):
            t.state.seconds = before + time.perf_counter() - started
            t.checkpointer.keep(t.state)
    mean = float(torch.stack(losses).mean())
    if not np.isfinite(mean):
        raise TrainingError(
            f"the loss of {t.phase.name} is {mean}. Try a lower learning rate (now {t.phase.learning_rate:g}) or "
            'precision="no". The last good checkpoint is untouched.'
        )
    return mean, before + time.perf_counter() - started


def _learn(t: Session, network: torch.nn.Module, batch: Batch) -> torch.Tensor:
    """One step: the frames made poor, enlarged, and held against what they were; returns the loss."""
    if t.phase.schedule == "cosine":
        done = (t.state.epoch + t.state.batch / len(t.batches)) / t.phase.epochs
        set_rate(t.optimiser, t.phase.rate(done))
    t.optimiser.zero_grad(set_to_none=True)
    with torch.no_grad():
        poor, seen = poor_frames(batch.images), shorten_tracks(batch.valid)
    with t.accelerator.autocast():
        pictures = network(poor, seen)
    loss = mse_loss(pictures[seen].float(), batch.images[seen])
    t.accelerator.backward(loss)
    t.accelerator.clip_grad_norm_(network.parameters(), t.phase.clip)
    t.optimiser.step()
    return loss.detach()
