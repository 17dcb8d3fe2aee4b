"""One step of training: a batch is learnt from, in parts where it does not fit the memory."""

from __future__ import annotations

import torch

from lpr_helpers.data.batches import Batch
from lpr_helpers.models.losses import track_loss
from lpr_helpers.models.network_input import network_input
from lpr_helpers.training.consistency import Consistency, Views
from lpr_helpers.training.errors import TrainingError
from lpr_helpers.training.optimisers import set_rate
from lpr_helpers.training.session import Session
from lpr_helpers.transforms.augment import Augment
from lpr_helpers.transforms.frame_dropout import shorten_tracks
from lpr_helpers.transforms.modality_dropout import drop_modalities
from lpr_helpers.utils.devices import free_memory


def learn(t: Session, augment: Augment, batch: Batch) -> torch.Tensor:
    """Learn from one batch; returns its loss.

    Where the device runs out of memory, this batch and all that come are learnt in parts, half as large, whose
    gradients are added up: the same step, but that batch normalisation sees the parts. Raises TrainingError where not
    even single items fit, and where several processes train, since all would have to take the same parts.
    """
    if t.phase.schedule == "cosine":
        done = (t.state.epoch + t.state.batch / len(t.batches)) / t.phase.epochs
        set_rate(t.optimiser, t.phase.rate(done))
    seen = t.transfer(batch) if t.transfer else batch.images
    images, valid = augment(seen, batch.valid)
    images = drop_modalities(images, t.recogniser.frame_format.groups)
    step, whole = t.state.epoch * len(t.batches) + t.state.batch, t.recogniser.architecture.multi_frame
    if whole:
        valid = shorten_tracks(valid)
    views = None
    if t.consistency:
        views = t.consistency.views(t.phase.batch_size, step, t.phase.seed, images.device, whole=whole)
    while True:
        t.optimiser.zero_grad(set_to_none=True)
        try:
            loss = _gradients(t, images, valid, batch.targets, step)
            if t.consistency and views:
                loss = loss + _unlabelled_gradients(t, t.consistency, views)
            break
        except torch.OutOfMemoryError as error:
            _take_smaller_parts(t, len(images), error)
    norm = t.accelerator.clip_grad_norm_(t.model.parameters(), t.phase.clip)
    t.optimiser.step()
    if t.consistency:
        t.consistency.follow(t.recogniser.model, step)
    # A gradient can be no number although its loss is one. In fp16 such a step is left out, and no harm is done.
    return loss if t.accelerator.scaler else loss + 0 * norm


def _gradients(
    t: Session, images: torch.Tensor, valid: torch.Tensor, targets: torch.Tensor, step: int
) -> torch.Tensor:
    """Add up the gradients of all parts of a batch; returns its loss."""
    count = len(images)
    size = -(-count // t.parts)
    losses = []
    for part in zip(images.split(size), valid.split(size), targets.split(size), strict=True):
        some, seen, labels = part
        taught = t.teachers(some, seen) if t.teachers else None
        with t.accelerator.autocast():
            output = t.forward(network_input(some, t.recogniser.frame_format), seen)
            loss = track_loss(output, seen, labels, t.phase.spaced(step), taught)
        share = len(some) / count
        t.accelerator.backward(loss * share if share < 1 else loss)
        losses.append(loss.detach() * share)
    return torch.stack(losses).sum()


def _unlabelled_gradients(t: Session, consistency: Consistency, views: Views) -> torch.Tensor:
    """Add the gradients of unlabelled tracks, part by part; returns their loss, and notes how much of them counted."""
    losses, shares = [], []
    for part in views.split(t.parts):
        with t.accelerator.autocast():
            # Not `t.forward`: a recorded backward pass leaves its gradients where the next one puts its own.
            loss, trusted = consistency.loss(t.recogniser.forward, t.model, part)
        share = len(part.weak[0]) / len(views.weak[0])
        t.accelerator.backward(loss * share)
        losses.append(loss.detach() * share)
        shares.append(trusted * share)
    t.state.trusted.append(torch.stack(shares).sum())
    return torch.stack(losses).sum()


def _take_smaller_parts(t: Session, count: int, error: torch.OutOfMemoryError) -> None:
    size = -(-count // t.parts)
    if size == 1 or t.accelerator.num_processes > 1:
        raise TrainingError(
            f"a batch of {count} does not fit the memory of {t.accelerator.device}: take a smaller batch_size (now "
            f'{t.phase.batch_size}), precision="bf16" or "fp16" (now {t.phase.precision!r}), or a smaller network. '
            "The last good checkpoint is untouched."
        ) from error
    t.parts *= 2
    free_memory(t.accelerator.device)
    if t.progress:
        print(
            f"Advice: batches of {count} do not fit the memory and are learnt in parts of {-(-count // t.parts)}."
        )
