"""Slots that are joined already, read with a text prior: exactly, by chains of characters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lpr_helpers.decoding.layouts import read_under_layouts
from lpr_helpers.decoding.log_probs import log_softmax, logsumexp
from lpr_helpers.decoding.text_prior import TextPrior
from lpr_helpers.decoding.track_texts import TrackTexts, joined

ELEMENTS = 2**22
"""Numbers of one table of pairs at a time: 32 MB."""


def read_with_prior(fused: np.ndarray, candidates: Sequence[Sequence[str]], prior: TextPrior) -> TrackTexts:
    """Readings of fused slots, float64 [B, L, A], normalised, under candidate layouts and a prior of texts.

    Of each layout the likeliest text is found (Viterbi, 1967); of these the one is read that is likeliest in all, since
    layouts are mixed by their shares and a text may fit several. Its confidence is its share of what all texts of all
    candidate layouts have together (the forward algorithm). `slots` of the result are the log-probabilities of each
    place's characters if all other places are as read: their likeliest are the text, and none is below the plate's
    confidence. A track whose candidate is "", no layout, is read without the prior: of texts that fit no layout it
    knows nothing.
    """
    free = [row for row, names in enumerate(candidates) if "" in names]
    rows = [row for row in range(len(fused)) if row not in set(free)]
    size = max(1, ELEMENTS // len(prior.plate.alphabet) ** 2)
    parts = [
        _read(fused[some], [candidates[row] for row in some], prior)
        for some in (rows[start : start + size] for start in range(0, len(rows), size))
    ]
    if free:
        parts.append(read_under_layouts(fused[free], [[""]] * len(free), prior.plate))
    return joined(parts, np.argsort(rows + free))


def _read(fused: np.ndarray, candidates: Sequence[Sequence[str]], prior: TextPrior) -> TrackTexts:
    names = list(prior.plate.layouts)
    chains = np.stack([_weighted(prior, name) for name in names])
    allowed = np.array([[name in given for name in names] for given in candidates])
    shares = prior.weight * np.array([prior.log_shares[name] for name in names])
    paths = np.stack([_likeliest(fused, chain) for chain in chains], 1)  # [B, layouts, L]
    # what each layout's own text is worth under every layout, [B, layouts, layouts]
    worth = np.stack([_score(fused[:, None], chain, paths) for chain in chains], -1) + shares
    worth = np.where(allowed[:, None], worth, -np.inf)
    mass = np.stack([_mass(fused, chain) for chain in chains], 1) + shares
    mass = logsumexp(np.where(allowed, mass, -np.inf), 1)
    scores = np.where(allowed, logsumexp(worth), -np.inf)
    chosen, tracks = scores.argmax(1), np.arange(len(fused))
    conditional = log_softmax(_given_the_others(fused, chains[chosen], paths[tracks, chosen]))
    text = [prior.plate.decode(indices) for indices in paths[tracks, chosen]]
    layouts = [names[index] for index in chosen]
    return TrackTexts.of(conditional, scores.max(1) - mass, layouts, prior.plate, text)


def _weighted(prior: TextPrior, name: str) -> np.ndarray:
    """A layout's chain times the weight; what the layout forbids stays forbidden."""
    chain = prior.chains[name]
    finite = np.isfinite(chain)
    return np.where(finite, prior.weight * np.where(finite, chain, 0.0), chain)


def _likeliest(fused: np.ndarray, chain: np.ndarray) -> np.ndarray:
    """The likeliest text of each track, int64 [B, L]."""
    best, came_from = fused[:, 0] + chain[0, 0], []
    for place in range(1, fused.shape[1]):
        ways = best[:, :, None] + chain[place]
        came_from.append(ways.argmax(1))
        best = ways.max(1) + fused[:, place]
    path = [best.argmax(-1)]
    for before in reversed(came_from):
        path.append(before[np.arange(len(fused)), path[-1]])
    return np.stack(path[::-1], 1)


def _mass(fused: np.ndarray, chain: np.ndarray) -> np.ndarray:
    """The log of what all texts have together, float64 [B]."""
    total = fused[:, 0] + chain[0, 0]
    for place in range(1, fused.shape[1]):
        total = logsumexp(total[:, :, None] + chain[place], 1) + fused[:, place]
    return logsumexp(total)


def _score(fused: np.ndarray, chain: np.ndarray, text: np.ndarray) -> np.ndarray:
    """What slots [B, 1, L, A] and chain make of texts [B, n, L], float64 [B, n]."""
    seen = np.take_along_axis(fused, text[..., None], -1)[..., 0].sum(-1)
    before = np.concatenate([np.zeros_like(text[..., :1]), text[..., :-1]], -1)
    return seen + chain[np.arange(text.shape[-1]), before, text].sum(-1)


def _given_the_others(fused: np.ndarray, chains: np.ndarray, text: np.ndarray) -> np.ndarray:
    """Log-weights of each character at each place, all others being as in the text, float64 [B, L, A].

    chains: of each track, [B, L, A, A].
    """
    tracks = np.arange(len(text))
    places = []
    for place in range(text.shape[1]):
        before = text[:, place - 1] if place else np.zeros_like(text[:, 0])
        weights = fused[:, place] + chains[tracks, place, before]
        if place + 1 < text.shape[1]:
            weights = weights + chains[tracks, place + 1, :, text[:, place + 1]]
        places.append(weights)
    return np.stack(places, 1)


def surprise(fused: np.ndarray, truth: np.ndarray, prior: TextPrior) -> float:
    """Mean negative log-probability of the true plates, int64 [B, L], among all plates of any layout, in nats."""
    scores, masses = [], []
    for name in prior.plate.layouts:
        chain, share = _weighted(prior, name), prior.weight * prior.log_shares[name]
        scores.append(share + _score(fused[:, None], chain, truth[:, None])[:, 0])
        masses.append(share + _mass(fused, chain))
    return float((logsumexp(np.stack(masses), 0) - logsumexp(np.stack(scores), 0)).mean())
