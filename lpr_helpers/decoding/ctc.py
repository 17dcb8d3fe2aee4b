"""From CTC logits to texts of any length: best path and prefix beam search.

Everywhere the blank is class 0 and character i of the plate's alphabet is class i + 1.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence

from torch import Tensor

from lpr_helpers.plates import BRAZIL, PlateFormat

Prefix = tuple[int, ...]
"""The beginning of a text, as classes."""


def greedy(logits: Tensor, plate: PlateFormat = BRAZIL) -> tuple[list[str], Tensor]:
    """Best-path decoding: the likeliest class of each step, runs merged, blanks dropped (Graves et al. 2006).

    Parameters
    ----------
    logits: [T, B, 1 + A], log-probabilities do as well.

    Returns
    -------
    B texts of any length; float32 [B], the largest softmax probability of a step averaged over the T steps.
    """
    check_classes(logits, plate)
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
    check_classes(logits, plate)
    if width < 1 or top < 1:
        raise ValueError(f"width and top must be at least 1, not {width} and {top}")
    classes = range(1, logits.shape[-1])
    log_probs = logits.detach().cpu().double().log_softmax(-1)
    found = [search(item.tolist(), width, lambda _: classes)[:top] for item in log_probs.unbind(1)]
    return [[(plate.decode(c - 1 for c in text), score) for text, score in texts] for texts in found]


def search(
    steps: list[list[float]], width: int, onwards: Callable[[Prefix], Sequence[int]], shortest: int = 0
) -> list[tuple[Prefix, float]]:
    """Prefix beam search over one item's log-probabilities, [T, 1 + A].

    onwards: the classes that may come after a prefix. shortest: how many characters a text must have; a prefix that
    cannot get there in the steps that are left makes room for others at once.

    Returns the prefixes that survive, with their log-probabilities, best first.
    """
    # prefix → log-probability of its paths that end in blank, in a character
    beam: dict[Prefix, tuple[float, float]] = {(): (0.0, -math.inf)}
    for left, step in zip(reversed(range(len(steps))), steps, strict=True):
        grown: dict[Prefix, list[float]] = defaultdict(lambda: [-math.inf, -math.inf])
        for prefix, (in_blank, in_character) in beam.items():
            either = _log_add(in_blank, in_character)
            kept = grown[prefix]
            kept[0] = _log_add(kept[0], either + step[0])
            if prefix:
                kept[1] = _log_add(kept[1], in_character + step[prefix[-1]])
            for c in onwards(prefix):
                # A repeated character is a new one only after a blank; without it the run above just goes on.
                score = step[c] + (in_blank if prefix and c == prefix[-1] else either)
                if score > -math.inf:
                    longer = grown[(*prefix, c)]
                    longer[1] = _log_add(longer[1], score)
        in_time = (item for item in grown.items() if len(item[0]) + left >= shortest)
        ranked = sorted(in_time, key=lambda item: -_log_add(*item[1]))
        beam = {prefix: (b, c) for prefix, (b, c) in ranked[:width] if max(b, c) > -math.inf}
    return [
        (prefix, min(0.0, _log_add(*scores))) for prefix, scores in beam.items() if len(prefix) >= shortest
    ]


def _log_add(x: float, y: float) -> float:
    high, low = (x, y) if x > y else (y, x)
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))


def check_classes(logits: Tensor, plate: PlateFormat) -> None:
    """Raise ValueError where CTC logits [T, B, 1 + A] are not those of the plate's alphabet."""
    if logits.ndim != 3 or logits.shape[-1] != 1 + len(plate.alphabet):
        raise ValueError(
            f"the logits have shape {tuple(logits.shape)}; expected [steps, batch, {1 + len(plate.alphabet)}], "
            f"blank and the {len(plate.alphabet)} characters of the alphabet"
        )
