"""One `fit` for every phase of training and every network, on one device or on many."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from accelerate.utils import set_seed

from lpr_helpers.data.track_data import TrackData
from lpr_helpers.models.checkpoints import Recogniser
from lpr_helpers.synthetic.fresh import FreshPool, FreshTracks
from lpr_helpers.training import runs
from lpr_helpers.training.advice import advice
from lpr_helpers.training.claims import claimed
from lpr_helpers.training.disk import writing
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.phases import Phase
from lpr_helpers.training.provenance import describe_run
from lpr_helpers.training.session import Session, begin, check, make_accelerator
from lpr_helpers.training.state import TrainingState
from lpr_helpers.training.step import learn
from lpr_helpers.training.tensorboard import TensorBoardWriter
from lpr_helpers.training.unlabelled import Unlabelled
from lpr_helpers.training.validation import validate
from lpr_helpers.transforms.augment import Augment
from lpr_helpers.utils.devices import peak_memory_mb
from lpr_helpers.utils.distributed import all_gather, broadcast, shard
from lpr_helpers.utils.progress import Waiting, bar


def fit(
    recogniser: Recogniser,
    data: TrackData,
    phase: Phase,
    run: str | Path,
    *,
    fresh: FreshTracks | None = None,
    teachers: Sequence[Recogniser] = (),
    unlabelled: Unlabelled | None = None,
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
    seconds. On the CPU in float32 it ends with the weights, bit for bit, that it would have had without the cut. So
    the same call can be made again at any time, with what the run started from, with the recogniser that it left, or
    with more epochs (unless the schedule depends on their number).
    ``on_epoch`` gets the history after every epoch, and at once what an earlier call left of it. With ``fresh`` tracks,
    drawn while it trains, these take the place of the data's training tracks, and ``phase.scenarios`` and ``phase.hr``
    say nothing. ``teachers`` are readers of whole tracks; what they make together of each batch, as augmented, is
    learnt beside the truth (`losses.slot_loss`). ``unlabelled`` tracks are learnt from besides (`consistency`); the
    history then says in ``trusted_share`` how many of their characters were read surely enough to count.

    In each of several processes that accelerate has started, `fit` takes its part of every batch; only the first
    writes, prints and calls ``on_epoch``, and all return the same (see `multi_device`).

    Raises TrainingError if the loss is no number, if there is nothing to train or validate on, if ``fresh`` or
    ``unlabelled`` tracks are unlike the data, if ``run`` holds a run with other settings, if another process trains in
    it, or if it cannot be written to.
    """
    run = Path(run)
    check(recogniser, data, phase, fresh, unlabelled)
    accelerator = make_accelerator(phase, recogniser, run)
    first = accelerator.is_main_process
    told = partial(
        describe_run, phase, data.table, data.plate, recogniser, accelerator, fresh, teachers, unlabelled
    )
    with claimed(run, recogniser, told, first), FreshPool(fresh) if fresh else nullcontext() as pool:
        t = begin(
            recogniser,
            data,
            phase,
            run,
            accelerator,
            pool=pool,
            progress=progress,
            save_every=save_every,
            teachers=teachers,
            unlabelled=unlabelled,
        )
        if on_epoch and first and t.state.history:
            on_epoch(pd.DataFrame(t.state.history))
        _epochs(t, on_epoch if first else None)
        if first:
            with writing(run):
                runs.finish_run(run, pd.DataFrame(t.state.history))
        history = pd.DataFrame(broadcast(t.state.history))  # others have clocks of their own
        recogniser.load_weights(run / "best")
    return history


def _epochs(t: Session, on_epoch: Callable[[pd.DataFrame], None] | None) -> None:
    """Train what is left of the phase."""
    if t.state.finished(t.phase):
        return
    first = t.accelerator.is_main_process
    if first:
        (t.run / "finished.json").unlink(missing_ok=True)  # of a call for fewer epochs
    told: set[str] = set()
    with TensorBoardWriter(t.run / "tensorboard", t.state.history, first) as board:
        while not t.state.finished(t.phase):
            row = _epoch(t)
            board.add(row)
            if t.progress:
                print(runs.epoch_line(row))
                _advise(t, told)
            if on_epoch:
                on_epoch(pd.DataFrame(t.state.history))


def _advise(t: Session, told: set[str]) -> None:
    """Say what the last epoch looks like it suffers from, each thing once."""
    found = advice(t.state.history, t.phase, t.state.epoch * len(t.batches))
    for name in found.keys() - told:
        print(f"Advice: {found[name]}.")
    told.update(found)


def _epoch(t: Session) -> dict:
    """Train one epoch, or what is left of it, validate and keep it; returns its row of the history."""
    augment = Augment(t.phase.augmentation, groups=t.recogniser.frame_format.groups)
    loss, seconds, waiting = _train(t, augment)
    started = time.perf_counter()
    readings: list[pd.DataFrame] = []
    figures = validate(t.recogniser, t.data, t.data.rows("val"), t.accelerator.device, readings.append)
    learning_rate, whole = t.optimiser.param_groups[0]["lr"], t.recogniser.architecture.multi_frame
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
        "waiting": waiting,
        **({"trusted_share": float(np.mean([float(s) for s in t.state.trusted]))} if t.consistency else {}),
        "peak_memory_mb": peak_memory_mb(t.accelerator.device),
    }
    score, state = [row["recognition_rate"], row["character_accuracy"], -row["val_loss"]], t.state
    t.state = TrainingState(
        row["epoch"],
        best=state.best,
        best_epoch=state.best_epoch,
        history=[*state.history, row],
        samples=[
            *state.samples,
            *(s for table in readings for s in runs.sample_readings(table, row["epoch"])),
        ],
        streamed=state.streamed,
    )
    if not state.best or score > state.best:
        t.state.best, t.state.best_epoch = score, row["epoch"]
        t.checkpointer.keep_best(row)
    t.checkpointer.keep(t.state)
    return row


def _train(t: Session, augment: Augment) -> tuple[float, float, float]:
    """One pass over the training frames, from the batch that the state says; returns mean loss, seconds, and the share
    of this call's time that went by waiting for frames.
    """
    t.model.train()
    t.batches.epoch, t.batches.start = t.state.epoch, t.state.batch
    set_seed(t.phase.seed + 1000 * (t.state.epoch + 1) + shard()[0])
    if t.state.batch:
        t.checkpointer.restore_generators()
    losses = t.state.losses = [torch.as_tensor(loss, device=t.accelerator.device) for loss in t.state.losses]
    title = f"{t.phase.name}, epoch {t.state.epoch + 1} of {t.phase.epochs}"
    shown = bar(
        t.batches, title, total=len(t.batches), initial=t.state.batch, disable=not t.progress, leave=False
    )
    before, started, waited = t.state.seconds, time.perf_counter(), Waiting()
    for batch in waited(shown):
        losses.append(learn(t, augment, batch))
        t.state.batch += 1
        if t.state.batch % 20 == 0:
            mean = _checked(losses[-20:], t.phase)
            shown.set_postfix(loss=f"{mean:.3f}")
        if t.state.batch < len(t.batches) and t.checkpointer.due(t.state.batch):
            _checked(losses[-20:], t.phase)
            t.state.seconds = before + time.perf_counter() - started
            t.checkpointer.keep(t.state)
    means, took = all_gather(_checked(losses, t.phase)), time.perf_counter() - started
    return float(np.mean(means)), before + took, waited.seconds / took


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
