"""From the logits of a CTC head to text, n-best lists and exact log-probabilities for each place of a plate.

Everywhere the blank is class 0 and character i of the plate's alphabet is class i + 1.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from lpr_helpers.plates import BRAZIL, PlateFormat


@dataclass(frozen=True, eq=False)
class FrameReadings:
    """What a recogniser says of every frame: B tracks, F frames, L places, A characters.

    slots: float32 [B, F, L, A], log-probabilities, normalised over A.
    texts: B lists of F free-length readings.
    confidences: float32 [B, F], mean over time of the largest softmax probability.
    valid: bool [B, F], False where the frame is missing.
    sharpness: float32 [B, F], larger is sharper, in any unit; None if it was not measured.
    joint: float32 [B, L, A], log-probabilities of a reader that sees all frames of a track at once; None for others.
    """

    slots: Tensor
    texts: list[list[str]]
    confidences: Tensor
    valid: Tensor
    sharpness: Tensor | None = None
    joint: Tensor | None = None


@dataclass(frozen=True, eq=False)
class Readings:
    """One reading a track.

    texts: B strings of L characters.
    confidence: float32 [B], 0…1.
    slots: float32 [B, L, A], fused log-probabilities, normalised over A.
    layouts: the name of the layout that was imposed on each track, "" for none.
    """

    texts: list[str]
    confidence: Tensor
    slots: Tensor
    layouts: list[str]

    @property
    def char_confidences(self) -> Tensor:
        """Probability of the likeliest character at each place, float32 [B, L]."""
        return self.slots.amax(-1).exp()


def greedy(logits: Tensor, plate: PlateFormat = BRAZIL) -> tuple[list[str], Tensor]:
    """Best-path decoding: the likeliest class of each step, runs merged, blanks dropped (Graves et al. 2006).

    Parameters
    ----------
    logits: [T, B, 1 + A], log-probabilities do as well.

    Returns
    -------
    B texts of any length; float32 [B], the largest softmax probability of a step averaged over the T steps.
    """
    _check_classes(logits, plate)
    peak, best = logits.detach().float().softmax(-1).max(-1)
    texts = []
    for path in best.T.tolist():
        merged = [c for t, c in enumerate(path) if t == 0 or c != path[t - 1]]
        texts.append(plate.decode(c - 1 for c in merged if c))
    return texts, peak.mean(0)


def prefix_beam(
    logits: Tensor, plate: PlateFormat = BRAZIL, *, width: int = 10, top: int = 1
) -> list[list[tuple[str, float]]]:
    """CTC prefix beam search (Graves 2006; Hannun et al. 2014), without a language model.

    Parameters
    ----------
    logits: [T, B, 1 + A].
    width: how many prefixes survive a step. The search is exact once it holds every prefix.
    top: how many texts to return for each item, fewer where fewer are possible.

    Returns
    -------
    For each item (text, natural log-probability ≤ 0), likeliest first.
    """
    _check_classes(logits, plate)
    if width < 1 or top < 1:
        raise ValueError(f"width and top must be at least 1, not {width} and {top}")
    log_probs = logits.detach().cpu().double().log_softmax(-1)
    return [
        [(plate.decode(c - 1 for c in prefix), score) for prefix, score in _beam(item.tolist(), width)[:top]]
        for item in log_probs.unbind(1)
    ]


def _beam(steps: list[list[float]], width: int) -> list[tuple[tuple[int, ...], float]]:
    """The surviving prefixes (class indices) of one item, with their log-probabilities, best first."""
    beam = {(): (0.0, -math.inf)}  # prefix → log-probability of its paths that end in blank, in a character
    for step in steps:
        grown: dict[tuple[int, ...], list[float]] = defaultdict(lambda: [-math.inf, -math.inf])
        for prefix, (in_blank, in_character) in beam.items():
            either = _log_add(in_blank, in_character)
            kept = grown[prefix]
            kept[0] = _log_add(kept[0], either + step[0])
            if prefix:
                kept[1] = _log_add(kept[1], in_character + step[prefix[-1]])
            for c in range(1, len(step)):
                # A repeated character is a new one only after a blank; without it the run above just goes on.
                score = step[c] + (in_blank if prefix and c == prefix[-1] else either)
                if score > -math.inf:
                    longer = grown[(*prefix, c)]
                    longer[1] = _log_add(longer[1], score)
        ranked = sorted(grown.items(), key=lambda item: -_log_add(*item[1]))
        beam = {prefix: (b, c) for prefix, (b, c) in ranked[:width] if max(b, c) > -math.inf}
    return [(prefix, min(0.0, _log_add(*scores))) for prefix, scores in beam.items()]


def _log_add(x: float, y: float) -> float:
    high, low = (x, y) if x > y else (y, x)
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))


@torch.no_grad()
def slot_log_probs(logits: Tensor, length: int = 7, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Exact log-probability of each character at each place, given that the text has ``length`` characters.

    Sums over every alignment of every text of that length by forward–backward (the CTC lattice of Graves et
    al. 2006, with the characters left free), in O(T · length · A) and double precision.

    Parameters
    ----------
    logits: [T, B, 1 + A], on any device.
    length: L ≥ 1, the number of characters.
    mask: [L, A] or [B, L, A], log-weights of the characters at each place: 0 where allowed, −inf where not.
        The result is conditioned on it, which is more than masking afterwards: a character ruled out at one
        place moves its neighbours. Finite weights act as a prior.

    Returns
    -------
    slots: float32 [B, L, A], log P(place k holds a | the text has L characters that the mask allows), each
        place summing to 1. Where no such text can be aligned (too few steps, a mask nothing fits) it is the
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


def read_frames(
    logits: Tensor,
    frames_per_track: int,
    plate: PlateFormat = BRAZIL,
    valid: Tensor | None = None,
    sharpness: Tensor | None = None,
) -> FrameReadings:
    """Everything that fusion needs, from the logits of all frames.

    Parameters
    ----------
    logits: [T, B * F, 1 + A], the F = ``frames_per_track`` frames of a track side by side.
    valid: bool [B, F], None if every frame is there.
    sharpness: [B, F] or None.
    """
    texts, confidences = greedy(logits, plate)
    if frames_per_track < 1 or len(texts) % frames_per_track:
        raise ValueError(f"{len(texts)} frames are not a whole number of tracks of {frames_per_track} frames")
    shape = (len(texts) // frames_per_track, frames_per_track)
    for name, given in (("valid", valid), ("sharpness", sharpness)):
        if given is not None and given.shape != shape:
            raise ValueError(f"{name} has shape {tuple(given.shape)}, expected {shape} (tracks, frames)")
    if valid is None:
        valid = torch.ones(shape, dtype=torch.bool)
    slots, _ = slot_log_probs(logits, plate.length)
    return FrameReadings(
        slots=slots.unflatten(0, shape),
        texts=[texts[i * shape[1] : (i + 1) * shape[1]] for i in range(shape[0])],
        confidences=confidences.unflatten(0, shape),
        valid=valid.to(logits.device, torch.bool),
        sharpness=None if sharpness is None else sharpness.to(logits.device, torch.float32),
    )


def _check_classes(logits: Tensor, plate: PlateFormat) -> None:
    if logits.ndim != 3 or logits.shape[-1] != 1 + len(plate.alphabet):
        raise ValueError(
            f"the logits have shape {tuple(logits.shape)}; expected [steps, batch, {1 + len(plate.alphabet)}], "
            f"blank and the {len(plate.alphabet)} characters of the alphabet"
        )
