"""Learning from tracks without labels: what a slowly following teacher reads of them, their ruined frames should too.

A step of FixMatch (Sohn et al., 2020) with a mean teacher (Tarvainen and Valpola, 2017): the teacher reads weakly
augmented tracks, with all their frames; where it is sure of a character, the network learns to read it of the same
tracks strongly augmented, with fewer frames or each frame by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lpr_helpers.data.batches import to_float
from lpr_helpers.data.store import to_device
from lpr_helpers.decoding.lattice import slot_log_probs
from lpr_helpers.models.losses import CTC_SHARE, ctc_loss
from lpr_helpers.models.output import Output
from lpr_helpers.training.unlabelled import Unlabelled
from lpr_helpers.transforms.augment import Augment
from lpr_helpers.transforms.frame_dropout import shorten_tracks
from lpr_helpers.utils.distributed import shard

WEAK, STRONG = "light", "aggressive"


@dataclass(frozen=True)
class Views:
    """Some tracks as teacher and network see them: images float32 [B, F, C, H, W] in 0…1, valid bool [B, F] of each."""

    weak: tuple[Tensor, Tensor]
    strong: tuple[Tensor, Tensor]

    def split(self, parts: int) -> list[Views]:
        """The same in parts of nearly equal size."""
        size = -(-len(self.weak[0]) // parts)
        pieces = [tensor.split(size) for tensor in (*self.weak, *self.strong)]
        return [Views((a, b), (c, d)) for a, b, c, d in zip(*pieces, strict=True)]


@dataclass
class Consistency:
    """What a run needs to learn from unlabelled tracks. teacher: the mean of the network so far, in evaluation mode."""

    unlabelled: Unlabelled
    teacher: nn.Module
    weak: Augment = field(default_factory=lambda: Augment(WEAK))
    strong: Augment = field(default_factory=lambda: Augment(STRONG))

    @classmethod
    def of(
        cls, unlabelled: Unlabelled, model: nn.Module, groups: tuple[int, ...] | None = None
    ) -> Consistency:
        """The beginning: a teacher that is the network itself. groups: as in `Augment`."""
        weak, strong = (Augment(strength, groups=groups) for strength in (WEAK, STRONG))
        return cls(unlabelled, deepcopy(model).requires_grad_(False).eval(), weak, strong)

    def views(
        self, batch_size: int, step: int, seed: int, device: str | torch.device, *, whole: bool
    ) -> Views:
        """Two views of tracks that ``seed`` and ``step`` alone choose; augmentation draws on torch's random numbers.

        batch_size: labelled tracks in a step, or frames where the network is not of ``whole`` tracks.
        """
        lr, (process, processes) = self.unlabelled.tracks.lr, shard()
        wanted = self.unlabelled.ratio * batch_size / (1 if whole else lr.valid.shape[1])
        count, rows = processes * max(1, round(wanted / processes)), self.unlabelled.rows
        rng = np.random.default_rng([seed, step, len(rows)])
        mine = np.sort(rng.choice(rows, count, replace=count > len(rows))[process::processes])
        images, valid = to_float(lr.images[mine], device), to_device(lr.valid[mine], device)
        strong, seen = self.strong(images, valid)
        return Views(self.weak(images, valid), (strong, shorten_tracks(seen) if whole else seen))

    def loss(
        self, read: Callable[[Tensor, Tensor, nn.Module], Output], network: nn.Module, views: Views
    ) -> tuple[Tensor, Tensor]:
        """`consistency_loss` of the ``network``, times its weight, and the share of characters that counted.

        read: how tracks pass through a network of this kind, `Recogniser.forward`.
        """
        with torch.no_grad():
            slots = teacher_slots(read(*views.weak, self.teacher), views.weak[1], self._length)
        output = read(*views.strong, network)
        loss, trusted = consistency_loss(output, views.strong[1], slots, self.unlabelled.threshold)
        return self.unlabelled.weight * loss, trusted

    def follow(self, model: nn.Module, step: int) -> None:
        """Let the teacher follow the network, quickly in the first steps."""
        follow(self.teacher, model, min(self.unlabelled.decay, (1 + step) / (10 + step)))

    @property
    def _length(self) -> int:
        return self.unlabelled.tracks.plate.length


@torch.no_grad()
def follow(teacher: nn.Module, model: nn.Module, decay: float) -> None:
    """Move a teacher towards a network: ``decay`` of it stays.

    Running means and variances of batch normalisation move too: with those of its beginning it would read nothing.
    Counters are copied.
    """
    kept, new = teacher.state_dict(), model.state_dict()
    for name, value in kept.items():
        if value.is_floating_point():
            value.lerp_(new[name].to(value.dtype), 1 - decay)
        else:
            value.copy_(new[name])


def teacher_slots(output: Output, valid: Tensor, length: int) -> Tensor:
    """What a teacher says of whole tracks: slot log-probabilities, float32 [B, L, A], on the device.

    Of a network of single frames it is the mean over valid frames and not their sum: frames that agree are hardly
    independent witnesses, and it should be sure only where they do agree.
    """
    if output.slot_logits is not None:
        return output.slot_logits.float().log_softmax(-1)
    if output.frame_slot_logits is not None:
        frames = output.frame_slot_logits.float().log_softmax(-1)
    elif output.ctc_logits is not None:
        frames = slot_log_probs(output.ctc_logits.float(), length)[0].unflatten(0, tuple(valid.shape))
    else:
        raise ValueError("the network says nothing of frames or tracks: expected CTC logits or slot logits")
    shares = valid.float() / valid.sum(1, keepdim=True).clamp(min=1)
    return (frames * shares[..., None, None]).sum(1).log_softmax(-1)


def consistency_loss(output: Output, valid: Tensor, slots: Tensor, threshold: float) -> tuple[Tensor, Tensor]:
    """How unlike a teacher a network reads, and which share of characters counted: two float32 scalars.

    The loss is in nats per character, over all characters, those that do not count being 0: cross-entropy with the
    teacher's character at each slot that it is sure of, of tracks and of valid frames. A CTC loss takes whole texts, so
    it counts tracks of which the teacher is sure at every slot; beside the slots of whole tracks it has `CTC_SHARE`,
    as in `losses.track_loss`.

    output: of B tracks of F frames, from the network. valid: bool [B, F]. slots: log-probabilities [B, L, A], from the
    teacher, without gradient. threshold: the probability from which on it is sure, 0…1.
    """
    peak, labels = slots.max(-1)
    trusted, flat, frames = peak.exp() >= threshold, valid.flatten(), valid.shape[1]
    parts = []
    if output.slot_logits is not None:
        parts.append(_masked(output.slot_logits, labels, trusted))
    each_labels, each_trusted = (of.repeat_interleave(frames, 0)[flat] for of in (labels, trusted))
    if output.frame_slot_logits is not None:
        parts.append(_masked(output.frame_slot_logits.flatten(0, 1)[flat], each_labels, each_trusted))
    if output.ctc_logits is not None:
        logits, sure = output.ctc_logits[:, flat], each_trusted.all(1)
        nothing = 0 * logits.float().sum()  # so that every weight has a gradient in every process
        ctc = ctc_loss(logits[:, sure], each_labels[sure]) * sure.float().mean() if sure.any() else nothing
        parts.append(ctc if output.slot_logits is None else CTC_SHARE * ctc)
    return torch.stack(parts).sum(), trusted.float().mean()


def _masked(logits: Tensor, labels: Tensor, trusted: Tensor) -> Tensor:
    """Cross-entropy [N, L, A] with labels [N, L] where trusted, bool [N, L]; the mean over all of them."""
    losses = cross_entropy(logits.float().flatten(0, 1), labels.flatten(), reduction="none")
    return (losses * trusted.flatten()).mean()
