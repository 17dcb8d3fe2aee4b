"""Exact log-probabilities of each character at each slot, from the lattice of all texts that CTC logits allow."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor


@torch.no_grad()
def slot_log_probs(logits: Tensor, length: int = 7, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Exact log-probability of each character at each slot, given that the text has ``length`` characters.

    Sums over every alignment of every text of that length by forward–backward (the CTC lattice of Graves et
    al. 2006, with the characters left free), in O(T · length · A) and double precision.

    Parameters
    ----------
    logits: [T, B, 1 + A], on any device.
    length: L ≥ 1, the number of characters.
    mask: [L, A] or [B, L, A], log-weights of the characters at each slot: 0 where allowed, −inf where not.
        The result is conditioned on it, which is more than masking afterwards: a character ruled out at one
        slot moves its neighbours. Finite weights act as a prior.

    Returns
    -------
    slots: float32 [B, L, A], log P(slot k holds a | the text has L characters that the mask allows), each
        slot summing to 1. Where no such text can be aligned (too few steps, a mask nothing fits) it is the
        mask alone, so uniform over the allowed characters.
    log_evidence: float32 [B], log P(the text has L characters that the mask allows), −inf where none can be.
    """
    _, batch, classes = logits.shape
    mask = _lattice_mask(mask, length, batch, classes - 1)
    # Apple's devices have no double precision.
    device = torch.device("cpu") if logits.device.type == "mps" else logits.device
    mask = mask.to(device, torch.float64)
    # The batch goes last: reductions over characters then run along contiguous memory, several times faster.
    log_probs = logits.to(device).double().log_softmax(-1).transpose(1, 2).contiguous()

    backward = [states for _, states in _lattice(log_probs.flip(0), mask.flip(0))]
    marginals = torch.full((length, classes - 1, batch), -torch.inf, dtype=torch.float64, device=device)
    # Each path is counted once for a place, at the step where its character begins.
    for (arrivals, _), onwards in zip(_lattice(log_probs, mask), reversed(backward), strict=True):
        marginals = torch.logaddexp(marginals, arrivals + onwards.flip(0))

    log_evidence = marginals[0].logsumexp(0)
    slots = torch.where(log_evidence == -torch.inf, mask, marginals)
    slots = slots.masked_fill((slots == -torch.inf).all(1, keepdim=True), 0.0).log_softmax(1)
    return slots.permute(2, 0, 1).float().to(logits.device), log_evidence.float().to(logits.device)


def _lattice_mask(mask: Tensor | None, length: int, batch: int, characters: int) -> Tensor:
    """The mask as [L, A, B or 1]."""
    if length < 1:
        raise ValueError(f"length must be at least 1, not {length}")
    if mask is None:
        return torch.zeros(length, characters, 1)
    if mask.shape not in ((length, characters), (batch, length, characters)):
        raise ValueError(
            f"the mask has shape {tuple(mask.shape)}; expected [{length}, {characters}] "
            f"or [{batch}, {length}, {characters}] (places, characters)"
        )
    return mask[..., None] if mask.ndim == 2 else mask.permute(1, 2, 0)


def _lattice(log_probs: Tensor, mask: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Walk the lattice of all texts of L characters, one time step after another.

    log_probs [T, 1 + A, B], mask [L, A, B or 1]. Yields for each step two tensors [L, A, B]: the log-weight of
    all paths about to begin character a as the k-th (without its mask and emission), and of those that emit it
    now. With time and places reversed, the second is what a path still has before it, this emission included.
    """
    length, characters, _ = mask.shape
    batch = log_probs.shape[-1]
    states = log_probs.new_full((length, characters, batch), -torch.inf)
    blanks = log_probs.new_full((length, batch), -torch.inf)  # in blank after k = 0 … L − 1 characters
    blanks[0] = 0.0
    for step in log_probs:
        others, total = _all_but_own(states[:-1], blanks[1:])
        arrivals = torch.cat([blanks[:1, None].expand(1, characters, batch), others])
        states = torch.logaddexp(states, arrivals + mask) + step[1:]
        blanks = torch.cat([blanks[:1], total]) + step[0]
        yield arrivals, states


def _all_but_own(states: Tensor, blanks: Tensor) -> tuple[Tensor, Tensor]:
    """For each character, log of (blank + all other characters); and log of (blank + all characters).

    states [K, A, B], blanks [K, B] → [K, A, B] and [K, B]. Exact however peaked the states are: a character
    is subtracted from a sum only where a term at least as large remains; the largest is left out from the start.
    """
    top = states.amax(1)
    is_top = states == top[:, None]
    ties = is_top.sum(1)
    below = states.masked_fill(is_top, -torch.inf).logsumexp(1)
    beside_top = torch.logaddexp(below, blanks)
    without_one_top = torch.logaddexp(beside_top, top + (ties - 1).log())
    total = torch.logaddexp(beside_top, top + ties.log())

    # Where nothing can be reached the scale is −inf and `others` NaN; there all characters count as the top.
    scale = torch.maximum(top, blanks)
    weights = (states - scale[:, None]).exp()
    rest = (weights.sum(1) + (blanks - scale).exp())[:, None] - weights
    # Where it is used, `rest` lies between 1 and A + 1: its log in single precision, much faster, suffices.
    others = scale[:, None] + rest.float().log()
    return torch.where(is_top, without_one_top[:, None], others), total
