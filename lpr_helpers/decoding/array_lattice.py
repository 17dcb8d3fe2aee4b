"""What `lattice.slot_log_probs` and `slot_fusion.log_sum` say of CTC logits, in numpy: for readers without torch.

The same sums in the same order; a test holds the two to one another. There torch is worth its weight: on a GPU, and in
training. Here nothing is, of a track at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lpr_helpers.decoding.log_probs import log_softmax, logsumexp

FLOOR = -30.0
"""No frame is believed beyond this log-probability: a single one could veto a character otherwise."""


def track_slots_of_ctc(logits: np.ndarray, valid: np.ndarray, length: int) -> np.ndarray:
    """Slot log-probabilities of tracks whose frames were read one by one, float32 [B, L, A]; uniform without a frame.

    logits: [T, B·F, 1 + A], blank 0. valid: bool [B, F]. length: L, the characters of a plate.
    """
    slots = slot_log_probs_of(logits, length).astype(np.float64)
    slots = slots.reshape(*valid.shape, *slots.shape[1:])
    seen = np.where(valid[..., None, None], np.maximum(slots, FLOOR), 0.0)
    return log_softmax(seen.sum(1)).astype(np.float32)


def slot_log_probs_of(logits: np.ndarray, length: int) -> np.ndarray:
    """Exact log-probability of each character at each slot, given that the text has ``length`` of them.

    logits: [T, B, 1 + A]. Returns float32 [B, L, A]; uniform where no text of that length can be aligned.
    """
    _, batch, classes = logits.shape
    log_probs = log_softmax(logits.astype(np.float64)).transpose(0, 2, 1)
    marginals = np.full((length, classes - 1, batch), -np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        backward = [states for _, states in _lattice(log_probs[::-1], length)]
        # Each path is counted once for a place, at the step where its character begins.
        for (arrivals, _), onwards in zip(_lattice(log_probs, length), reversed(backward), strict=True):
            marginals = np.logaddexp(marginals, arrivals + onwards[::-1])
        marginals = np.where(logsumexp(marginals[0], 0) == -np.inf, 0.0, marginals)
        return log_softmax(marginals.transpose(2, 0, 1)).astype(np.float32)


def _lattice(log_probs: np.ndarray, length: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """`lattice._lattice` without a mask: log_probs [T, 1 + A, B] → of each step two arrays [L, A, B]."""
    _, classes, batch = log_probs.shape
    states = np.full((length, classes - 1, batch), -np.inf)
    blanks = np.full((length, batch), -np.inf)
    blanks[0] = 0.0
    for step in log_probs:
        others, total = _all_but_own(states[:-1], blanks[1:])
        arrivals = np.concatenate([np.broadcast_to(blanks[:1, None], (1, classes - 1, batch)), others])
        states = np.logaddexp(states, arrivals) + step[1:]
        blanks = np.concatenate([blanks[:1], total]) + step[0]
        yield arrivals, states


def _all_but_own(states: np.ndarray, blanks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`lattice._all_but_own`: log of (blank + all other characters), and of (blank + all characters)."""
    top = states.max(1)
    is_top = states == top[:, None]
    ties = is_top.sum(1)
    beside_top = np.logaddexp(logsumexp(np.where(is_top, -np.inf, states), 1), blanks)
    without_one_top = np.logaddexp(beside_top, top + np.log(ties - 1))
    total = np.logaddexp(beside_top, top + np.log(ties))
    scale = np.maximum(top, blanks)
    weights = np.exp(states - scale[:, None])
    rest = (weights.sum(1) + np.exp(blanks - scale))[:, None] - weights
    return np.where(is_top, without_one_top[:, None], scale[:, None] + np.log(rest)), total
