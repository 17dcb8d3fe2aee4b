"""What a network is trained on, whatever it puts out."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, ctc_loss as torch_ctc_loss, one_hot

from lpr_helpers.models.output import Output

CTC_SHARE = 0.25
"""Weight of the CTC loss, nats per character, beside the cross-entropy of whole tracks' slots."""
TAUGHT = 0.75
"""How much of what a slot should say comes from a teacher, where there is one; the rest is the truth."""


def track_loss(
    output: Output, valid: Tensor, targets: Tensor, spaced: float = 0.0, taught: Tensor | None = None
) -> Tensor:
    """The loss of all that a network says of a batch, in nats per character: a float32 scalar.

    Cross-entropy of whole tracks' slots and of valid frames' slots, and valid frames' CTC loss, which counts for
    `CTC_SHARE` beside the slots of whole tracks.

    output: of B tracks of F frames. valid: bool [B, F]. targets: int64 [B, L], character indices. spaced: how much the
    `spacing_loss` of the CTC logits counts beside their CTC loss. taught: what teachers make of whole tracks, as in
    `slot_loss`.
    """
    flat, per_frame, parts = valid.flatten(), targets.repeat_interleave(valid.shape[1], 0), []
    if output.slot_logits is not None:
        parts.append(slot_loss(output.slot_logits, targets, taught))
    if output.frame_slot_logits is not None:
        parts.append(slot_loss(output.frame_slot_logits.flatten(0, 1)[flat], per_frame[flat]))
    if output.ctc_logits is not None:
        logits, labels = output.ctc_logits[:, flat], per_frame[flat]
        ctc = ctc_loss(logits, labels)
        ctc = ctc + spaced * spacing_loss(logits, labels) if spaced else ctc
        parts.append(ctc if output.slot_logits is None else CTC_SHARE * ctc)
    return torch.stack(parts).sum()


def slot_loss(logits: Tensor, targets: Tensor, taught: Tensor | None = None) -> Tensor:
    """Mean cross-entropy of the slots, a float32 scalar in nats per character.

    logits: [B, L, A], any float type. targets: int64 [B, L]. taught: probabilities [B, L, A] of a teacher, who counts
    for `TAUGHT` beside the truth (Hinton et al., 2015): it knows which characters look alike in just these frames.
    """
    logits = logits.float()
    if taught is None:
        return cross_entropy(logits.flatten(0, 1), targets.flatten())
    wanted = TAUGHT * taught + (1 - TAUGHT) * one_hot(targets, logits.shape[-1])
    return cross_entropy(logits.flatten(0, 1), wanted.flatten(0, 1))


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


def spacing_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """How badly each character is seen where it would be if all stood evenly spaced: a float32 scalar, in nats.

    CTC alone first learns to say nothing but blanks, and then stands still, until chance shows it where characters are.
    They stand side by side in every plate; told so for a few hundred steps, it finds them at once.

    logits: [T, B, 1 + A], blank 0. targets: int64 [B, L]. Each character is looked for in a bell around its place, a
    quarter of a character's width to either side (one standard deviation).
    """
    steps, length = len(logits), targets.shape[1]
    columns = torch.arange(steps, device=logits.device)
    centres = (torch.arange(length, device=logits.device) + 0.5) * steps / length - 0.5
    bells = (-((columns[:, None] - centres) ** 2) / (2 * (steps / length / 4) ** 2)).softmax(0)  # [T, L]
    wanted = (targets + 1).expand(steps, -1, -1)  # [T, B, L]
    seen = logits.float().log_softmax(-1).gather(-1, wanted)
    return -(seen * bells[:, None]).sum(0).mean()
