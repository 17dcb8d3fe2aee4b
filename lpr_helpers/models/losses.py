"""What a network is trained on, whatever it puts out."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, ctc_loss as torch_ctc_loss

from lpr_helpers.models.output import Output

CTC_SHARE = 0.25
"""Weight of the CTC loss, nats per character, beside the cross-entropy of whole tracks' slots."""


def track_loss(output: Output, valid: Tensor, targets: Tensor) -> Tensor:
    """The loss of all that a network says of a batch, in nats per character: a float32 scalar.

    Cross-entropy of whole tracks' slots and of valid frames' slots, and valid frames' CTC loss, which counts for
    `CTC_SHARE` beside the slots of whole tracks.

    output: of B tracks of F frames. valid: bool [B, F]. targets: int64 [B, L], character indices.
    """
    flat, per_frame, parts = valid.flatten(), targets.repeat_interleave(valid.shape[1], 0), []
    if output.slot_logits is not None:
        parts.append(slot_loss(output.slot_logits, targets))
    if output.frame_slot_logits is not None:
        parts.append(slot_loss(output.frame_slot_logits.flatten(0, 1)[flat], per_frame[flat]))
    if output.ctc_logits is not None:
        ctc = ctc_loss(output.ctc_logits[:, flat], per_frame[flat])
        parts.append(ctc if output.slot_logits is None else CTC_SHARE * ctc)
    return torch.stack(parts).sum()


def slot_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy of the slots, a float32 scalar in nats per character.

    logits: [B, L, A], any float type. targets: int64 [B, L].
    """
    return cross_entropy(logits.float().flatten(0, 1), targets.flatten())


def ctc_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean CTC loss of a batch, a float32 scalar in nats per character (Graves et al., 2006).

    logits: [T, B, 1 + A], any float type, blank 0. targets: int64 [B, L], character indices 0…A−1.

    Raises ValueError if T < 2·L: a plate such as AAA1111 needs a blank between equal neighbours, and under
    ``zero_infinity`` an impossible target would teach nothing without a word.
    """
    steps, batch, _ = logits.shape
    length = targets.shape[1]
    if steps < 2 * length:
        raise ValueError(f"{steps} time steps are too few for {length} characters; {2 * length} are needed")
    if logits.device.type == "mps":  # torch has no CTC loss on Apple's GPUs
        logits, targets = logits.cpu(), targets.cpu()
    return torch_ctc_loss(
        logits.float().log_softmax(-1),
        targets + 1,
        torch.full((batch,), steps),
        torch.full((batch,), length),
        blank=0,
        zero_infinity=True,
    )
