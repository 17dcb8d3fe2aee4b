"""One step of training: a batch is learnt from, in parts where it does not fit the memory."""

from __future__ import annotations

import torch

from lpr_helpers.data.batches import Batch
from lpr_helpers.models.losses import track_loss
from lpr_helpers.models.network_input import network_input
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
    images, valid = augment(batch.images, batch.valid)
    images = drop_modalities(images, t.recogniser.frame_format.groups)
    if t.recogniser.architecture.multi_frame:
        valid = shorten_tracks(valid)
    while True:
        t.optimiser.zero_grad(set_to_none=True)
        try:
            loss = _gradients(t, images, valid, batch.targets)
            break
        except torch.OutOfMemoryError as error:
            _take_smaller_parts(t, len(images), error)
    norm = t.accelerator.clip_grad_norm_(t.model.parameters(), t.phase.clip)
    t.optimiser.step()
    # A gradient can be no number although its loss is one. In fp16 such a step is left out, and no harm is done.
    return loss if t.accelerator.scaler else loss + 0 * norm


def _gradients(t: Session, images: torch.Tensor, valid: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Add up the gradients of all parts of a batch; returns its loss."""
    step, count = t.state.epoch * len(t.batches) + t.state.batch, len(images)
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
