"""CTC beam search that knows what a plate may say, so that it looks at nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import torch
from torch import Tensor

from lpr_helpers.decoding.ctc import Prefix, check_classes, search
from lpr_helpers.decoding.layouts import candidate_layouts, imposed_patterns
from lpr_helpers.decoding.readings import FrameReadings
from lpr_helpers.plates import BRAZIL, PlateFormat


def constrained_beam(
    logits: Tensor,
    plate: PlateFormat = BRAZIL,
    layouts: str | Sequence[str] | None = "any",
    *,
    width: int = 10,
    top: int = 1,
) -> list[list[tuple[str, float]]]:
    """`prefix_beam` whose prefixes some layout still allows, and whose texts are whole plates.

    As word beam search (Scheidl et al., 2018) keeps to a dictionary, it keeps to the layouts. Unlike a mask on slots it
    weighs whole texts: once the beam holds every prefix that a layout allows, it finds the likeliest plate of all.

    Parameters
    ----------
    logits: [T, B, 1 + A], blank first; log-probabilities do as well.
    layouts: as in `fuse`. "any" allows all layouts of the plate format; a sequence of B names each item's own, "" for
        none; with None only the length counts.
    width: how many prefixes survive a step. A prefix that can no longer become a plate in the steps left is none.
    top: how many plates to return for each item, fewer where fewer are possible.

    Returns
    -------
    For each item (plate, natural log-probability ≤ 0 among all texts), likeliest first; nothing where no plate can be
    aligned, as with fewer steps than characters.

    Raises ValueError for logits of another alphabet, unknown layouts, a width or top below 1.
    """
    check_classes(logits, plate)
    if width < 1 or top < 1:
        raise ValueError(f"width and top must be at least 1, not {width} and {top}")
    candidates = candidate_layouts(layouts, logits.shape[1], plate)
    log_probs = logits.detach().cpu().double().log_softmax(-1)
    found = []
    for item, names in zip(log_probs.unbind(1), candidates, strict=True):
        texts = search(item.tolist(), width, _onwards(names, plate), plate.length)
        found.append([(plate.decode(c - 1 for c in text), score) for text, score in texts[:top]])
    return found


def _onwards(names: Sequence[str], plate: PlateFormat) -> Callable[[Prefix], Sequence[int]]:
    """The classes that may follow a prefix, so that it still fits one of the layouts named."""
    classes = {symbol: frozenset(plate.encode(plate.allowed(symbol)) + 1) for symbol in "LD*"}
    patterns = [[classes[symbol] for symbol in pattern] for pattern in imposed_patterns(names, plate)]

    @cache
    def onwards(prefix: Prefix) -> tuple[int, ...]:
        place = len(prefix)
        if place == plate.length:
            return ()
        fitting = (
            places
            for places in patterns
            if all(c in allowed for c, allowed in zip(prefix, places[:place], strict=True))
        )
        return tuple(sorted(frozenset().union(*(places[place] for places in fitting))))

    return onwards


def with_texts(frames: FrameReadings, found: Sequence[Sequence[tuple[str, float]]]) -> FrameReadings:
    """Readings whose frames say what a beam search has found, so that `fuse` can vote on it.

    found: of each of the B · F frames, the F frames of a track side by side, texts with their log-probabilities, of
    which the first counts; "" with confidence 0 where there is none. Confidences become the probabilities.

    Raises ValueError for another number of frames.
    """
    tracks, count = frames.valid.shape
    if len(found) != tracks * count:
        raise ValueError(f"texts of {len(found)} frames for {tracks} tracks of {count} frames")
    best = [next(iter(texts), ("", -torch.inf)) for texts in found]
    confidences = torch.tensor([score for _, score in best], dtype=torch.float64).exp().float()
    return replace(
        frames,
        texts=[[text for text, _ in best[track * count : (track + 1) * count]] for track in range(tracks)],
        confidences=confidences.view(tracks, count).to(frames.confidences.device),
    )
