"""Layouts imposed on slots that are joined already, as masks: the last step to a reading."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from lpr_helpers.decoding.readings import Readings
from lpr_helpers.plates import PlateFormat

# Counting what fits any of many patterns that overlap at will takes time without bounds.
MOST_OVERLAPS = 1000


def candidate_layouts(
    layouts: str | Sequence[str] | None, tracks: int, plate: PlateFormat
) -> list[list[str]]:
    """For each track the names of the layouts it may have; "" stands for no layout."""
    if layouts is None:
        return [[""]] * tracks
    if isinstance(layouts, str):
        if layouts != "any":
            raise ValueError(
                f'layouts={layouts!r}; give "any", or a list with one layout name for each track'
            )
        return [list(plate.layouts)] * tracks
    if len(layouts) != tracks:
        raise ValueError(f"{len(layouts)} layouts for {tracks} tracks; give one name for each track")
    if unknown := set(layouts) - {"", *plate.layouts}:
        raise ValueError(f"unknown layouts {sorted(unknown)}; the plate format has {list(plate.layouts)}")
    return [[name] for name in layouts]


def imposed_patterns(names: Sequence[str], plate: PlateFormat) -> tuple[str, ...]:
    """What a track's candidate layouts allow it to say, as their patterns, each once: a calibration holds for that."""
    return tuple(sorted({plate.layouts[name] if name else "*" * plate.length for name in names}))


def most_specific(names: Sequence[str], plate: PlateFormat) -> str:
    """Of some layouts the one that fewest texts fit; the first of several such."""
    return min(names, key=lambda name: _texts_allowed(name, plate))


def read_under_layouts(fused: Tensor, candidates: list[list[str]], plate: PlateFormat) -> Readings:
    """Readings of fused slots [B, L, A] under the best of each track's candidate layouts.

    Layouts may overlap: a text that fits several counts once in what its confidence is a share of, and its layout is
    the `most_specific` of them.
    """
    names = sorted(["", *plate.layouts], key=lambda name: _texts_allowed(name, plate))
    masks = torch.stack([plate.mask(name or None) for name in names]).double()
    allowed = torch.tensor([[name in given for name in names] for given in candidates], dtype=torch.bool)
    allowed = allowed.view(-1, len(names))
    masked = fused[:, None] + masks  # [B, layouts, L, A]
    best = masked.amax(-1).sum(-1).masked_fill(~allowed, -torch.inf)
    score = best.amax(1)
    # the first, which fewest texts fit, of those that allow the likeliest text; always one that the track may have
    chosen = ((best == score[:, None]).int() + allowed).argmax(1)
    slots = masked[torch.arange(len(fused)), chosen].log_softmax(-1).float()
    confidence = (score - _log_mass(fused, candidates, plate)).exp().float()
    return Readings(
        texts=[plate.decode(places) for places in slots.argmax(-1).tolist()],
        # at most that of the weakest character, to the last bit
        confidence=torch.minimum(confidence, slots.amax(-1).exp().amin(-1)).clamp(max=1.0),
        slots=slots,
        layouts=[names[i] for i in chosen.tolist()],
    )


def _texts_allowed(name: str, plate: PlateFormat) -> int:
    """How many texts fit a layout; "", for none, comes after all others."""
    if not name:
        return len(plate.alphabet) ** plate.length + 1
    return math.prod(len(plate.allowed(symbol)) for symbol in plate.layouts[name])


def _log_mass(fused: Tensor, candidates: list[list[str]], plate: PlateFormat) -> Tensor:
    """The log-probability that a text of slots [B, L, A] fits any of its track's layouts, float64 [B]."""
    letters, digits = ([plate.alphabet.index(c) for c in plate.allowed(symbol)] for symbol in "LD")
    kinds = torch.stack([part.logsumexp(-1) for part in (fused[..., letters], fused[..., digits], fused)], -1)
    mass = fused.new_zeros(len(fused))
    tracks: dict[tuple[str, ...], list[int]] = {}
    for row, names in enumerate(candidates):
        tracks.setdefault(tuple(names), []).append(row)
    for given, rows in tracks.items():
        some = kinds[rows]
        sums = [_log_sum(some, counts) for counts in _inclusion_exclusion(imposed_patterns(given, plate))]
        mass[rows] = torch.stack(sums).amin(0)
    return mass


def _log_sum(kinds: Tensor, counts: dict[str, int]) -> Tensor:
    """The log of the sum of the patterns' probabilities, each as often as it counts, float64 [B].

    kinds: float64 [B, L, 3], the log-probability of a letter, of a digit and of anything at each slot.
    """
    chosen = torch.tensor([["LD*".index(symbol) for symbol in pattern] for pattern in counts])
    terms = kinds[:, torch.arange(kinds.shape[1]), chosen].sum(-1)  # [B, patterns]
    # no part is more than the whole, so that nothing is lost in differences
    top = terms.amax(1, keepdim=True)
    return top[:, 0] + ((terms - top).exp() @ kinds.new_tensor(list(counts.values()))).log()


@lru_cache(maxsize=256)
def _inclusion_exclusion(patterns: tuple[str, ...]) -> list[dict[str, int]]:
    """Patterns, and how often each counts, so that a text that fits any of ``patterns`` counts once in all.

    What two patterns share is a pattern again, or nothing, so this is exact for any number of layouts. Only where they
    overlap in more than `MOST_OVERLAPS` ways are there two bounds instead, the lesser of which understates a confidence
    the least: all patterns once each, and the one that holds them all.
    """
    counts: dict[str, int] = {}
    for pattern in patterns:
        shared = [(_common(pattern, other), count) for other, count in counts.items()]
        for other, count in [(pattern, -1), *shared]:
            if other:
                counts[other] = counts.get(other, 0) - count
        counts = {pattern: count for pattern, count in counts.items() if count}
        if len(counts) > MOST_OVERLAPS:
            whole = "".join(
                symbols.pop() if len(symbols) == 1 else "*"
                for symbols in map(set, zip(*patterns, strict=True))
            )
            return [dict.fromkeys(patterns, 1), {whole: 1}]
    return [counts]


def _common(one: str, other: str) -> str:
    """The pattern of the texts that fit both of two patterns; empty where there are none."""
    symbols = [b if a == "*" else a if b in ("*", a) else "" for a, b in zip(one, other, strict=True)]
    return "".join(symbols) if all(symbols) else ""
