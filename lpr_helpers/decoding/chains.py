"""Slots that are joined already, read with a text prior: exactly, by chains of characters."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lpr_helpers.decoding.layouts import read_under_layouts
from lpr_helpers.decoding.readings import Readings
from lpr_helpers.decoding.text_prior import TextPrior

ELEMENTS = 2**22
"""Numbers of one table of pairs at a time: 32 MB."""


def read_with_prior(fused: Tensor, candidates: Sequence[Sequence[str]], prior: TextPrior) -> Readings:
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
    order = torch.tensor(rows + free).argsort().tolist()
    texts, layouts = ([one for part in parts for one in getattr(part, name)] for name in ("texts", "layouts"))
    return Readings(
        [texts[place] for place in order],
        torch.cat([part.confidence for part in parts])[order],
        torch.cat([part.slots for part in parts])[order],
        [layouts[place] for place in order],
    )


def _read(fused: Tensor, candidates: Sequence[Sequence[str]], prior: TextPrior) -> Readings:
    names = list(prior.plate.layouts)
    chains = [_weighted(prior, name) for name in names]
    allowed = torch.tensor([[name in given for name in names] for given in candidates])
    shares = prior.weight * torch.tensor([prior.log_shares[name] for name in names], dtype=torch.float64)
    paths = torch.stack([_likeliest(fused, chain) for chain in chains], 1)  # [B, layouts, L]
    # what each layout's own text is worth under every layout, [B, layouts, layouts]
    worth = torch.stack([_score(fused[:, None], chain, paths) for chain in chains], -1) + shares
    worth = worth.masked_fill(~allowed[:, None], -torch.inf)
    mass = torch.stack([_mass(fused, chain) for chain in chains], 1) + shares
    mass = mass.masked_fill(~allowed, -torch.inf).logsumexp(1)
    score, chosen = worth.logsumexp(-1).masked_fill(~allowed, -torch.inf).max(1)
    tracks = torch.arange(len(fused))
    text = paths[tracks, chosen]
    conditional = _given_the_others(fused, torch.stack(chains)[chosen], text).log_softmax(-1).float()
    confidence = (score - mass).exp().float()
    return Readings(
        [prior.plate.decode(indices) for indices in text.tolist()],
        torch.minimum(confidence, conditional.amax(-1).exp().amin(-1)).clamp(max=1.0),
        conditional,
        [names[index] for index in chosen.tolist()],
    )


def _weighted(prior: TextPrior, name: str) -> Tensor:
    """A layout's chain times the weight; what the layout forbids stays forbidden."""
    chain = prior.chains[name]
    return torch.where(chain.isfinite(), prior.weight * chain, chain)


def _likeliest(fused: Tensor, chain: Tensor) -> Tensor:
    """The likeliest text of each track, int64 [B, L]."""
    best, came_from = fused[:, 0] + chain[0, 0], []
    for place in range(1, fused.shape[1]):
        best, before = (best[:, :, None] + chain[place]).max(1)
        best = best + fused[:, place]
        came_from.append(before)
    path = [best.argmax(-1)]
    for before in reversed(came_from):
        path.append(before.gather(1, path[-1][:, None])[:, 0])
    return torch.stack(path[::-1], 1)


def _mass(fused: Tensor, chain: Tensor) -> Tensor:
    """The log of what all texts have together, float64 [B]."""
    total = fused[:, 0] + chain[0, 0]
    for place in range(1, fused.shape[1]):
        total = (total[:, :, None] + chain[place]).logsumexp(1) + fused[:, place]
    return total.logsumexp(-1)


def _score(fused: Tensor, chain: Tensor, text: Tensor) -> Tensor:
    """What slots [B, 1, L, A] and chain make of texts [B, n, L], float64 [B, n]."""
    seen = fused.expand(-1, text.shape[1], -1, -1).gather(-1, text[..., None])[..., 0].sum(-1)
    before = torch.cat([torch.zeros_like(text[..., :1]), text[..., :-1]], -1)
    return seen + chain[torch.arange(text.shape[-1]), before, text].sum(-1)


def _given_the_others(fused: Tensor, chains: Tensor, text: Tensor) -> Tensor:
    """Log-weights of each character at each place, all others being as in the text, float64 [B, L, A].

    chains: of each track, [B, L, A, A].
    """
    tracks = torch.arange(len(text))
    places = []
    for place in range(text.shape[1]):
        before = text[:, place - 1] if place else torch.zeros_like(text[:, 0])
        weights = fused[:, place] + chains[tracks, place, before]
        if place + 1 < text.shape[1]:
            weights = weights + chains[tracks, place + 1, :, text[:, place + 1]]
        places.append(weights)
    return torch.stack(places, 1)


def surprise(fused: Tensor, truth: Tensor, prior: TextPrior) -> float:
    """Mean negative log-probability of the true plates, int64 [B, L], among all plates of any layout, in nats."""
    scores, masses = [], []
    for name in prior.plate.layouts:
        chain, share = _weighted(prior, name), prior.weight * prior.log_shares[name]
        scores.append(share + _score(fused[:, None], chain, truth[:, None])[:, 0])
        masses.append(share + _mass(fused, chain))
    return float((torch.stack(masses).logsumexp(0) - torch.stack(scores).logsumexp(0)).mean())
