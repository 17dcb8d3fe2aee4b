"""Layouts imposed on slots that are joined already, as masks: the last step to a reading."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from lpr_helpers.decoding.log_probs import log_softmax, logsumexp
from lpr_helpers.decoding.track_texts import TrackTexts
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


def read_under_layouts(
    fused: np.ndarray, candidates: Sequence[Sequence[str]], plate: PlateFormat
) -> TrackTexts:
    """Readings of fused slots, float64 [B, L, A], under the best of each track's candidate layouts.

    Layouts may overlap: a text that fits several counts once in what its confidence is a share of, and its layout is
    the `most_specific` of them.
    """
    names = sorted(["", *plate.layouts], key=lambda name: _texts_allowed(name, plate))
    masks = np.stack([plate.log_mask(name or None) for name in names]).astype(float)
    allowed = np.array([[name in given for name in names] for given in candidates], dtype=bool)
    allowed = allowed.reshape(-1, len(names))
    masked = fused[:, None] + masks  # [B, layouts, L, A]
    best = np.where(allowed, masked.max(-1).sum(-1), -np.inf)
    score = best.max(1)
    # the first, which fewest texts fit, of those that allow the likeliest text; always one that the track may have
    chosen = ((best == score[:, None]).astype(int) + allowed).argmax(1)
    return TrackTexts.of(
        log_softmax(masked[np.arange(len(fused)), chosen]),
        score - _log_mass(fused, candidates, plate),
        [names[i] for i in chosen],
        plate,
    )


def _texts_allowed(name: str, plate: PlateFormat) -> int:
    """How many texts fit a layout; "", for none, comes after all others."""
    if not name:
        return len(plate.alphabet) ** plate.length + 1
    return math.prod(len(plate.allowed(symbol)) for symbol in plate.layouts[name])


def _log_mass(fused: np.ndarray, candidates: Sequence[Sequence[str]], plate: PlateFormat) -> np.ndarray:
    """The log-probability that a text of slots [B, L, A] fits any of its track's layouts, float64 [B]."""
    letters, digits = ([plate.alphabet.index(c) for c in plate.allowed(symbol)] for symbol in "LD")
    parts = (fused[..., letters], fused[..., digits], fused)
    none = np.full(fused.shape[:-1], -np.inf)
    kinds = np.stack([logsumexp(part) if part.shape[-1] else none for part in parts], -1)
    mass = np.zeros(len(fused))
    tracks: dict[tuple[str, ...], list[int]] = {}
    for row, names in enumerate(candidates):
        tracks.setdefault(tuple(names), []).append(row)
    for given, rows in tracks.items():
        some = kinds[rows]
        sums = [_log_sum(some, counts) for counts in _inclusion_exclusion(imposed_patterns(given, plate))]
        mass[rows] = np.min(sums, axis=0)
    return mass


def _log_sum(kinds: np.ndarray, counts: dict[str, int]) -> np.ndarray:
    """The log of the sum of the patterns' probabilities, each as often as it counts, float64 [B].

    kinds: float64 [B, L, 3], the log-probability of a letter, of a digit and of anything at each slot.
    """
    chosen = np.array([["LD*".index(symbol) for symbol in pattern] for pattern in counts])
    terms = kinds[:, np.arange(kinds.shape[1]), chosen].sum(-1)  # [B, patterns]
    # no part is more than the whole, so that nothing is lost in differences
    top = terms.max(1, keepdims=True)
    return top[:, 0] + np.log(np.exp(terms - top) @ np.array(list(counts.values()), dtype=float))


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
